/**
 * Durable objects that became unreachable when the heap of an earlier incarnation ended.
 *
 * An incarnation that ends in good order collects first: objects that only its heap needs are then recorded
 * as heap-only, and the heir examines them (Ref5). Without that collection there is no record, and the heir
 * examines every durable object.
 *
 * Und1. From the first possibly unneeded durable object until the next collection, the space of the vat has
 *       the mark `uncollected`.
 * Und2. An heir that finds the mark suspects every durable object and collection, in steps, during
 *       collections. The mark stays until the last was examined.
 */
import { assert } from '../../base/errors.ts'
import { Cursor } from './cursor.ts'
import type { GarbageSource } from './garbageSources.ts'
import { isBudgetSpent } from './workBudget.ts'
import type { References } from './references.ts'
import { keys, read } from './store.ts'

/** Rows that are examined in one step. */
const atOnce = 100

/** A walk over the rows of durable objects. */
interface Walk {
  readonly cursor: Cursor
  readonly find: (key: string) => void
}

export class UnreachableDurables implements GarbageSource {
  readonly #references: References
  /** The rest of the search; empty when there is none. */
  #walks: readonly Walk[] = []

  constructor(references: References) {
    this.#references = references
  }

  /** Begins a later incarnation. */
  begin(): void {
    assert(this.#walks.length === 0, 'Und2: an incarnation begins its search once')
    const references = this.#references
    this.#walks = [
      {
        cursor: new Cursor(keys.heapOnlyFrom, keys.heapOnlyEnd),
        find: (key) => references.suspectHeapOnly(keys.heapOnlyVref(key)),
      },
    ]
    if (read(keys.uncollected) === undefined) return
    references.holdMark()
    this.#walks = [
      ...this.#walks,
      {
        cursor: new Cursor(keys.durableObjectsFrom, keys.durableObjectsEnd),
        find: (key) => references.suspect(keys.objectVref(key)),
      },
      {
        cursor: new Cursor(keys.durableCollectionsFrom, keys.durableCollectionsEnd),
        find: (key) => references.suspect(keys.collectionVref(key)),
      },
    ]
  }

  /** Suspects some more (Und2). */
  step(): boolean {
    const [walk, ...others] = this.#walks
    if (walk === undefined) return false
    for (let left = atOnce; left > 0 && !isBudgetSpent(); left -= 1) {
      if (!walk.cursor.advance()) {
        this.#walks = others
        if (others.length === 0) this.#references.releaseMark()
        return true
      }
      walk.find(walk.cursor.row)
    }
    return true
  }
}
