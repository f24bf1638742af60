/** The table of the vats of which a snapshot is due at the end of the crank. */
import type { VatId } from '../../base/ids.ts'
import type { Rows } from './rows.ts'

export class SnapshotDueTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  add(vat: VatId): void {
    this.#rows.set(`due.${vat}`, '')
  }

  delete(vat: VatId): void {
    this.#rows.delete(`due.${vat}`)
  }

  has(vat: VatId): boolean {
    return this.#rows.get(`due.${vat}`) !== undefined
  }
}
