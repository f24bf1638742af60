/**
 * The table of watched results that were rejected, until the end of the step. Between two steps it is empty.
 *
 * | table      | key                 | value                    |
 * |------------|---------------------|--------------------------|
 * | rejections | `rejected`          | count                    |
 * |            | `rejected.` number  | JSON `WatchedRejection`  |
 */
import { orderedNumber } from '../../base/ordered.ts'
import type { WatchedRejection } from '../../protocol/kernel/views.ts'
import type { Rows } from './rows.ts'
import { countOf, rejectionOf } from './values.ts'

export class RejectionTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  add(rejection: WatchedRejection): void {
    const number = (this.#rows.find('rejected', countOf) ?? 0) + 1
    this.#rows.set(`rejected.${orderedNumber(number)}`, JSON.stringify(rejection))
    this.#rows.set('rejected', String(number))
  }

  /** All, in the order in which they were added. */
  take(): readonly WatchedRejection[] {
    if (this.#rows.get('rejected') === undefined) return []
    this.#rows.delete('rejected')
    return [...this.#rows.each('rejected.')].map((number) =>
      this.#rows.takeValue(`rejected.${number}`, rejectionOf),
    )
  }
}
