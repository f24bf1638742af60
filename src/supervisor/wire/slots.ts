/**
 * The export and import tables of a vat, which map values to names.
 *
 * Sl1. A value has one vref as long as the vref lives, and a vref one value.
 * Sl2. Ephemeral exports are held strongly: other vats may send to them.
 * Sl3. Presences and representatives of durable objects are held weakly: their state is elsewhere, and they
 *      are recreated on demand.
 * Sl4. A collected object is remembered until `bringOutYourDead`; if it is recreated in between, it is not
 *      dead.
 * Sl5. Promises are held until they are settled, kept promises until a collection finds that nothing else
 *      holds them. They are held weakly only while the engine searches the heap, so that nothing depends on
 *      when the engine frees memory by itself. A promise named since the last search is exempt: the following
 *      messages may well refer to it, and would restore everything reachable from it.
 * Sl6. A promise in virtual data has a name of its own, like that of an object that does not leave the vat.
 *      It differs from the promise's external name: that one ends when the promise is settled, this one with
 *      the data.
 * Sl7. Collected objects are processed in an order independent of the engine's: a few by name, the first of
 *      many in the order in which they were named.
 */
import { assert } from '../../base/errors.ts'
import {
  allocatorOf,
  exportedObject,
  isStoredVref,
  storedPromise,
  vatPromise,
  type ObjectVref,
  type PromiseVref,
  type Vref,
} from '../../base/ids.ts'

/** The number of collected objects processed at a time. */
const maxCollectedTogether = 500

export class Slots {
  readonly #vrefs = new WeakMap<object, Vref>()
  readonly #exports = new Map<Vref, object>()
  readonly #weak = new Map<Vref, WeakRef<object>>()
  #walk: Iterator<Vref> = this.#weak.keys()
  /** Ephemeral exports that are unreachable from outside but may still be recognised there. */
  readonly #released = new Set<Vref>()
  readonly #promises = new Map<Vref, Promise<unknown>>()
  /** Names of kept promises: settled, with a permanent name (`Resolution`). */
  readonly #kept = new Set<PromiseVref>()
  /** Those of them that were named since the last search. */
  readonly #recent = new Set<PromiseVref>()
  /** Kept promises while the engine searches the heap (Sl5). */
  #searched: (readonly [PromiseVref, WeakRef<Promise<unknown>>])[] = []
  readonly #collected = new Set<ObjectVref>()
  readonly #registry = new FinalizationRegistry<ObjectVref>((vref) => this.#collected.add(vref))
  /** Sl6. */
  readonly #storedPromises = new WeakMap<Promise<unknown>, ObjectVref>()
  #nextStoredPromise = 1
  #nextExport = 1
  #nextPromise = 1

  vrefOf(value: object): Vref | undefined {
    return this.#vrefs.get(value)
  }

