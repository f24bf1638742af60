/**
 * Determines from where on a vat's transcript is kept. It only reads, so that it serves writers and surveys
 * alike.
 */
import type { VatId } from '../../base/ids.ts'
import type { KeptTranscripts } from '../../protocol/store/retention.ts'
import { formatWithRetention } from '../sql/schema.ts'
import type { SqlQuery, SqlFile } from '../sql/sql.ts'

export class PruneTargets {
  readonly #last: SqlQuery<[number]>
  readonly #incarnation: SqlQuery<[number]>
  /** Older formats do not record in which block a span began. */
  readonly #startBegunUpTo: SqlQuery<[number]> | undefined

  constructor(sql: SqlFile) {
    this.#last = sql.query('SELECT start FROM span WHERE vat = ? ORDER BY number DESC LIMIT 1', 'span', [
      'count',
    ])
    this.#incarnation = sql.query(
      "SELECT start FROM span WHERE vat = ? AND reason = 'incarnation' ORDER BY number DESC LIMIT 1",
      'span',
      ['count'],
    )
    const hasBegun = sql.pragmaNumber('user_version') >= formatWithRetention
    this.#startBegunUpTo = hasBegun
      ? sql.query(
          'SELECT start FROM span_begun WHERE vat = ? AND height <= ? ORDER BY start DESC LIMIT 1',
          'span_begun',
          ['count'],
        )
      : undefined
  }

  /** Start of the oldest span to keep after the block `height`; 0 when nothing may be pruned. */
  of(vat: VatId, keep: KeptTranscripts, height: number): number {
    if (keep === 'all') return 0
    if (keep === 'incarnation') return this.#incarnation.one(vat)?.[0] ?? 0
    if (keep === 'restart') return this.#last.one(vat)?.[0] ?? 0
    // Entries before this span are older than the last blocks: they end in the block in which the span began,
    // at the latest.
    return this.#startBegunUpTo?.one(vat, Math.max(0, height - keep.blocks))?.[0] ?? 0
  }

  /**
   * Whether the start of the vat's incarnation will no longer be kept, for a transcript now kept from
   * `keptFrom` on.
   */
  losesReplay(vat: VatId, keep: KeptTranscripts, height: number, keptFrom: number): boolean {
    const start = this.#incarnation.one(vat)?.[0]
    return start === undefined || start < Math.max(keptFrom, this.of(vat, keep, height))
  }
}
