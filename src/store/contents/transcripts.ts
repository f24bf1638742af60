/**
 * Transcripts: for each vat the list of its entries, cut into spans.
 *
 * Trs1. Positions count from 0, without end; a span begins where the one before ended.
 * Trs2. Each entry's link is SHA-256 of the link before and the entry's text; a span's `previous` is the link
 *       before its first entry and its `hash` the link of its last. So the links do not depend on the cuts.
 * Trs3. No entry is returned before the chain of its whole span was verified.
 * Trs4. Reads see the entries of the open block; undo and abandoning a block remove them.
 * Trs5. A vat's entries from before the start of a span may have been pruned, or left out by an import
 *       (`pruned.ts`). Reading one is refused with `store/pruned`.
 */
import { assert } from '../../base/errors.ts'
import { compareVatIds, isVatId, type Hash, type VatId } from '../../base/ids.ts'
import { chainStart, nextLink } from '../state/hashChain.ts'
import type { SpanReason, PlatformTranscripts } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { TranscriptEntry } from '../../protocol/worker/transcript.ts'
import { writeEntry } from '../../protocol/worker/transcriptText.ts'
import { checksumOf, spanReasons, type WholeRow } from '../sql/rowFormat.ts'
import type { Journal } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { assertText, limits } from '../files/limits.ts'
import type { PrunedRecords } from '../state/pruned.ts'
import {
  selectEntries,
  followsSpan,
  refuseSpan,
  spanOfRow,
  selectVats,
  verifyEntries,
  type RecordedEntry,
  type Span,
} from './spans.ts'
import type { TranscriptPosition } from '../../protocol/store/views.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import { AppendStep, BeginSpanStep, ForgetStep, Tail } from './tails.ts'

/** The current block's additions to the transcripts. */
export interface BlockAdditions {
  readonly entries: number
  /** Of their texts in the file. */
  readonly bytes: number
  readonly begun: readonly { readonly vat: VatId; readonly start: number; readonly reason: SpanReason }[]
}

export class Transcripts implements PlatformTranscripts {
  readonly #guard: OpenGuard
  readonly #journal: Journal
  readonly #tails = new Map<VatId, Tail>()
  /** Position from which the open block forgets the transcript of a vat. */
  readonly #cuts = new Map<VatId, number>()
  readonly #lastSpan: SqlQuery<WholeRow<'span'>>
  readonly #allSpans: SqlQuery<WholeRow<'span'>>
  readonly #readEntries: SqlQuery<[number, string]>
  readonly #putEntry: SqlCommand
  readonly #putSpan: SqlCommand
  readonly #allVats: SqlQuery<[VatId]>
  readonly #firstStartFrom: SqlQuery<[number]>
  readonly #removeEntries: SqlCommand
  readonly #removeSpans: SqlCommand
  readonly #removeBegun: SqlCommand
  readonly #firstEntry: SqlQuery<[number]>
  readonly #pruned: PrunedRecords

