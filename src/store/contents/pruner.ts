/**
 * Pruning: removes transcript entries and block records that are no longer kept, in bounded steps.
 *
 * Pru1. A commit removes a bounded number of rows, in its own transaction: a constant, and twice what it
 *       adds. So it takes little longer than without, and a store with a retention setting shrinks faster
 *       than it grows.
 * Pru2. Pruning is recorded in the same transaction as the removal (`pruned.ts`). A process that dies leaves
 *       one state or the other, and the next opening continues.
 * Pru3. The current span of a vat is never pruned, nor are the last block records. Nothing that is pruned is
 *       part of a crank, of the kernel's state or of a hash.
 * Pru4. Memory holds only the set of vats to check; it is recomputed when the store is opened.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import {
  addPruned,
  defaultInputs,
  minBlocks,
  keepAll,
  keptInputsFrom,
  parseKept,
  formatKept,
  nothingPruned,
  type KeptTranscripts,
  type PrunedCounts,
  type Retention,
} from '../../protocol/store/retention.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf } from '../sql/rowFormat.ts'
import { limits } from '../files/limits.ts'
import type { InputTable } from '../inputs/blockInputs.ts'
import { PruneTargets } from './pruneTargets.ts'
import type { KeptBounds, PrunedRecords } from '../state/pruned.ts'
import { formatWithRetention } from '../sql/schema.ts'
import { selectVats } from './spans.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { BlockAdditions } from './transcripts.ts'
import type { PruneStep } from '../../protocol/store/views.ts'

/** The remaining removals. */
interface Budget {
  rows: number
  bytes: number
}

type AgedSpanKey = readonly [height: number, vat: string, start: number]

class PrunerQueries {
  readonly vats: SqlQuery<[VatId]>
  readonly nextVat: SqlQuery<[VatId]>
  readonly unfinished: SqlQuery<[VatId]>
  readonly sizes: SqlQuery<[number, number]>
  readonly removeEntries: SqlCommand
  readonly spansFrom: SqlQuery<[number, number]>
  readonly removeSpans: SqlCommand
  readonly removeBegun: SqlCommand
  readonly putBegun: SqlCommand
  readonly spansBegunUpTo: SqlQuery<[number, VatId, number]>
  readonly removeBlocks: SqlCommand
  readonly putSetting: SqlCommand
  readonly removeSettings: SqlCommand

  constructor(sql: SqlFile) {
    this.vats = sql.query(selectVats, 'span', ['vat'])
    this.nextVat = sql.query('SELECT vat FROM span WHERE vat > ? ORDER BY vat LIMIT 1', 'span', ['vat'])
    this.unfinished = sql.query(
      `SELECT vat FROM pruned_to JOIN pruned ON what = vat
       WHERE entry < before OR EXISTS (SELECT 1 FROM span WHERE span.vat = pruned_to.vat AND number = pruned_to.span AND start < before)`,
      'pruned_to',
      ['vat'],
    )
    this.sizes = sql.query(
      'SELECT position, octet_length(text) FROM entry WHERE vat = ? AND position >= ? AND position < ? ORDER BY position LIMIT ?',
      'entry',
      ['count', 'count'],
    )
    this.removeEntries = sql.command(
      'DELETE FROM entry WHERE vat = ? AND position >= ? AND position < ?',
      'entry',
    )
    this.spansFrom = sql.query(
      'SELECT number, start FROM span WHERE vat = ? AND number >= ? ORDER BY number LIMIT ?',
      'span',
      ['count', 'count'],
    )
    this.removeSpans = sql.command('DELETE FROM span WHERE vat = ? AND number < ?', 'span')
    this.removeBegun = sql.command('DELETE FROM span_begun WHERE vat = ? AND start < ?', 'span_begun')
    this.putBegun = sql.command(
      'INSERT OR REPLACE INTO span_begun (vat, start, height, checksum) VALUES (?, ?, ?, ?)',
      'span_begun',
    )
    this.spansBegunUpTo = sql.query(
      'SELECT height, vat, start FROM span_begun WHERE height <= ? AND (height, vat, start) > (?, ?, ?) ORDER BY height, vat, start LIMIT ?',
      'span_begun',
      ['count', 'vat', 'count'],
    )
    this.removeBlocks = sql.command('DELETE FROM block WHERE height < ?', 'block')
    this.putSetting = sql.command(
      'INSERT INTO retention (what, keep, checksum) VALUES (?, ?, ?)',
      'retention',
    )
    this.removeSettings = sql.command('DELETE FROM retention', 'retention')
  }
}

