/**
 * `WeakMap` and `WeakSet` for vats: keyed by what an object is, not by where it is.
 *
 * A presence or a durable object may be collected and made again; to the vat it is the same object,
 * so an entry under it is found again. Such an entry lives as long as its collection.
 */
import type { Slots } from './slots.ts'

type Keyed = (key: object) => string | undefined

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The two tables behind a weak collection: by name for what can be made again, by object for the rest. */
class Entries<Value> {
  readonly #named = new Map<string, Value>()
  readonly #others = new WeakMap<object, Value>()
  readonly #keyOf: Keyed

  constructor(keyOf: Keyed) {
    this.#keyOf = keyOf
  }

  has(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#keyOf(key)
    return name === undefined ? this.#others.has(key) : this.#named.has(name)
  }

  get(key: unknown): Value | undefined {
    if (!isObject(key)) return undefined
    const name = this.#keyOf(key)
    return name === undefined ? this.#others.get(key) : this.#named.get(name)
  }

  set(key: unknown, value: Value): void {
    if (!isObject(key)) throw new TypeError('a key of a weak collection is an object')
    const name = this.#keyOf(key)
    if (name === undefined) this.#others.set(key, value)
    else this.#named.set(name, value)
  }

  delete(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#keyOf(key)
    return name === undefined ? this.#others.delete(key) : this.#named.delete(name)
  }
}

export function makeWeakCollections(slots: Slots): { WeakMap: unknown; WeakSet: unknown } {
  /** Only names of things that can be made again; an ephemeral object is its own identity. */
  const keyOf: Keyed = (key) => {
    const vref = slots.vrefOf(key)
    return vref !== undefined && (vref.startsWith('o-') || vref.startsWith('o+d')) ? vref : undefined
  }

  class VatWeakMap {
    readonly #entries = new Entries<unknown>(keyOf)
    constructor(initial: Iterable<readonly [object, unknown]> = []) {
      for (const [key, value] of initial ?? []) this.#entries.set(key, value)
    }
    has(key: unknown): boolean { return this.#entries.has(key) }
    get(key: unknown): unknown { return this.#entries.get(key) }
    set(key: unknown, value: unknown): this { this.#entries.set(key, value); return this }
    delete(key: unknown): boolean { return this.#entries.delete(key) }
    get [Symbol.toStringTag](): string { return 'WeakMap' }
  }

  class VatWeakSet {
    readonly #entries = new Entries<true>(keyOf)
    constructor(initial: Iterable<object> = []) {
      for (const key of initial ?? []) this.#entries.set(key, true)
    }
    has(key: unknown): boolean { return this.#entries.has(key) }
    add(key: unknown): this { this.#entries.set(key, true); return this }
    delete(key: unknown): boolean { return this.#entries.delete(key) }
    get [Symbol.toStringTag](): string { return 'WeakSet' }
  }

  return { WeakMap: VatWeakMap, WeakSet: VatWeakSet }
}
