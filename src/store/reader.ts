/**
 * Reads the last block of a store while its machine runs on, in another thread.
 *
 * Sre1. Nothing is written, and no transaction stays open between two batches, so that the writer can merge
 *       its log meanwhile.
 * Sre2. A committed transcript entry stays unchanged until it is pruned or its vat terminated. So batches
 *       read at different times belong together; the links verify that they do.
 */
import { assert } from '../base/errors.ts'
import type { VatId } from '../base/ids.ts'
import { nextLink } from './state/hashChain.ts'
import { refuse } from '../protocol/codes.ts'
import { Bundles } from './contents/bundles.ts'
import { assertStoreExists } from './opening/file.ts'
import { OpenGuard } from './state/openGuard.ts'
import { limits } from './files/limits.ts'
import { openForReading } from './opening/reading.ts'
import { Pruned } from './state/pruned.ts'
import type { SqlQuery, SqlFile } from './sql/sql.ts'
import { selectEntries, type LinkedEntry } from './contents/spans.ts'
import type { TranscriptPosition } from '../protocol/store/views.ts'

export class StoreReader {
  readonly bundles: Pick<Bundles, 'get'>
  readonly #sql: SqlFile
  readonly #guard: OpenGuard
  readonly #readEntries: SqlQuery<[number, string]>
  readonly #pruned: Pruned

  constructor(directory: string) {
    assertStoreExists(directory)
    this.#guard = new OpenGuard(directory)
    this.#sql = openForReading(directory)
    this.bundles = new Bundles(this.#sql, this.#guard)
    this.#pruned = new Pruned(this.#sql)
    this.#readEntries = this.#sql.query(selectEntries, 'entry', ['count', 'text'])
  }

  /**
   * The entries from one point to the other. Refuses with `store/corrupt-transcript`, at the end at the
   * latest, when they do not lead there.
   */
  *entries(vat: VatId, from: TranscriptPosition, to: TranscriptPosition): Generator<LinkedEntry> {
    assert(from.position <= to.position, 'entries are read forward')
    let { position, link } = from
    while (position < to.position) {
      this.#guard.assertOpen()
      const rows = this.#readEntries.all(vat, position, to.position, limits.batch)
      if (rows[0]?.[0] !== position) this.#assertKept(vat, position)
      if (rows.length === 0) refuseEntries(vat, from, to, `the entry at ${position} is missing`)
      for (const [at, text] of rows) {
        if (at !== position) refuseEntries(vat, from, to, `the entry at ${position} is missing`)
        link = nextLink(link, text)
        yield { position, text, link }
        position += 1
      }
    }
    if (link !== to.link) refuseEntries(vat, from, to, 'they have another hash')
  }

  #assertKept(vat: VatId, position: number): void {
    const { from } = this.#pruned.of(vat)
    if (position < from)
      refuse('store/pruned', `The entries of ${vat} before position ${from} were pruned`, {
        vat,
        from: position,
        kept: from,
      })
  }

  close(): void {
    this.#guard.closed = true
    this.#sql.close()
  }
}

function refuseEntries(
  vat: VatId,
  { position: start }: TranscriptPosition,
  { position: end }: TranscriptPosition,
  why: string,
): never {
  refuse('store/corrupt-transcript', `The entries of ${vat} from ${start} to ${end}: ${why}`, {
    vat,
    start,
    end,
  })
}