const beforeFirstSpan: AgedSpanKey = [-1, '', 0]

export class Pruner {
  readonly #pruned: PrunedRecords
  readonly #inputs: InputTable
  readonly #queries: PrunerQueries
  readonly #targets: PruneTargets
  #retention: Retention
  /** Vats that may have something to prune; undefined when not known yet. */
  #pendingVats: Set<VatId> | undefined
  /** With `blocks`: the position up to which spans were found old enough. */
  #agedUpTo: AgedSpanKey = beforeFirstSpan
  /** The current commit's findings about the two above. */
  #next: { readonly finished: Set<VatId>; readonly found: VatId[]; aged: AgedSpanKey } = {
    finished: new Set(),
    found: [],
    aged: beforeFirstSpan,
  }

  constructor(sql: SqlFile, pruned: PrunedRecords, inputs: InputTable) {
    assert(
      sql.pragmaNumber('user_version') >= formatWithRetention,
      'a store is brought up to date before it is written to',
    )
    this.#pruned = pruned
    this.#inputs = inputs
    this.#queries = new PrunerQueries(sql)
    this.#targets = new PruneTargets(sql)
    this.#retention = readRetention(sql)
  }

  get retention(): Retention {
    return this.#retention
  }

  /** Writes the setting. `set` applies it to this store, from the next commit on. */
  write({ transcripts, blocks, inputs }: Retention): void {
    const { removeSettings, putSetting } = this.#queries
    assert(
      blocks === 'all' || (Number.isSafeInteger(blocks) && blocks > 0),
      'block records are kept by number',
    )
    removeSettings.run()
    const put = (what: string, keep: string): void =>
      void putSetting.run(what, keep, checksumOf('retention', [what, keep]))
    if (transcripts !== 'all') put('transcripts', formatKept(transcripts))
    if (blocks !== 'all') put('blocks', String(blocks))
    if (inputs !== defaultInputs) put('inputs', String(inputs))
  }

  /** Applies a setting that was written. */
  set(retention: Retention): void {
    this.#retention = retention
    this.#resetProgress()
  }

  /** The commit's part: its additions are in the tables, up to the record of its block (Pru1). */
  flush(height: number, { entries, bytes, begun }: BlockAdditions): void {
    assert(height > 0, 'a commit creates a block after block 0 (Blk1)')
    const { transcripts, blocks } = this.#retention
    for (const { vat, start } of begun)
      this.#queries.putBegun.run(vat, start, height, checksumOf('span_begun', [vat, start, height]))
    const budget: Budget = { rows: limits.rowsPruned + 2 * entries, bytes: limits.bytesPruned + 2 * bytes }
    const found = begun
      .filter(({ reason }) => transcripts === 'restart' || transcripts === reason)
      .map(({ vat }) => vat)
    this.#next = { finished: new Set(), found, aged: this.#agedUpTo }
    const looks = limits.vatsLookedAt + 2 * begun.length
    if (typeof transcripts === 'object') this.#findAged(height - transcripts.blocks, looks)
    this.#prunePendingVats(transcripts, height, budget, looks)
    if (blocks !== 'all') this.#pruneBlocks(height, blocks, limits.blocksPrunedAtOnce, budget)
    this.#pruneInputs(this.#retention, height, budget)
  }

  onCommitted(): void {
    const { finished, found, aged } = this.#next
    for (const vat of found) this.#pendingVats?.add(vat)
    for (const vat of finished) this.#pendingVats?.delete(vat)
    this.#agedUpTo = aged
    this.#next = { finished: new Set(), found: [], aged }
  }

  abandon(): void {
    this.#next = { finished: new Set(), found: [], aged: this.#agedUpTo }
  }

  /** A requested step of pruning, in its own transaction, after the block `height`. */
  step(retention: Retention, after: VatId | 'none', height: number): PruneStep {
    const { transcripts, blocks } = retention
    const budget: Budget = { rows: limits.rowsPrunedByStep, bytes: limits.bytesPrunedByStep }
    let pruned = nothingPruned
    let last = after
    for (
      let vat = this.#vatAfter(last);
      vat !== undefined && transcripts !== 'all';
      vat = this.#vatAfter(last)
    ) {
      const done = this.#pruneVat(vat, transcripts, height, budget)
      pruned = addPruned(pruned, done)
      if (done.left === 'more') return { pruned, after: last }
      budget.rows -= 1
      last = vat
      if (budget.rows <= 0) return { pruned, after: last }
    }
    const removed = blocks === 'all' ? 0 : this.#pruneBlocks(height, blocks, 1, budget)
    const inputs = this.#pruneInputs(retention, height, budget)
    const isLeft =
      (blocks !== 'all' && this.#pruned.blocks() < height + 1 - blocks) ||
      (this.#inputs.first ?? Infinity) < keptInputsFrom(retention, height)
    return { pruned: addPruned(pruned, { blocks: removed, inputs }), after: isLeft ? last : null }
  }

  #vatAfter(vat: VatId | 'none'): VatId | undefined {
    return this.#queries.nextVat.one(vat === 'none' ? '' : vat)?.[0]
  }

  /** SQLite's rows are others now: the progress is found again. */
  reload(): void {
    this.#resetProgress()
  }

  #resetProgress(): void {
    this.#pendingVats = undefined
    this.#agedUpTo = beforeFirstSpan
    this.abandon()
  }

  /**
   * Finds vats in which a span became old enough: it began so many blocks ago that entries before it may be
   * pruned.
   */
  #findAged(upTo: number, looks: number): void {
    const { spansBegunUpTo } = this.#queries
    if (upTo < 0) return
    const rows = spansBegunUpTo.all(upTo, ...this.#agedUpTo, looks)
    for (const [, vat] of rows) this.#next.found.push(vat)
    this.#next.aged = rows.at(-1) ?? this.#agedUpTo
  }

  #prunePendingVats(keep: KeptTranscripts, height: number, budget: Budget, looks: number): void {
    this.#pendingVats ??= this.#findPendingVats(keep)
    const { found, finished } = this.#next
    let left = looks
    for (const vat of new Set([...this.#pendingVats, ...found])) {
      if (left === 0 || budget.rows <= 0 || budget.bytes <= 0) return
      left -= 1
      if (this.#pruneVat(vat, keep, height, budget).left === 'none') finished.add(vat)
    }
  }

  /** If every entry is kept, only unfinished removals are left; with `blocks`, `#findAged` finds the rest. */
  #findPendingVats(keep: KeptTranscripts): Set<VatId> {
    const { vats, unfinished } = this.#queries
    return new Set((keep === 'all' || typeof keep === 'object' ? unfinished : vats).all().map(([vat]) => vat))
  }

  #pruneVat(
    vat: VatId,
    keep: KeptTranscripts,
    height: number,
    budget: Budget,
  ): Partial<PrunedCounts> & { readonly left: 'none' | 'more' } {
    const before = this.#pruned.of(vat)
    const from = Math.max(before.from, this.#targets.of(vat, keep, height))
    const [entry, entryBytes] = this.#removeEntries(vat, before.entry, from, budget)
    const span =
      entry < from ? { number: before.span, left: 'more' } : this.#removeSpans(vat, before.span, from, budget)
    if (from > 0 && (from !== before.from || entry !== before.entry || span.number !== before.span))
      this.#note(vat, { from, entry, span: span.number })
    const counts = { entries: entry - before.entry, entryBytes, spans: span.number - before.span }
    return { ...counts, left: span.left === 'more' ? 'more' : 'none' }
  }

  #note(vat: VatId, kept: KeptBounds): void {
    assert(
      kept.entry <= kept.from,
      `${vat} is pruned up to ${kept.from}, and removed up to ${kept.entry} (Prd1)`,
    )
    this.#pruned.record(vat, kept)
  }

  /**
   * Removes entries from `entry` on, up to `from` at most. Returns the end position, and the bytes of their
   * texts.
   */
  #removeEntries(
    vat: VatId,
    entry: number,
    from: number,
    budget: Budget,
  ): readonly [entry: number, bytes: number] {
    if (entry >= from || budget.rows <= 0 || budget.bytes <= 0) return [entry, 0]
    const most = budget.rows
    let [to, bytes, rows] = [entry, 0, 0]
    for (const [position, size] of this.#queries.sizes.all(vat, entry, from, most)) {
      if (bytes >= budget.bytes) break
      to = position + 1
      bytes += size
      rows += 1
    }
    assert(entry <= to && to <= from, 'entries are removed up to the first that is kept (Prd1)')
    // A missing entry is damage, which an audit reports; it does not stop the rest.
    if (rows === 0) to = from
    this.#queries.removeEntries.run(vat, entry, to)
    budget.rows -= rows
    budget.bytes -= bytes
    return [to, bytes]
  }

  /** Removes spans from number `span` on that begin before `from`. */
  #removeSpans(
    vat: VatId,
    span: number,
    from: number,
    budget: Budget,
  ): { readonly number: number; readonly left: 'none' | 'more' } {
    if (from === 0) return { number: span, left: 'none' }
    const most = Math.max(1, budget.rows)
    const spans = this.#queries.spansFrom.all(vat, span, most + 1)
    const going = spans.filter(([, start]) => start < from).slice(0, most)
    const [last] = going.at(-1) ?? [span - 1]
    const first = spans[going.length]
    if (going.length > 0) {
      this.#queries.removeSpans.run(vat, last + 1)
      this.#queries.removeBegun.run(vat, first?.[1] ?? from)
      budget.rows -= going.length
    }
    return { number: last + 1, left: first !== undefined && first[1] < from ? 'more' : 'none' }
  }

  /** Prd3. Returns how many were removed. */
  #pruneBlocks(height: number, keep: number, atOnce: number, budget: Budget): number {
    const first = this.#pruned.blocks()
    const going = height + 1 - Math.max(keep, minBlocks) - first
    const removed = Math.min(going, Math.max(0, budget.rows))
    if (going < atOnce || removed <= 0) return 0
    assert(first + removed + minBlocks <= height + 1, 'the records of the last blocks are kept (Pru3)')
    this.#queries.removeBlocks.run(first + removed)
    this.#pruned.recordBlocks(first + removed)
    budget.rows -= removed
    return removed
  }

  /** Those of the last blocks are kept. Returns of how many blocks they were removed. */
  #pruneInputs(retention: Retention, height: number, budget: Budget): number {
    const removed = this.#inputs.remove(keptInputsFrom(retention, height), budget.rows)
    budget.rows -= removed
    return removed
  }
}

/** The store's retention; a store of an older format keeps everything. */
export function readRetention(sql: SqlFile): Retention {
  if (sql.pragmaNumber('user_version') < formatWithRetention) return keepAll
  const damaged = (what: string, keep: string): never =>
    refuse('store/corrupt-file', `The retention setting of ${what} is ${JSON.stringify(keep)}`, {
      table: 'retention',
      row: what,
    })
  let retention = keepAll
  for (const [what, keep] of sql.rows('retention').all()) {
    if (what === 'transcripts')
      retention = { ...retention, transcripts: parseKept(keep) ?? damaged(what, keep) }
    else if (what === 'inputs' && keep === 'all') retention = { ...retention, inputs: keep }
    else {
      const kept = /^[1-9]\d{0,14}$/.test(keep) ? Number(keep) : damaged(what, keep)
      retention = what === 'blocks' ? { ...retention, blocks: kept } : { ...retention, inputs: kept }
    }
  }
  return retention
}
