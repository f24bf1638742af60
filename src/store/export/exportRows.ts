/**
 * The rows of a store in the order and form of an export, one at a time, each checked. Numbers that SQLite
 * assigned (of spaces, of pages) are omitted: they identify locations, not content.
 */
import type { BundleId, Hash, VatId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { nextLink } from '../state/hashChain.ts'
import type { Space } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type {
  BlockLine,
  EntryLine,
  ExportMode,
  InboxLine,
  NameLine,
  OutboxLine,
  SnapshotLine,
  SpanLine,
  StateLine,
} from '../../protocol/store/export.ts'
import type { BlockRecord } from '../../protocol/store/views.ts'
import { emptyDigest, verifyDigest, verifyRow, withRow, type Digest } from '../state/digest.ts'
import type { SqlQuery, SqlFile } from '../sql/sql.ts'
import { Pruned } from '../state/pruned.ts'
import { selectEntries, refuseSpan, spanOfRow, selectVats, type Span } from '../contents/spans.ts'

type BlockHead = Pick<BlockRecord, 'height' | 'activityHash'>

export class ExportQueries {
  readonly #sql: SqlFile
  readonly #entries: SqlQuery<[number, string]>
  readonly #pruned: Pruned
  readonly #starts: { readonly incarnation: SqlQuery<[number]>; readonly last: SqlQuery<[number]> }

  constructor(sql: SqlFile) {
    this.#sql = sql
    this.#entries = sql.query(selectEntries, 'entry', ['count', 'text'])
    this.#pruned = new Pruned(sql)
    this.#starts = {
      incarnation: sql.query(
        "SELECT start FROM span WHERE vat = ? AND reason = 'incarnation' ORDER BY number DESC LIMIT 1",
        'span',
        ['count'],
      ),
      last: sql.query('SELECT start FROM span WHERE vat = ? ORDER BY number DESC LIMIT 1', 'span', ['count']),
    }
  }

  head(): BlockHead {
    const row = this.#sql.rows('block', 'ORDER BY height DESC LIMIT 1').one()
    if (row === undefined) refuse('store/corrupt-block', 'The store has no blocks', { height: 0 })
    return { height: row[0], activityHash: row[2] }
  }

  *blocks(mode: ExportMode): Iterable<BlockLine> {
    const from = mode === 'archival' ? '' : 'WHERE height = (SELECT max(height) FROM block)'
    for (const row of this.#sql.rows('block', `${from} ORDER BY height`).each()) yield withoutChecksum(row)
  }

  *state(): Iterable<StateLine> {
    // CROSS JOIN: reads the spaces in the order of their names, without a sort.
    const rows = this.#sql.query(
      'SELECT name, key, value, state.checksum FROM space CROSS JOIN state ON space = id ORDER BY name, key',
      'state',
      ['space', 'text', 'text', 'checksum'],
    )
    const digests = new Map<Space, Digest>()
    for (const row of rows.each()) {
      const [space, , , check] = row
      verifyRow(...row)
      digests.set(space, withRow(digests.get(space) ?? emptyDigest, check))
      yield row
    }
    this.#verifyDigests(digests)
  }

  /** Verifies that no row is missing; older formats do not record it (Row7). */
  #verifyDigests(digests: ReadonlyMap<Space, Digest>): void {
    if (this.#sql.checksums === 'none') return
    for (const [, space, rows, sum] of this.#sql.rows('space').each())
      verifyDigest(space, digests.get(space) ?? emptyDigest, { rows, sum })
  }

  /** By kind and id. Does not check their bytes. */
  bundles(): Iterable<[BundleId, string, Uint8Array]> {
    return this.#sql
      .query('SELECT id, kind, bytes FROM bundle ORDER BY kind, id', 'bundle', ['bundle', 'kind', 'bytes'])
      .each()
  }

  *names(): Iterable<NameLine> {
    for (const row of this.#sql.rows('bundle_name', 'ORDER BY label').each()) yield withoutChecksum(row)
  }

  /** Those that a snapshot lists: a terminated vat may have others, which later commits delete (Hep2). */
  *pages(): Iterable<readonly [Hash, Uint8Array]> {
    const listed = 'SELECT page FROM page_use WHERE vat IN (SELECT vat FROM snapshot)'
    for (const row of this.#sql
      .query(`SELECT hash, bytes FROM page WHERE id IN (${listed}) ORDER BY hash`, 'page', ['hash', 'bytes'])
      .each()) {
      const [hash, bytes] = row
      if (sha256(bytes) !== hash)
        refuse('store/corrupt-page', `The page ${hash} of a heap does not match its hash`, {
          hash,
          vat: null,
        })
      yield row
    }
  }

  *snapshots(): Iterable<SnapshotLine> {
    const uses = this.#sql.query(
      "SELECT ifnull(hash, '') FROM page_use LEFT JOIN page ON id = page WHERE vat = ? ORDER BY hash",
      'page_use',
      ['text'],
    )
    const manifests = this.#sql.query('SELECT manifest FROM snapshot WHERE vat = ?', 'snapshot', ['bytes'])
    for (const [vat, position, heapHash] of this.#sql.rows('snapshot', 'ORDER BY length(vat), vat').each()) {
      const [manifest] = manifests.one(vat) ?? [new Uint8Array()]
      if (sha256(manifest) !== heapHash)
        refuse(
          'store/corrupt-snapshot',
          `The manifest of ${vat} at ${position} does not have the hash ${heapHash}`,
          { vat, position, heapHash },
        )
      const pages = uses.all(vat).map(([hash]) => hash)
      if (pages.includes(''))
        refuse('store/corrupt-page', `A page of the snapshot of ${vat} is missing`, { vat, hash: null })
      yield [vat, position, heapHash, Buffer.from(manifest).toString('base64'), pages as Hash[]]
    }
  }

  *transcripts(mode: ExportMode): Iterable<SpanLine | EntryLine> {
    const spans = this.#sql.rows('span', 'WHERE vat = ? AND start >= ? ORDER BY number')
    for (const vat of this.vats()) {
      const from = Math.max(this.#firstKept(vat, mode), this.keptFrom(vat))
      for (const row of spans.each(vat, from)) yield* this.#span(vat, spanOfRow(row))
    }
  }

  *inbox(): Iterable<InboxLine> {
    for (const row of this.#sql.rows('inbox', 'ORDER BY sequence').each()) yield withoutChecksum(row)
  }

  *outbox(): Iterable<OutboxLine> {
    for (const row of this.#sql.rows('outbox', 'ORDER BY sequence').each()) yield withoutChecksum(row)
  }

  /** By number. */
  vats(): VatId[] {
    return this.#sql
      .query(`${selectVats} ORDER BY length(vat), vat`, 'span', ['vat'])
      .all()
      .map(([vat]) => vat)
  }

  keptFrom(vat: VatId): number {
    return this.#pruned.of(vat).from
  }

  /** Where the vat's current incarnation began; undefined when that was pruned. */
  incarnationStart(vat: VatId): number | undefined {
    const start = this.#starts.incarnation.one(vat)?.[0]
    return start === undefined || start < this.keptFrom(vat) ? undefined : start
  }

  #firstKept(vat: VatId, mode: ExportMode): number {
    switch (mode) {
      case 'archival':
        return 0
      case 'replay':
        return this.incarnationStart(vat) ?? 0
      case 'operational':
        return this.#starts.last.one(vat)?.[0] ?? 0
    }
  }

  /** A span and its entries, checked one by one. */
  *#span(vat: VatId, span: Span): Iterable<SpanLine | EntryLine> {
    const { number, start, end, reason, previous, hash } = span
    yield [vat, number, start, end, reason, previous, hash, 'whole']
    let [position, link] = [start, previous]
    for (const entry of this.#entries.each(vat, start, end, -1)) {
      if (entry[0] !== position) refuseSpan(vat, span, `the entry at ${position} is missing`)
      link = nextLink(link, entry[1])
      position += 1
      yield entry
    }
    if (position !== end) refuseSpan(vat, span, `the entries from ${position} on are missing`)
    if (link !== hash) refuseSpan(vat, span, 'its entries have another hash')
  }
}

/** A row in export form: its checksum belongs to the store. */
const withoutChecksum = <Cells extends readonly unknown[]>(
  row: readonly [...Cells, rowChecksum: number],
): Cells => row.slice(0, -1) as readonly unknown[] as Cells

export function* lines(rows: Iterable<readonly unknown[]>): Generator<Uint8Array> {
  for (const row of rows) yield Buffer.from(`${JSON.stringify(row)}\n`)
}

const packHeaderBytes = 36

/** Each page as its hash (32 bytes), its length (4 bytes, big-endian) and its bytes. */
export function* packed(pages: Iterable<readonly [Hash, Uint8Array]>): Generator<Uint8Array> {
  for (const [hash, bytes] of pages) {
    const header = Buffer.alloc(packHeaderBytes)
    header.write(hash, 'hex')
    header.writeUInt32BE(bytes.byteLength, 32)
    yield Buffer.concat([header, bytes])
  }
}

/** The pages of a pack; undefined in place of a truncated one. */
export function* unpacked(pack: Buffer): Generator<readonly [Hash, Uint8Array] | undefined> {
  for (let at = 0; at < pack.byteLength; ) {
    const begin = at + packHeaderBytes
    if (begin > pack.byteLength) return yield undefined
    const hash = pack.toString('hex', at, at + 32) as Hash
    at = begin + pack.readUInt32BE(at + 32)
    if (at > pack.byteLength) return yield undefined
    yield [hash, pack.subarray(begin, at)]
  }
}

/** The lists of a `.jsonl` artifact, one per line; undefined in place of an invalid line. */
export function* jsonLines(bytes: Buffer): Generator<readonly unknown[] | undefined> {
  for (let at = 0; at < bytes.byteLength; ) {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1) return yield undefined
    yield listIn(bytes.toString('utf8', at, end))
    at = end + 1
  }
}

function listIn(text: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}
