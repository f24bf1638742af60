/**
 * Strays: durable objects that only an ended heap needed, and that no collection has seen there.
 *
 * An incarnation that ends in good order collects first: what only its heap needs is then written down as
 * loose, and the heir buries it (V5). When that collection did not happen, nothing says which objects
 * those are, and the heir looks at all of them.
 *
 * St1. From the first durable object that may not be needed any more until the next collection, the
 *      space of the vat has the mark `uncollected`.
 * St2. An heir that finds the mark suspects every durable object and collection, a bounded number at a
 *      time, when the dead are brought out. The mark stays until the last was looked at.
 */
import type { ObjectVref } from '../base/ids.ts'
import { Cursor } from './collections/cursor.ts'
import type { References } from './references.ts'
import { keys, read } from './store.ts'

/** Rows that are looked at in one delivery. */
const atOnce = 500

/** A walk over where durable objects are written down. */
interface Walk {
  readonly cursor: Cursor
  readonly vrefOf: (key: string) => ObjectVref
}

export class Strays {
  readonly #references: References
  /** What is left of the search; empty when there is none. */
  #walks: readonly Walk[] = []

  constructor(references: References) {
    this.#references = references
  }

  /** A later incarnation begins. */
  begin(): void {
    if (read(keys.uncollected) === undefined) return
    this.#references.holdMark()
    this.#walks = [
      { cursor: new Cursor(keys.durableObjectsFrom, keys.durableObjectsEnd), vrefOf: keys.objectVref },
      { cursor: new Cursor(keys.durableCollectionsFrom, keys.durableCollectionsEnd), vrefOf: keys.collectionVref },
    ]
  }

  /** Suspects some more; called when the dead are brought out, before they are looked at (St2). */
  suspectSome(): void {
    for (let left = atOnce; left > 0; left -= 1) {
      const [walk, ...others] = this.#walks
      if (walk === undefined) return this.#references.releaseMark()
      if (walk.cursor.advance()) this.#references.suspect(walk.vrefOf(walk.cursor.row))
      else this.#walks = others
    }
  }
}
