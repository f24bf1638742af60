/**
 * `WeakMap` and `WeakSet` for vats: keyed by the identity of an object, not by its place in the heap.
 *
 * A presence or a stored object may be collected and recreated; to the vat it is the same object, so an entry
 * under it is found again. Such an entry is under the object's name.
 *
 * We1. An entry under a name ends when the object no longer exists, or with its collection.
 * We2. None of this is visible: user code cannot observe when the engine collects.
 */
import { assert } from '../../base/errors.ts'
import { isObject } from '../../base/guards.ts'
import { allocatorOf, isObjectVref, isStoredVref, type ObjectVref } from '../../base/ids.ts'
import type { Recognizer, References } from './references.ts'
import type { Slots } from '../wire/slots.ts'

interface Parts {
  readonly slots: Slots
  readonly references: References
  /** Cleans up after collections that were garbage-collected. */
  readonly registry: FinalizationRegistry<Names<unknown>>
}

/** The names under which a collection has entries; registered as a recognizer while they exist. */
class Names<Value> implements Recognizer {
  /** Not held by its recognizer, so that entries that lead to their own collection are collected with it. */
  readonly #entries: WeakRef<Map<ObjectVref, Value>>
  readonly #references: References
  readonly #names = new Set<ObjectVref>()

  constructor(entries: Map<ObjectVref, Value>, references: References) {
    this.#entries = new WeakRef(entries)
    this.#references = references
  }

  get size(): number {
    return this.#names.size
  }

  add(name: ObjectVref): void {
    if (this.#names.has(name)) return
    this.#names.add(name)
    this.#references.recognize(name, this)
  }

  remove(name: ObjectVref): void {
    if (this.#names.delete(name)) this.#references.unrecognize(name, this)
  }

  forget(name: ObjectVref): void {
    this.#names.delete(name)
    this.#entries.deref()?.delete(name)
  }

  /** The collection was garbage-collected. */
  clear(): void {
    for (const name of [...this.#names]) this.remove(name)
  }
}

/**
 * The two tables behind a weak collection: by name for objects that can be recreated, by object for the rest.
 */
class Entries<Value> {
  readonly #parts: Parts
  readonly #others = new WeakMap<object, Value>()
  #named: Map<ObjectVref, Value> | undefined
  #names: Names<Value> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  has(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#nameOf(key)
    return name === undefined ? this.#others.has(key) : this.#named?.has(name) === true
  }

  get(key: unknown): Value | undefined {
    if (!isObject(key)) return undefined
    const name = this.#nameOf(key)
    return name === undefined ? this.#others.get(key) : this.#named?.get(name)
  }

  /** `owner`: the collection that the vat holds. */
  set(key: unknown, value: Value, owner: object): void {
    if (!isObject(key)) throw new TypeError('a key of a weak collection is an object')
    const name = this.#nameOf(key)
    if (name === undefined) this.#others.set(key, value)
    else this.#setNamed(name, value, owner)
  }

  delete(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#nameOf(key)
    if (name === undefined) return this.#others.delete(key)
    this.#names?.remove(name)
    return this.#named?.delete(name) === true
  }

  #setNamed(name: ObjectVref, value: Value, owner: object): void {
    const named = (this.#named ??= new Map())
    if (this.#names === undefined) {
      this.#names = new Names(named, this.#parts.references)
      this.#parts.registry.register(owner, this.#names)
    }
    named.set(name, value)
    this.#names.add(name)
    assert(this.#names.size === named.size, 'We1: each entry under a name is registered')
  }

  /**
   * Only an object that can be recreated has its entry under its name; an ephemeral object is its own
   * identity.
   */
  #nameOf(key: object): ObjectVref | undefined {
    const vref = this.#parts.slots.vrefOf(key)
    if (vref === undefined || !isObjectVref(vref)) return undefined
    return allocatorOf(vref) === 'kernel' || isStoredVref(vref) ? vref : undefined
  }
}

export function makeWeakCollections(
  slots: Slots,
  references: References,
): { WeakMap: unknown; WeakSet: unknown } {
  const parts: Parts = { slots, references, registry: new FinalizationRegistry((names) => names.clear()) }

  class VatWeakMap {
    readonly #entries = new Entries<unknown>(parts)
    constructor(initial: Iterable<readonly [object, unknown]> | null = []) {
      for (const [key, value] of initial ?? []) this.set(key, value)
    }
    has(key: unknown): boolean { return this.#entries.has(key) }
    get(key: unknown): unknown { return this.#entries.get(key) }
    set(key: unknown, value: unknown): this { this.#entries.set(key, value, this); return this }
    delete(key: unknown): boolean { return this.#entries.delete(key) }
    get [Symbol.toStringTag](): string { return 'WeakMap' }
  }

  class VatWeakSet {
    readonly #entries = new Entries<true>(parts)
    constructor(initial: Iterable<object> | null = []) {
      for (const key of initial ?? []) this.add(key)
    }
    has(key: unknown): boolean { return this.#entries.has(key) }
    add(key: unknown): this { this.#entries.set(key, true, this); return this }
    delete(key: unknown): boolean { return this.#entries.delete(key) }
    get [Symbol.toStringTag](): string { return 'WeakSet' }
  }

  return { WeakMap: VatWeakMap, WeakSet: VatWeakSet }
}