  valueOf(vref: Vref): object | undefined {
    if (vref[0] === 'p') {
      if (this.#kept.has(vref as PromiseVref)) this.#recent.add(vref as PromiseVref)
      return this.#promises.get(vref)
    }
    return this.#exports.get(vref) ?? this.#weak.get(vref)?.deref()
  }

  /** Names an object that leaves the vat for the first time. */
  exportObject(value: object): ObjectVref {
    assert(!this.#vrefs.has(value), 'Sl1: a value with a name is named again')
    const vref = exportedObject(this.#nextExport++)
    this.exportAs(vref, value)
    return vref
  }

  /** Names an object that does not leave the vat yet: stored data refers to it. */
  nameObject(value: object): ObjectVref {
    const vref = exportedObject(this.#nextExport++)
    this.holdWeakly(vref, value)
    return vref
  }

  /** The name of a promise in virtual data (Sl6). */
  nameStoredPromise(promise: Promise<unknown>): ObjectVref {
    const known = this.#storedPromises.get(promise)
    if (known !== undefined) return known
    const vref = storedPromise(this.#nextStoredPromise++)
    this.#storedPromises.set(promise, vref)
    this.#weak.set(vref, new WeakRef(promise))
    this.#registry.register(promise, vref)
    return vref
  }

  exportAs(vref: ObjectVref, value: object): void {
    this.#vrefs.set(value, vref)
    this.#exports.set(vref, value)
    this.#released.delete(vref)
  }

  /** Exports that other vats can reach and that end with the heap, by their numbers, except the root. */
  ephemeralExports(): readonly (readonly [ObjectVref, object])[] {
    const own = [...this.#exports].filter((entry): entry is [ObjectVref, object] =>
      /^o\+[1-9]/.test(entry[0]),
    )
    return own.sort(([one], [other]) => Number(one.slice(2)) - Number(other.slice(2)))
  }

  /** The export is unreachable from outside; it lives only while the vat itself holds it. */
  releaseExport(vref: ObjectVref): void {
    assert(!isStoredVref(vref), 'Sl2: only ephemeral exports are held')
    const value = this.#exports.get(vref)
    if (value === undefined) return
    this.#exports.delete(vref)
    this.#released.add(vref)
    this.holdWeakly(vref, value)
  }

  /** The export is unknown outside. It keeps its name while it lives: stored data may use it. */
  retireExport(vref: ObjectVref): void {
    this.releaseExport(vref)
    this.#released.delete(vref)
  }

  /** Whether other vats may recognise a deleted export; can be asked once. */
  endReleased(vref: ObjectVref): boolean {
    return this.#released.delete(vref)
  }

  forget(vref: Vref): void {
    const value = this.valueOf(vref)
    if (value !== undefined) this.#vrefs.delete(value)
    if (vref[0] === 'p') {
      this.#promises.delete(vref)
      return
    }
    this.#exports.delete(vref)
    this.#weak.delete(vref)
  }

  /** A presence, or a representative of a durable object (Sl3). */
  holdWeakly(vref: ObjectVref, value: object): void {
    this.#vrefs.set(value, vref)
    this.#weak.set(vref, new WeakRef(value))
    this.#registry.register(value, vref)
  }

  /** Whether an object of this name was created and is not known to be collected (Sl4). */
  isHeldWeakly(vref: ObjectVref): boolean {
    return this.#weak.has(vref)
  }

  namePromise(promise: Promise<unknown>): PromiseVref {
    const vref = vatPromise(this.#nextPromise++)
    this.holdPromise(vref, promise)
    return vref
  }

  /** Names that an earlier incarnation assigned to these promises are still in use. */
  namePromisesAfter(vrefs: readonly PromiseVref[]): void {
    for (const vref of vrefs) {
      if (allocatorOf(vref) === 'vat')
        this.#nextPromise = Math.max(this.#nextPromise, Number(vref.slice('p+'.length)) + 1)
    }
  }

  holdPromise(vref: PromiseVref, promise: Promise<unknown>): void {
    assert(!this.#promises.has(vref), 'Sl1: a promise gets a name that is in use')
    this.#vrefs.set(promise, vref)
    this.#promises.set(vref, promise)
  }

  keepPromise(vref: PromiseVref): void {
    assert(this.#promises.has(vref), 'Sl5: a kept promise is held under its name')
    this.#kept.add(vref)
    this.#recent.add(vref)
  }

  /** The engine is about to search the heap: kept promises are now held by their other holders only (Sl5). */
  holdKeptWeakly(): void {
    assert(this.#searched.length === 0, 'Sl5: a search of the heap begins before the last one ended')
    for (const vref of this.#kept) {
      if (this.#recent.has(vref)) continue
      const promise = this.#promises.get(vref)
      assert(promise !== undefined, 'Sl5: a kept promise is held until a search')
      this.#searched.push([vref, new WeakRef(promise)])
      this.#promises.delete(vref)
    }
    this.#recent.clear()
  }

  /**
   * The engine has searched the heap: holds the kept promises that were found, and returns the names of the
   * others.
   */
  takeForgotten(): readonly PromiseVref[] {
    const forgotten: PromiseVref[] = []
    for (const [vref, held] of this.#searched) {
      const promise = held.deref()
      if (promise !== undefined) this.#promises.set(vref, promise)
      else if (this.#kept.delete(vref)) forgotten.push(vref)
    }
    this.#searched = []
    return forgotten
  }

  /**
   * Some of the weakly held objects that were collected and not recreated, by name (Sl7). Undefined when
   * there are no more.
   */
  takeCollected(): readonly ObjectVref[] | undefined {
    if (this.#collected.size === 0) return undefined
    const gone: ObjectVref[] = []
    for (const vref of this.#someCollected()) {
      this.#collected.delete(vref)
      if (this.#weak.get(vref)?.deref() !== undefined) continue
      this.#weak.delete(vref)
      gone.push(vref)
    }
    return gone
  }

  /** The collected object is known to be dead already. */
  forgetCollected(vref: ObjectVref): void {
    if (this.#collected.delete(vref)) this.#weak.delete(vref)
  }

  /**
   * The next collected objects, in naming order. It continues where it stopped the last time, so that one
   * walk finds all of many, even with live ones between them.
   */
  #nextCollected(): readonly ObjectVref[] {
    const found: ObjectVref[] = []
    for (let walks = 0; walks < 2; walks += 1) {
      for (let next = this.#walk.next(); next.done !== true; next = this.#walk.next()) {
        const vref = next.value as ObjectVref
        if (this.#collected.has(vref) && found.push(vref) === maxCollectedTogether) return found
      }
      this.#walk = this.#weak.keys()
    }
    return found
  }

  #someCollected(): readonly ObjectVref[] {
    if (this.#collected.size > maxCollectedTogether) {
      const first = this.#nextCollected()
      // A name that was forgotten before its object was collected is no longer in any table.
      if (first.length > 0) return first
    }
    return [...this.#collected].sort()
  }
}
