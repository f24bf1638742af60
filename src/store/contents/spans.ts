/** Spans and their entries: the chain of links, and the refusal of a span with wrong entries. */
import type { Hash, VatId } from '../../base/ids.ts'
import { chainStart, nextLink } from '../state/hashChain.ts'
import type { SpanReason } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import type { WholeRow } from '../sql/rowFormat.ts'
import type { KeptBounds } from '../state/pruned.ts'

export interface Span {
  /** From 0 for each vat. */
  readonly number: number
  /** The position of the first entry. */
  readonly start: number
  /** The position after the last entry. */
  readonly end: number
  /** Why it began. */
  readonly reason: SpanReason
  readonly previous: Hash
  readonly hash: Hash
}

export interface RecordedEntry {
  readonly position: number
  readonly text: string
}

export interface LinkedEntry extends RecordedEntry {
  readonly link: Hash
}

export const spanOfRow = ([, number, start, end, reason, previous, hash]: WholeRow<'span'>): Span => ({
  number,
  start,
  end,
  reason,
  previous,
  hash,
})

/**
 * Whether the span continues where the previous one ended. The first in the file follows the pruned ones
 * (Trs5).
 */
export function followsSpan(before: Span | undefined, span: Span, kept: KeptBounds): boolean {
  if (before !== undefined)
    return span.number === before.number + 1 && span.start === before.end && span.previous === before.hash
  if (kept.span === 0) return span.number === 0 && span.start === 0 && span.previous === chainStart
  return span.number === kept.span && span.start <= kept.from
}

/** The vats that have spans, stepping from each to the next: a plain DISTINCT would read every span. */
export const selectVats = `WITH RECURSIVE found (vat) AS (
    SELECT min(vat) FROM span
    UNION ALL SELECT (SELECT min(vat) FROM span WHERE vat > found.vat) FROM found WHERE vat IS NOT NULL
  ) SELECT vat FROM found WHERE vat IS NOT NULL`

/** The entries of a vat between two positions, in batches. */
export const selectEntries =
  'SELECT position, text FROM entry WHERE vat = ? AND position >= ? AND position < ? ORDER BY position LIMIT ?'

/** Refuses a span whose entries are incomplete or do not match its hash (Trs2). */
export function verifyEntries(vat: VatId, span: Span, entries: Iterable<RecordedEntry>): void {
  let link = span.previous
  let position = span.start
  for (const entry of entries) {
    if (entry.position !== position) refuseSpan(vat, span, `the entry at ${position} is missing`)
    link = nextLink(link, entry.text)
    position += 1
  }
  if (position !== span.end) refuseSpan(vat, span, `the entries from ${position} on are missing`)
  if (link !== span.hash) refuseSpan(vat, span, 'its entries have another hash')
}

export function refuseSpan(vat: VatId, span: Span, why: string): never {
  const { number, start, end } = span
  refuse(
    'store/corrupt-transcript',
    `The transcript of ${vat}, span ${number}, positions ${start} to ${end}: ${why}`,
    {
      vat,
      span: number,
      start,
      end,
    },
  )
}
