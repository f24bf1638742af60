/**
 * A walk over the rows of a collection, in the order of their keys.
 *
 * Rows come in batches that grow, since a question costs more than the row it returns. A row that was removed
 * or changed after its batch came is seen in its current state; the walk survives the end of a crank.
 */
import { assert } from '../../base/errors.ts'
import { crankNumber, readAfter, readRange } from './store.ts'

const firstBatch = 8
const maxBatch = 512

export class Cursor {
  /** The current row. */
  row = ''
  text = ''
  #from: string
  readonly #to: string
  #batch: readonly string[] = []
  #at = 0
  #size = firstBatch
  #crank = -1
  /** Whether nothing follows the batch. */
  #isLast = false

  constructor(from: string, to: string) {
    this.#from = from
    this.#to = to
  }

  /** Moves to the next row; false when there is none. */
  advance(): boolean {
    for (;;) {
      if (this.#crank !== crankNumber() || this.#at === this.#batch.length) {
        if (this.#isLast && this.#crank === crankNumber()) return false
        this.#fetch()
        if (this.#batch.length === 0) return false
      }
      this.row = this.#batch[this.#at] as string
      const text = readAfter(this.row, this.#batch[this.#at + 1] as string)
      this.#at += 2
      // The least text that is greater: keys have printable ASCII only, of which the space is the first.
      this.#from = `${this.row} `
      if (text === undefined) continue
      this.text = text
      return true
    }
  }

  #fetch(): void {
    this.#batch = this.#from < this.#to ? readRange(this.#from, this.#to, this.#size) : []
    const first = this.#batch[0]
    assert(first === undefined || (first >= this.#from && first < this.#to), 'a row outside of its range')
    this.#at = 0
    this.#crank = crankNumber()
    this.#isLast = this.#batch.length === 0
    this.#size = Math.min(2 * this.#size, maxBatch)
  }
}
