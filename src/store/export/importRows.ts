/**
 * Puts the rows of an export into the tables of a new store. Their bytes match the list's hashes; that they
 * are rows of a store is checked here and by the tables.
 */
import { assert } from '../../base/errors.ts'
import { isVatId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Artifact, ArtifactKind } from '../../protocol/store/export.ts'
import { checksumOf } from '../sql/rowFormat.ts'
import { jsonLines, unpacked } from './exportRows.ts'
import { computeChecksums, noteLastSpans } from '../sql/schema.ts'
import type { RawCommand, SqlFile, SqlValue } from '../sql/sql.ts'

type ImportLine = readonly unknown[]
type PutLine = (line: ImportLine, malformed: (why: string) => never) => void

/** The reading position in the transcripts: the open span, and what it still lacks. */
interface OpenSpan {
  readonly vat: string
  readonly entries: 'whole' | 'left-out'
  readonly end: number
  next: number
}

export class ImportRows {
  readonly #sql: SqlFile
  readonly #run: (text: string, ...values: SqlValue[]) => number
  readonly #pageId: (hash: string) => number | undefined
  readonly #puts: Readonly<Record<Exclude<ArtifactKind, 'bundle' | 'pages'>, PutLine>>
  #span: OpenSpan | undefined
  #isFinished = false
  #blocks: 'none' | 'some' = 'none'

