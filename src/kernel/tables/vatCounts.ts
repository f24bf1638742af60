/** Tables of how many vats there are and how much each stores. Their keys are in the list of `tables.ts`. */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { Rows } from './rows.ts'

/** What a vat stores in its own space (`storage.ts`, Sq1). */
export interface Stored {
  readonly units: number
  readonly entries: number
}

export class VatCounts {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** How many vats there are, those that start or are cleaned up after included. */
  get vats(): number {
    return Number(this.#rows.get('vats') ?? '0')
  }
  setVats(count: number): void {
    assert(count >= 0, `there are ${count} vats`)
    this.#rows.set('vats', String(count))
  }

  /** Undefined where it was never counted. */
  stored(vat: VatId): Stored | undefined {
    const text = this.#rows.get(`stored.${vat}`)
    if (text === undefined) return undefined
    const [units = -1, entries = -1] = text.split(' ').map(Number)
    assert(units >= 0 && entries >= 0, `what ${vat} stores is counted as ${text}`)
    return { units, entries }
  }
  setStored(vat: VatId, { units, entries }: Stored): void {
    this.#rows.set(`stored.${vat}`, `${units} ${entries}`)
  }
  deleteStored(vat: VatId): void {
    this.#rows.delete(`stored.${vat}`)
  }
}
