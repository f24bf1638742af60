/** The table of the host's pins and their counts. */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import type { Rows } from './rows.ts'
import { countOf } from './values.ts'

export class PinTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  count(kref: ObjectKref): number {
    return this.#rows.find(`pin.${kref}`, countOf) ?? 0
  }

  set(kref: ObjectKref, pins: number): void {
    assert(pins >= 0, 'pins are counted from 0')
    if (pins === 0) this.#rows.delete(`pin.${kref}`)
    else this.#rows.set(`pin.${kref}`, String(pins))
  }

  *objects(): Generator<ObjectKref> {
    for (const kref of this.#rows.each('pin.')) yield kref as ObjectKref
  }
}
