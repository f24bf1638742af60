/**
 * The export and import tables of a vat: which value has which name.
 *
 * Sl1. A value has one vref as long as the vref lives, and a vref one value.
 * Sl2. Ephemeral exports are held strongly: somebody else may send to them.
 * Sl3. Presences and representatives of durable objects are held weakly: their state is elsewhere,
 *      and they are made again when they are needed.
 * Sl4. A presence that was collected is remembered until `bringOutYourDead` tells the kernel; when
 *      its object comes back in between, it is not dead.
 * Sl5. Promises are held until they are settled.
 * Sl6. A collected import under which a weak collection has an entry is dropped, not retired: its
 *      object may be sent again, and must be found again. It is retired when no entry is left.
 */
import { exportedObject, vatPromise, isDurableVref } from '../base/ids.ts'
import type { ObjectVref, PromiseVref, Vref } from '../base/ids.ts'

export class Slots {
  readonly #vrefs = new WeakMap<object, Vref>()
  readonly #exports = new Map<Vref, object>()
  readonly #weak = new Map<Vref, WeakRef<object>>()
  readonly #promises = new Map<Vref, Promise<unknown>>()
  readonly #collected = new Set<ObjectVref>()
  readonly #registry = new FinalizationRegistry<ObjectVref>((vref) => this.#collected.add(vref))
  /** How many weak collections have an entry under the import (Sl6). */
  readonly #recognised = new Map<string, number>()
  /** Told to the kernel as dropped, not yet as retired. */
  readonly #dropped = new Set<ObjectVref>()
  #nextExport = 1
  #nextPromise = 1

  vrefOf(value: object): Vref | undefined {
    return this.#vrefs.get(value)
  }

  valueOf(vref: Vref): object | undefined {
    return this.#promises.get(vref) ?? this.#exports.get(vref) ?? this.#weak.get(vref)?.deref()
  }

  /** Names an object that leaves the vat for the first time. */
  exportObject(value: object): ObjectVref {
    const vref = exportedObject(this.#nextExport++)
    this.exportAs(vref, value)
    return vref
  }

  exportAs(vref: ObjectVref, value: object): void {
    this.#vrefs.set(value, vref)
    this.#exports.set(vref, value)
  }

  /** Nobody else can reach the export; it lives on only as long as the vat itself holds it. */
  releaseExport(vref: ObjectVref): void {
    const value = this.#exports.get(vref)
    if (value === undefined) return
    this.#exports.delete(vref)
    this.#weak.set(vref, new WeakRef(value))
  }

  forget(vref: Vref): void {
    const value = this.valueOf(vref)
    if (value !== undefined) this.#vrefs.delete(value)
    this.#exports.delete(vref)
    this.#weak.delete(vref)
    this.#promises.delete(vref)
    this.#dropped.delete(vref as ObjectVref)
  }

  /** A presence, or a representative of a durable object (Sl3). */
  holdWeakly(vref: ObjectVref, value: object): void {
    this.#vrefs.set(value, vref)
    this.#weak.set(vref, new WeakRef(value))
    this.#dropped.delete(vref)
    if (!isDurableVref(vref)) this.#registry.register(value, vref)
  }

  namePromise(promise: Promise<unknown>): PromiseVref {
    const vref = vatPromise(this.#nextPromise++)
    this.holdPromise(vref, promise)
    return vref
  }

  holdPromise(vref: PromiseVref, promise: Promise<unknown>): void {
    this.#vrefs.set(promise, vref)
    this.#promises.set(vref, promise)
  }

  recognise(vref: string): void {
    this.#recognised.set(vref, (this.#recognised.get(vref) ?? 0) + 1)
  }

  forgetRecognised(vref: string): void {
    const count = (this.#recognised.get(vref) ?? 0) - 1
    if (count > 0) this.#recognised.set(vref, count)
    else this.#recognised.delete(vref)
  }

  /** The imports that were collected since the last call, but for those to keep; and those that nothing recognises either (Sl6). */
  takeDead(isKept: (vref: ObjectVref) => boolean): { readonly dropped: ObjectVref[]; readonly retired: ObjectVref[] } {
    const dropped: ObjectVref[] = []
    for (const vref of this.#collected) {
      if (this.#weak.get(vref)?.deref() !== undefined) continue
      this.#weak.delete(vref)
      if (!isKept(vref)) dropped.push(vref)
    }
    this.#collected.clear()
    for (const vref of dropped) this.#dropped.add(vref)
    const retired = [...this.#dropped].filter((vref) => !this.#recognised.has(vref))
    for (const vref of retired) this.#dropped.delete(vref)
    return { dropped: dropped.sort(), retired: retired.sort() }
  }
}
