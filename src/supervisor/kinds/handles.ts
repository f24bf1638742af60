/**
 * Kind handles: the durable objects by which code refers to its durable kinds, across incarnations.
 *
 * A handle has no data of its own: its name (`o+d1/7`) holds the number of its kind.
 */
import { assert } from '../../base/errors.ts'
import { parseStored, storedObject, type ObjectVref } from '../../base/ids.ts'
import { kindNumbers } from '../memory/kindNumbers.ts'
import type { Keeper } from '../memory/references.ts'
import { remotablePrototype } from '../values/remotable.ts'
import { show } from '../values/show.ts'
import type { Slots } from '../wire/slots.ts'
import { readKind } from './stored/estate.ts'

export class KindHandles {
  readonly #slots: Slots
  readonly #tags = new Map<number, string>()

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Handles are never deleted. */
  keeper(): Keeper {
    return {
      representative: (vref) => {
        const { instance } = parseStored(vref)
        return this.handleOf(instance, this.tagOf(instance))
      },
      facets: (base) => [base],
      delete: () => [],
    }
  }

  /** The handle of a kind; creates it unless it is in the heap. */
  handleOf(id: number, tag: string): object {
    assert(id >= kindNumbers.firstOfUsers, 'only kinds of users have handles')
    const vref = storedObject('durable', kindNumbers.handle, id)
    const known = this.#slots.valueOf(vref)
    if (known !== undefined) return known
    this.#tags.set(id, tag)
    const handle = Object.freeze(Object.create(remotablePrototype('Alleged: kind')) as object)
    this.#slots.holdWeakly(vref, handle)
    return handle
  }

  /** The number of the handle's kind. Throws when the object is not a handle. */
  idOf(handle: object): number {
    const vref = this.#slots.vrefOf(handle)
    const named = vref === undefined ? undefined : parseStored(vref as ObjectVref)
    if (named === undefined || named.kind !== kindNumbers.handle)
      throw new Error(`unknown handle ${show(handle)}: the first argument is not a kind handle`)
    return named.instance
  }

  tagOf(id: number): string {
    const known = this.#tags.get(id)
    if (known !== undefined) return known
    const { tag } = readKind(id)
    this.#tags.set(id, tag)
    return tag
  }
}