  constructor(sql: SqlFile, journal: Journal, guard: OpenGuard, pruned: PrunedRecords) {
    this.#pruned = pruned
    this.#guard = guard
    this.#journal = journal
    this.#lastSpan = sql.rows('span', 'WHERE vat = ? ORDER BY number DESC LIMIT 1')
    this.#allSpans = sql.rows('span', 'WHERE vat = ? ORDER BY number')
    this.#readEntries = sql.query(selectEntries, 'entry', ['count', 'text'])
    this.#putEntry = sql.command('INSERT INTO entry (vat, position, text) VALUES (?, ?, ?)', 'entry')
    this.#putSpan = sql.command(
      `INSERT INTO span (vat, number, start, end, reason, previous, hash, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (vat, number) DO UPDATE SET end = excluded.end, hash = excluded.hash, checksum = excluded.checksum`,
      'span',
    )
    this.#firstStartFrom = sql.query(
      'SELECT start FROM span WHERE vat = ? AND start >= ? ORDER BY number LIMIT 1',
      'span',
      ['count'],
    )
    this.#removeEntries = sql.command('DELETE FROM entry WHERE vat = ? AND position >= ?', 'entry')
    this.#removeSpans = sql.command('DELETE FROM span WHERE vat = ? AND start >= ?', 'span')
    this.#removeBegun = sql.command('DELETE FROM span_begun WHERE vat = ? AND start >= ?', 'span_begun')
    this.#firstEntry = sql.query(
      'SELECT position FROM entry WHERE vat = ? ORDER BY position LIMIT 1',
      'entry',
      ['count'],
    )
    this.#allVats = sql.query(selectVats, 'span', ['vat'])
  }

  append(vat: VatId, entry: TranscriptEntry): number {
    this.#guard.assertOpen()
    assert(!this.#cuts.has(vat), `${vat} has ended, and its transcript is being forgotten`)
    const tail = this.#tail(vat)
    const span = tail.current
    assert(span !== undefined, `${vat} has no span to append to: its incarnation begins one`)
    const text = writeEntry(entry)
    assertText(text, limits.entryLength, 'a transcript entry')
    const link = nextLink(span.hash, text)
    const recorded = { position: span.end, text, link }
    assert(
      recorded.position === tail.firstPending + tail.entries.length,
      'the entries of the open block continue the committed ones (Trs1)',
    )
    this.#journal.push(new AppendStep(tail, span, recorded))
    tail.entries.push(recorded)
    tail.spans[tail.spans.length - 1] = { ...span, end: span.end + 1, hash: link }
    return recorded.position
  }

  beginSpan(vat: VatId, reason: SpanReason): void {
    this.#guard.assertOpen()
    assert(spanReasons.includes(reason), `${reason} is not a reason for a span`)
    const tail = this.#tail(vat)
    const last = tail.current
    const at = last?.end ?? 0
    const link = last?.hash ?? chainStart
    assert(last === undefined || last.start <= last.end, 'a span ends at or after its start (Trs1)')
    this.#journal.push(new BeginSpanStep(tail))
    tail.spans.push({
      number: (last?.number ?? -1) + 1,
      start: at,
      end: at,
      reason,
      previous: link,
      hash: link,
    })
  }

  /** Only whole spans are forgotten, the last ones first: the rest is a whole transcript (Trs1, Trs2). */
  forget(vat: VatId, from: number): void {
    this.#guard.assertOpen()
    assert(
      isVatId(vat) && Number.isSafeInteger(from) && from >= 0,
      `the transcript of ${JSON.stringify(vat)} is forgotten from ${from} on`,
    )
    this.#journal.push(new ForgetStep(this.#cuts, vat))
    this.#cuts.set(vat, from)
  }

  /** The vat's current span; undefined for a vat that never had one. */
  span(vat: VatId): Span | undefined {
    this.#guard.assertOpen()
    return this.#cuts.has(vat) ? this.spans(vat).at(-1) : this.#tail(vat).current
  }

  spans(vat: VatId): Span[] {
    this.#guard.assertOpen()
    const { committed, spans } = this.#tail(vat)
    const stored = committed === undefined ? [] : this.#allSpans.all(vat).map(spanOfRow)
    const cut = this.#cuts.get(vat) ?? Infinity
    return [...stored.slice(0, -1), ...spans].filter(({ start }) => start < cut)
  }

  /** The entries of the vat's current incarnation; undefined when its first ones are not kept. */
  incarnation(vat: VatId): { readonly start: number; readonly end: number } | undefined {
    const begin = this.spans(vat).findLast((span) => span.reason === 'incarnation')
    return begin === undefined || begin.start < this.keptFrom(vat)
      ? undefined
      : { start: begin.start, end: this.count(vat) }
  }

  /** End of the entries in the file, with their link; undefined when none of the vat's are. */
  committed(vat: VatId): TranscriptPosition | undefined {
    const committed = this.#tail(vat).committed
    return committed === undefined || this.#cuts.has(vat)
      ? undefined
      : { position: committed.end, link: committed.hash }
  }

  /**
   * The link of the entry before this position: two transcripts with the same link are equal up to there
   * (Trs2).
   */
  linkAt(vat: VatId, position: number): Hash {
    const span = this.spans(vat).findLast(({ start, end }) => start <= position && position <= end)
    assert(span !== undefined, `${position} is not in the transcript of ${vat}`)
    if (position === span.end) return span.hash
    let link = span.previous
    for (const { text } of this.entries(vat, span.start, position)) link = nextLink(link, text)
    return link
  }

  /** Number of the vat's entries: the position of the next. */
  count(vat: VatId): number {
    return this.span(vat)?.end ?? 0
  }

  /** The vats that have a transcript, including those begun in the open block, by number. */
  vats(): VatId[] {
    this.#guard.assertOpen()
    const begun = [...this.#tails.values()]
      .filter((tail) => tail.current !== undefined)
      .map((tail) => tail.vat)
    const all = new Set([...this.#allVats.all().map(([vat]) => vat), ...begun])
    return [...all]
      .filter((vat) => this.#cuts.get(vat) !== 0)
      .sort(compareVatIds)
  }

  /** The position of the first readable entry (Trs5). */
  keptFrom(vat: VatId): number {
    this.#guard.assertOpen()
    return this.#pruned.of(vat).from
  }

  /** The entries from `from` up to, not including, `to`. Both must be in the kept range. */
  entries(vat: VatId, from: number, to: number): Iterable<RecordedEntry> {
    const count = this.count(vat)
    assert(
      Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to && to <= count,
      `${from} to ${to} is not a range of the ${count} entries of ${vat}`,
    )
    const kept = this.keptFrom(vat)
    if (from < Math.min(kept, to)) {
      refuse('store/pruned', `The entries of ${vat} before position ${kept} are not in the store`, {
        vat,
        from,
        kept,
      })
    }
    return this.#verifiedEntries(vat, from, to)
  }

  /** Refuses with `store/corrupt-transcript` when the entries do not match the hash of the span (Trs2). */
  verifySpan(vat: VatId, span: Span): void {
    this.#guard.assertOpen()
    verifyEntries(vat, span, this.#rawEntries(vat, span.start, span.end))
  }

  /**
   * Checks every span of the vat, that each begins where the one before ended, and that no entry is before
   * them (Trs1, Trs2, Trs5).
   */
  verifyAll(vat: VatId): void {
    const kept = this.#pruned.of(vat)
    const spans = this.spans(vat)
    let before: Span | undefined
    for (const span of spans) {
      if (!followsSpan(before, span, kept)) refuseSpan(vat, span, 'it does not continue the previous one')
      this.verifyKept(vat, span)
      before = span
    }
    const [first] = spans
    const position = this.#firstEntry.one(vat)?.[0] ?? kept.entry
    if (first !== undefined && position < kept.entry)
      refuseSpan(vat, first, `the entry at ${position} is there, though it was removed`)
  }

  /** A span is whole, or has exactly the part of it that is pruned and not removed yet (Trs5, Prd2). */
  verifyKept(vat: VatId, span: Span): void {
    const kept = this.#pruned.of(vat)
    if (span.start >= kept.from) return this.verifySpan(vat, span)
    if (span.end > kept.from)
      refuseSpan(vat, span, `entries were left out up to ${kept.from}, in the middle of it`)
    let next = Math.max(span.start, kept.entry)
    for (const { position } of this.#rawEntries(vat, span.start, span.end)) {
      if (position < next) refuseSpan(vat, span, `the entry at ${position} is there, though it was left out`)
      if (position > next) refuseSpan(vat, span, `the entry at ${next} is missing`)
      next += 1
    }
    if (next < span.end) refuseSpan(vat, span, `the entries from ${next} on are missing`)
  }

  /** The current block's additions. */
  additions(): BlockAdditions {
    const tails = [...this.#tails.values()].filter(({ changed, vat }) => changed && !this.#cuts.has(vat))
    const entries = tails.flatMap((tail) => tail.entries)
    const begun = tails.flatMap(({ vat, spans, committed }) =>
      spans.slice(committed === undefined ? 0 : 1).map(({ start, reason }) => ({ vat, start, reason })),
    )
    return {
      entries: entries.length,
      bytes: entries.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
      begun,
    }
  }

  flush(): void {
    for (const tail of this.#tails.values()) if (tail.changed) this.#flushTail(tail)
    for (const [vat, from] of this.#cuts) this.#flushCut(vat, from)
  }

  onCommitted(): void {
    for (const vat of this.#cuts.keys()) this.#tails.delete(vat)
    this.#cuts.clear()
    if (this.#tails.size > limits.transcriptsInMemory) this.#tails.clear()
    for (const tail of this.#tails.values()) {
      if (tail.changed) this.#tails.set(tail.vat, new Tail(tail.vat, tail.current))
    }
  }

  abandon(): void {
    this.#cuts.clear()
    this.#tails.clear()
  }

  #tail(vat: VatId): Tail {
    return this.#tails.get(vat) ?? this.#loadTail(vat)
  }

  #loadTail(vat: VatId): Tail {
    assert(isVatId(vat), `${JSON.stringify(vat)} is not the id of a vat`)
    const row = this.#lastSpan.one(vat)
    const tail = new Tail(vat, row === undefined ? undefined : spanOfRow(row))
    this.#tails.set(vat, tail)
    return tail
  }

  #flushTail(tail: Tail): void {
    for (const { position, text } of tail.entries) this.#putEntry.run(tail.vat, position, text)
    for (const span of tail.spans) {
      if (span === tail.committed) continue
      assert(span.end >= span.start, 'a span ends at or after its start (Trs1)')
      const cells = [tail.vat, span.number, span.start, span.end, span.reason, span.previous, span.hash]
      this.#putSpan.run(...cells, checksumOf('span', cells))
    }
  }

  /** Removes the entries from the start of the first removed span. */
  #flushCut(vat: VatId, from: number): void {
    const first = this.#firstStartFrom.one(vat, from)
    if (first === undefined) return
    const [start] = first
    this.#removeEntries.run(vat, start)
    this.#removeSpans.run(vat, start)
    this.#removeBegun.run(vat, start)
    const kept = this.#pruned.of(vat)
    if (this.#lastSpan.one(vat) === undefined) this.#pruned.forget(vat)
    else if (start < kept.from)
      this.#pruned.record(vat, { from: start, entry: Math.min(kept.entry, start), span: kept.span })
  }

  *#verifiedEntries(vat: VatId, from: number, to: number): Generator<RecordedEntry> {
    const current = this.span(vat)
    const spans = current !== undefined && from >= current.start ? [current] : this.spans(vat)
    for (const span of spans) {
      const first = Math.max(from, span.start)
      const end = Math.min(to, span.end)
      if (first >= end) continue
      // Entries that fit one batch are read once.
      if (span.end - span.start <= limits.batch) {
        const entries = [...this.#rawEntries(vat, span.start, span.end)]
        verifyEntries(vat, span, entries)
        yield* entries.slice(first - span.start, end - span.start)
      } else {
        this.verifySpan(vat, span)
        yield* this.#rawEntries(vat, first, end)
      }
    }
  }

  /** From SQLite up to where the open block begins, then from memory. */
  *#rawEntries(vat: VatId, from: number, to: number): Generator<RecordedEntry> {
    let position = from
    for (;;) {
      this.#guard.assertOpen()
      const storedEnd = Math.min(to, this.#tail(vat).firstPending)
      if (position >= storedEnd) break
      const rows = this.#readEntries.all(vat, position, storedEnd, limits.batch)
      for (const [at, text] of rows) yield { position: at, text }
      if (rows.length < limits.batch) position = storedEnd
      else position = (rows.at(-1)?.[0] ?? storedEnd) + 1
    }
    const { entries, firstPending } = this.#tail(vat)
    for (const { position: at, text } of entries.slice(
      Math.max(0, from - firstPending),
      Math.max(0, to - firstPending),
    )) {
      yield { position: at, text }
    }
  }
}
