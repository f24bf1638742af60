/**
 * The table of watched results that were rejected, until the end of the step. Between two steps it is empty.
 *
 * | table      | key                 | value                    |
 * |------------|---------------------|--------------------------|
 * | rejections | `rejected`          | count                    |
 * |            | `rejected.` number  | JSON `WatchedRejection`  |
 */
import { assert } from '../../base/errors.ts'
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
    const count = this.#rows.find('rejected', countOf)
    if (count === undefined) return []
    this.#rows.delete('rejected')
    const taken = [...this.#rows.each('rejected.')].map((number) =>
      this.#rows.takeValue(`rejected.${number}`, rejectionOf),
    )
    assert(taken.length === count, 'a step takes each rejection that it added')
    return taken
  }
}