  constructor(sql: SqlFile) {
    this.#sql = sql
    const commands = new Map<string, RawCommand>()
    this.#run = (text, ...values) => {
      const command = commands.get(text) ?? sql.rawCommand(text)
      commands.set(text, command)
      return command(...values)
    }
    const pageId = sql.query('SELECT id FROM page WHERE hash = ?', 'page', ['count'])
    this.#pageId = (hash) => pageId.one(hash)?.[0]
    this.#puts = {
      blocks: (line, malformed) => this.#block(line, malformed),
      state: (line, malformed) => this.#state(line, malformed),
      names: (line, malformed) =>
        this.#plain('INSERT INTO bundle_name (label, id) VALUES (?, ?)', 'tt', line, malformed),
      snapshots: (line, malformed) => this.#snapshot(line, malformed),
      transcripts: (line, malformed) =>
        line.length === 2 ? this.#entry(line, malformed) : this.#beginSpan(line, malformed),
      inbox: (line, malformed) =>
        this.#plain('INSERT INTO inbox (sequence, item) VALUES (?, ?)', 'nt', line, malformed),
      outbox: (line, malformed) =>
        this.#plain('INSERT INTO outbox (sequence, port, item) VALUES (?, ?, ?)', 'ntt', line, malformed),
    }
  }

  put({ name, kind }: Artifact, bytes: Buffer): void {
    const refuseAt =
      (where: string) =>
      (why: string): never =>
        refuse('export/malformed', `${name}${where}: ${why}`, { artifact: name })
    assert(!this.#isFinished, 'artifacts are imported before the import is finished')
    if (kind === 'bundle') return this.#bundle(name, bytes)
    if (kind === 'pages') return this.#pages(bytes, refuseAt(''))
    let number = 0
    for (const line of jsonLines(bytes)) {
      number += 1
      const malformed = refuseAt(`, line ${number}`)
      if (line === undefined) malformed('it is not a list in JSON')
      else this.#puts[kind](line, malformed)
    }
  }

  /** Final checks, once all artifacts are read. */
  finish(): void {
    assert(!this.#isFinished, 'an import is finished once')
    this.#isFinished = true
    this.#endSpan('none', (why) =>
      refuse('export/malformed', `the transcripts end too soon: ${why}`, { artifact: 'transcripts' }),
    )
    if (this.#blocks === 'none')
      refuse('export/malformed', 'the export has no blocks', { artifact: 'blocks' })
    this.#run(
      `UPDATE page SET uses = counted.uses
       FROM (SELECT page, count(*) AS uses FROM page_use GROUP BY page) AS counted
       WHERE counted.page = page.id AND counted.uses > 1`,
    )
    this.#sql.defineChecksum()
    for (const statement of [...computeChecksums, noteLastSpans]) this.#sql.execute(statement)
  }

  #plain(text: string, form: string, line: ImportLine, malformed: (why: string) => never): void {
    this.#run(text, ...values(line, form, malformed))
  }

  #block(line: ImportLine, malformed: (why: string) => never): void {
    const row = values(line, 'nntnnnn', malformed)
    const [height] = row
    if (this.#blocks === 'none' && height !== 0) this.#prune('block', Number(height))
    this.#blocks = 'some'
    this.#run(
      'INSERT INTO block (height, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...row,
    )
  }

  #state(line: ImportLine, malformed: (why: string) => never): void {
    const [space = '', ...row] = values(line, 'ttti', malformed)
    this.#run('INSERT OR IGNORE INTO space (name) VALUES (?)', space)
    this.#run(
      'INSERT INTO state (space, key, value, checksum) VALUES ((SELECT id FROM space WHERE name = ?), ?, ?, ?)',
      space,
      ...row,
    )
  }

  /** Its hash is that of the list; the final checks verify that it is the one in its name. */
  #bundle(name: string, bytes: Uint8Array): void {
    const [, kind = '', hash = ''] = /^bundle-([a-z]+)-([0-9a-f]{64})\.bin$/.exec(name) ?? []
    this.#run('INSERT INTO bundle (id, kind, bytes) VALUES (?, ?, ?)', `b1-${hash}`, kind, bytes)
  }

  #pages(pack: Buffer, malformed: (why: string) => never): void {
    for (const page of unpacked(pack)) {
      if (page === undefined) return malformed('its last page is cut off')
      this.#run('INSERT INTO page (hash, uses, bytes) VALUES (?, 1, ?)', ...page)
    }
  }

  #snapshot(line: ImportLine, malformed: (why: string) => never): void {
    const [vat = '', position = 0, heapHash = '', manifest = ''] = values(line.slice(0, 4), 'tntt', malformed)
    const pages: unknown = line[4]
    if (!Array.isArray(pages) || line.length !== 5)
      return malformed('a snapshot has five fields, the last a list')
    this.#run(
      'INSERT INTO snapshot (vat, position, heap_hash, manifest) VALUES (?, ?, ?, ?)',
      vat,
      position,
      heapHash,
      Buffer.from(String(manifest), 'base64'),
    )
    for (const hash of pages) {
      const id = this.#pageId(String(hash))
      if (id === undefined) return malformed(`there is no page ${String(hash)}`)
      this.#run('INSERT INTO page_use (vat, page) VALUES (?, ?)', vat, id)
    }
  }

  /**
   * An export may omit the beginning of a vat's transcript, but never its current span. Format 1 has the
   * spans of the omitted part.
   */
  #beginSpan(line: ImportLine, malformed: (why: string) => never): void {
    const row = values(line, 'tnnntttt', malformed)
    const [vat, number, start, end, entries] = [
      String(row[0]),
      Number(row[1]),
      Number(row[2]),
      Number(row[3]),
      row[7],
    ]
    if (!isVatId(vat) || (entries !== 'whole' && entries !== 'left-out')) return malformed('it is not a span')
    const before = this.#span
    this.#endSpan(vat, malformed)
    if (before?.vat === vat && before.entries === 'whole' && entries === 'left-out')
      malformed('a span is left out after one that is not')
    if (before?.vat === vat && before.entries === 'left-out' && entries === 'whole') this.#prune(vat, start)
    if (before?.vat !== vat && number > 0) this.#beginPruned(vat, number, start)
    this.#run(
      'INSERT INTO span (vat, number, start, end, reason, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...row.slice(0, 7),
    )
    this.#span = { vat, entries, end, next: entries === 'whole' ? start : end }
  }

  /** The earlier spans and their entries are not in the export. */
  #beginPruned(vat: string, span: number, start: number): void {
    this.#prune(vat, start)
    this.#run(
      'INSERT INTO pruned_to (vat, entry, span, checksum) VALUES (?, ?, ?, ?)',
      vat,
      start,
      span,
      checksumOf('pruned_to', [vat, start, span]),
    )
  }

  #entry(line: ImportLine, malformed: (why: string) => never): void {
    const [position, text = ''] = values(line, 'nt', malformed)
    const span = this.#span
    if (span === undefined || position !== span.next || position >= span.end)
      return malformed('it is not an entry of the span above it')
    this.#run('INSERT INTO entry (vat, position, text) VALUES (?, ?, ?)', span.vat, position, text)
    span.next += 1
    assert(span.next <= span.end, 'the entries of a span end with it (Trs1)')
  }

  #endSpan(nextVat: string, malformed: (why: string) => never): void {
    const span = this.#span
    if (span === undefined) return
    if (span.next !== span.end) malformed(`entries of ${span.vat} from ${span.next} on are missing`)
    if (span.entries === 'left-out' && span.vat !== nextVat)
      malformed(`the current span of ${span.vat} was left out`)
  }

  #prune(what: string, before: number): void {
    this.#run('INSERT INTO pruned (what, before) VALUES (?, ?)', what, before)
  }
}

/** The fields of a line: `t` text, `n` a non-negative integer, `i` any integer. */
function values(line: ImportLine, form: string, malformed: (why: string) => never): SqlValue[] {
  const fits = (value: unknown, of: string | undefined): boolean =>
    of === 't'
      ? typeof value === 'string' && value.isWellFormed()
      : Number.isSafeInteger(value) && (of === 'i' || (value as number) >= 0)
  if (line.length !== form.length || !line.every((value, index) => fits(value, form[index])))
    malformed(`its fields are not ${form}`)
  return line as SqlValue[]
}
