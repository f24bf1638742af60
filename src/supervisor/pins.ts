/**
 * Pins: imports that durable data refers to. They stay imported although no presence of them may be
 * in the heap, so that the data can be read again.
 *
 * Pi1. An import is pinned, in the vat's space, before any durable data refers to it.
 * Pi2. A pin is never taken off: what refers to an import is not counted.
 */
import type { ObjectVref } from '../base/ids.ts'
import { importKey } from '../protocol/vatstore.ts'
import { read, write } from './store.ts'

export class Pins {
  /** Those that this incarnation knows of; there may be more in the store. */
  readonly #known = new Set<ObjectVref>()

  add(vref: ObjectVref): void {
    if (this.#known.has(vref)) return
    this.#known.add(vref)
    write(importKey(vref), '')
  }

  has(vref: ObjectVref): boolean {
    return this.#known.has(vref) || read(importKey(vref)) !== undefined
  }
}
