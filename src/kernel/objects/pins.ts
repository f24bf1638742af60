/**
 * Pins: objects that the host holds itself, independently of other references.
 *
 * Pi1. Pins are counted: an object pinned twice is held until it is unpinned twice. However often it is
 *      pinned, it counts as one reference.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref } from '../../base/ids.ts'
import type { References } from './references.ts'
import type { Tables } from '../tables/tables.ts'

export class Pins {
  readonly #tables: Tables
  readonly #references: References

  constructor(tables: Tables, references: References) {
    this.#tables = tables
    this.#references = references
  }

  /** No-op if the object was collected since the host asked. */
  pin(kref: ObjectKref): void {
    if (this.#tables.findObject(kref) === undefined) return
    const pins = this.#tables.pins.count(kref)
    assert(pins >= 0, 'no object is pinned fewer than no times (Pi1)')
    this.#tables.pins.set(kref, pins + 1)
    if (pins === 0) this.#references.add(kref)
  }

  unpin(kref: ObjectKref): void {
    const pins = this.#tables.pins.count(kref)
    if (pins === 0) return
    assert(this.#tables.findObject(kref) !== undefined, 'a pinned object exists (Pi1)')
    this.#tables.pins.set(kref, pins - 1)
    if (pins === 1) this.#references.remove(kref)
  }
}
