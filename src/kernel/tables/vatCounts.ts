/** Tables of the number of vats and their stored sizes. Their keys are in the list of `tables.ts`. */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { Rows } from './rows.ts'
import { countOf, waitingOf } from './values.ts'

/** The size of a vat's own space (`storage.ts`, Sq1). */
export interface Stored {
  readonly units: number
  readonly entries: number
}

export class VatCounts {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** The number of vats, including those that start or are being cleaned up. */
  get vats(): number {
    return this.#rows.find('vats', countOf) ?? 0
  }
  setVats(count: number): void {
    assert(count >= 0, `there are ${count} vats`)
    this.#rows.set('vats', String(count))
  }

  /** Undefined if it was never counted. */
  stored(vat: VatId): Stored | undefined {
    const [units, entries] = this.#rows.find(`stored.${vat}`, waitingOf) ?? []
    return units === undefined || entries === undefined ? undefined : { units, entries }
  }
  setStored(vat: VatId, { units, entries }: Stored): void {
    assert(entries >= 0 && units >= entries, 'each entry of a vat has units')
    this.#rows.set(`stored.${vat}`, `${units} ${entries}`)
  }
  deleteStored(vat: VatId): void {
    this.#rows.delete(`stored.${vat}`)
  }
}
