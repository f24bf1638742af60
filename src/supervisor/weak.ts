/**
 * `WeakMap` and `WeakSet` for vats: keyed by what an object is, not by where it is.
 *
 * A presence or a durable object may be collected and made again; to the vat it is the same object,
 * so an entry under it is found again. Such an entry lives as long as its collection, and the
 * kernel keeps the name for as long (Sl6).
 */
import type { Slots } from './slots.ts'

/** How entries are told apart, and who is to know of them. */
interface Names {
  /** The name of what can be made again; an ephemeral object is its own identity. */
  keyOf(key: object): string | undefined
  begin(name: string): void
  end(name: string): void
  /** When the collection is collected itself, all its names end. */
  endWith(collection: object, names: ReadonlySet<string>): void
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The two tables behind a weak collection: by name for what can be made again, by object for the rest. */
class Entries<Value> {
  readonly #named = new Map<string, Value>()
  /** The keys of `#named`, apart: who waits for the end of the collection must not hold its values. */
  readonly #held = new Set<string>()
  readonly #others = new WeakMap<object, Value>()
  readonly #names: Names

  constructor(names: Names) {
    this.#names = names
    names.endWith(this, this.#held)
  }

  has(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#names.keyOf(key)
    return name === undefined ? this.#others.has(key) : this.#named.has(name)
  }

  get(key: unknown): Value | undefined {
    if (!isObject(key)) return undefined
    const name = this.#names.keyOf(key)
    return name === undefined ? this.#others.get(key) : this.#named.get(name)
  }

  set(key: unknown, value: Value): void {
    if (!isObject(key)) throw new TypeError('a key of a weak collection is an object')
    const name = this.#names.keyOf(key)
    if (name === undefined) {
      this.#others.set(key, value)
      return
    }
    this.#named.set(name, value)
    if (this.#held.has(name)) return
    this.#held.add(name)
    this.#names.begin(name)
  }

  delete(key: unknown): boolean {
    if (!isObject(key)) return false
    const name = this.#names.keyOf(key)
    if (name === undefined) return this.#others.delete(key)
    if (this.#held.delete(name)) this.#names.end(name)
    return this.#named.delete(name)
  }
}

export function makeWeakCollections(slots: Slots): { WeakMap: unknown; WeakSet: unknown } {
  const ended = new FinalizationRegistry<ReadonlySet<string>>((held) => {
    for (const name of held) slots.forgetRecognised(name)
  })
  const names: Names = {
    keyOf(key) {
      const vref = slots.vrefOf(key)
      return vref !== undefined && (vref.startsWith('o-') || vref.startsWith('o+d')) ? vref : undefined
    },
    begin: (name) => slots.recognise(name),
    end: (name) => slots.forgetRecognised(name),
    endWith: (collection, held) => ended.register(collection, held),
  }

  class VatWeakMap {
    readonly #entries = new Entries<unknown>(names)
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
    readonly #entries = new Entries<true>(names)
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
