/**
 * Leftovers: virtual objects of earlier incarnations. Nobody can name them any more; they go a
 * bounded number at a time, when the dead are brought out.
 *
 * Lo1. Numbers of kinds are never used twice, so an object of a number that was taken before this
 *      incarnation began is of an earlier one.
 * Lo2. What a leftover referred to and what still is (imports, durable objects) loses its count.
 */
import { allocatorOf, isDurableVref } from '../../base/ids.ts'
import { kindNumbers } from '../kindNumbers.ts'
import type { References } from '../references.ts'
import { keys, keysFrom, nextKey, read, remove } from '../store.ts'
import { slotsOfRecord } from './records.ts'

const atOnce = 1_000

export class Leftovers {
  readonly #references: References
  /** The kind at which the deletion is, and the first of this incarnation. */
  #kind: number = kindNumbers.firstOfUsers
  #end: number = kindNumbers.firstOfUsers

  constructor(references: References) {
    this.#references = references
  }

  /** An incarnation begins. */
  begin(): void {
    this.#end = Number(read(keys.nextKind) ?? kindNumbers.firstOfUsers)
  }

  deleteSome(): void {
    for (let deleted = 0; deleted < atOnce && this.#kind < this.#end; ) {
      const prefix = keys.virtualObjects(this.#kind)
      const key = nextKey(prefix, prefix)
      if (key === undefined) this.#kind += 1
      else {
        this.#delete(key)
        deleted += 1
      }
    }
  }

  #delete(key: string): void {
    const vref = keys.objectVref(key)
    const slots = slotsOfRecord(vref, read(key) ?? '0')
    remove(key)
    remove(keys.count(vref))
    remove(keys.exported(vref))
    for (const facet of keysFrom(keys.exportedFacets(vref))) remove(facet)
    this.#references.changed([], slots.filter((slot) => allocatorOf(slot) === 'kernel' || isDurableVref(slot)))
  }
}
