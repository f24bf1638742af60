/**
 * Virtual objects of earlier incarnations: they are unreachable, and are deleted in steps during collections.
 *
 * Dvo1. Kind numbers are never reused, so an object with a number allocated before this incarnation belongs
 *       to an earlier one.
 * Dvo2. References of a dead object to things that still exist (imports, durable objects) lose their count.
 */
import { assert } from '../../../base/errors.ts'
import { allocatorOf, isDurableVref } from '../../../base/ids.ts'
import type { GarbageSource } from '../../memory/garbageSources.ts'
import { isBudgetSpent } from '../../memory/workBudget.ts'
import { kindNumbers } from '../../memory/kindNumbers.ts'
import type { References } from '../../memory/references.ts'
import { keys, keysFrom, read, readRange, remove } from '../../memory/store.ts'
import { slotsOfRecord } from './records.ts'

/** The number of objects that are read together. */
const atOnce = 100

export class DeadVirtualObjects implements GarbageSource {
  readonly #references: References
  /** The kind at which the deletion is, and the first of this incarnation. */
  #kind: number = kindNumbers.firstOfUsers
  #end: number = kindNumbers.firstOfUsers

  constructor(references: References) {
    this.#references = references
  }

  /** Begins an incarnation. */
  begin(): void {
    this.#end = Number(read(keys.nextKind) ?? kindNumbers.firstOfUsers)
    assert(this.#end >= this.#kind, 'Dvo1: kind numbers are never taken back')
  }

  step(): boolean {
    if (this.#kind >= this.#end) return false
    const rows = readRange(keys.virtualObjects(this.#kind), keys.virtualObjectsEnd(this.#kind), atOnce)
    if (rows.length === 0) this.#kind += 1
    for (let at = 0; at < rows.length && !isBudgetSpent(); at += 2) this.#delete(rows[at] as string)
    return true
  }

  #delete(key: string): void {
    const vref = keys.objectVref(key)
    assert(!isDurableVref(vref), 'Dvo1: a durable object does not end with its incarnation')
    const slots = slotsOfRecord(vref, read(key) ?? '0')
    remove(key)
    remove(keys.count(vref))
    remove(keys.exported(vref))
    for (const facet of keysFrom(keys.exportedFacets(vref))) remove(facet)
    this.#references.updateCounts(
      [],
      slots.filter((slot) => allocatorOf(slot) === 'kernel' || isDurableVref(slot)),
    )
  }
}
