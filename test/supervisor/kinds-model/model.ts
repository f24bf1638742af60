/**
 * What the objects of a vat must be: plain tables, and nothing of the supervisor's ways.
 *
 * A value is named by a text: `x3.1` is facet 1 of object `x3`; `t1` an object of the other vat; `f0` an
 * object of the heap; `!2:f0` one that the other vat has still though it ended with incarnation 2.
 *
 * Mo1. An object lives as long as something refers to it: a place, a state, a value under a weak key that
 *      is there. Objects in a circle live for ever. What does not live is gone after `collect`.
 * Mo2. Durable objects, places and tables may refer to durable objects and to those of other vats.
 */
export type Name = string

export const kinds = {
  V: { durable: false, facets: 1 },
  W: { durable: false, facets: 2 },
  D: { durable: true, facets: 1 },
  E: { durable: true, facets: 2 },
} as const
export type KindName = keyof typeof kinds

export interface Thing {
  readonly id: string
  readonly kind: KindName
  n: number
  ref: Name | null
}

/**
 * Where a value can be had from, and whether only durable values may be there. `heap` ends with the
 * incarnation of its vat.
 */
export const places = {
  ram: { durable: false, heap: 'home', sort: 'slots' },
  baggage: { durable: true, heap: undefined, sort: 'slots' },
  dmap: { durable: true, heap: undefined, sort: 'slots' },
  vmap: { durable: false, heap: 'home', sort: 'slots' },
  dset: { durable: true, heap: undefined, sort: 'set' },
  vset: { durable: false, heap: 'home', sort: 'set' },
  guest: { durable: false, heap: 'guest', sort: 'slots' },
  guestBaggage: { durable: false, heap: undefined, sort: 'slots' },
} as const
export type Place = keyof typeof places
export const placeNames = Object.keys(places) as Place[]

/** Weak tables; those that are stored refuse what is not durable where they are durable. */
export const weaks = {
  weakMap: { durable: false, stored: false },
  weakSet: { durable: false, stored: false },
  dWeakMap: { durable: true, stored: true },
  vWeakMap: { durable: false, stored: true },
  dWeakSet: { durable: true, stored: true },
  vWeakSet: { durable: false, stored: true },
} as const
export type Weak = keyof typeof weaks
export const weakNames = Object.keys(weaks) as Weak[]

export const isFacet = (name: Name): boolean => name.startsWith('x')
export const isImport = (name: Name): boolean => name.startsWith('t')
export const idOf = (facet: Name): string => facet.slice(0, facet.indexOf('.'))

const tables = <Key extends string, Value>(names: readonly Key[]): Record<Key, Map<string, Value>> =>
  Object.fromEntries(names.map((name) => [name, new Map<string, Value>()])) as Record<Key, Map<string, Value>>

export class Model {
  readonly things = new Map<string, Thing>()
  /** Slot → value; in sets the slot is the value. */
  readonly places = tables<Place, Name>(placeNames)
  /** State objects that the heap holds: slot → id. */
  readonly states = new Map<string, string>()
  readonly weak = tables<Weak, Name | number>(weakNames)
  /** What the other vat knows as a weak key. */
  readonly guestWeak = new Set<Name>()
  #incarnation = 0

  thing(facet: Name): Thing {
    const found = this.things.get(idOf(facet))
    if (found === undefined) throw new Error(`the model has no ${facet}`)
    return found
  }

  isDurable(name: Name): boolean {
    return isImport(name) || (isFacet(name) && kinds[this.thing(name).kind].durable)
  }

  // --- what is done

  make(kind: KindName, id: string, n: number): Name {
    this.things.set(id, { id, kind, n, ref: null })
    return `${id}.0`
  }

  /** Whether the value may be there. */
  keep(place: Place, slot: string, name: Name): boolean {
    if (places[place].durable && !this.isDurable(name)) return false
    this.places[place].set(places[place].sort === 'set' ? name : slot, name)
    return true
  }

  refer(facet: Name, name: Name | null): boolean {
    const thing = this.thing(facet)
    if (name !== null && kinds[thing.kind].durable && !this.isDurable(name)) return false
    thing.ref = name
    return true
  }

  putWeak(weak: Weak, key: Name, value: Name | number): boolean {
    const { durable } = weaks[weak]
    const isMap = weak.endsWith('Map')
    if (durable && (!this.isDurable(key) || (isMap && typeof value === 'string' && !this.isDurable(value))))
      return false
    this.weak[weak].set(key, isMap ? value : 0)
    return true
  }

  // --- what ends

  /** The heap of the vat ends, and with it everything that is not durable. */
  upgrade(): void {
    this.states.clear()
    for (const weak of weakNames) if (!weaks[weak].durable) this.weak[weak].clear()
    this.#endHeap('home')
    for (const place of ['guest', 'guestBaggage'] as const) {
      for (const [slot, name] of this.places[place])
        if (!name.startsWith('!') && !this.isDurable(name))
          this.places[place].set(slot, `!${this.#incarnation}:${name}`)
    }
    for (const name of [...this.guestWeak]) {
      if (name.startsWith('!') || this.isDurable(name)) continue
      this.guestWeak.delete(name)
      this.guestWeak.add(`!${this.#incarnation}:${name}`)
    }
    for (const [id, { kind }] of this.things) if (!kinds[kind].durable) this.#end(id)
    this.#incarnation += 1
  }

  upgradeGuest(): void {
    this.guestWeak.clear()
    this.#endHeap('guest')
  }

  #endHeap(vat: 'home' | 'guest'): void {
    for (const place of placeNames) if (places[place].heap === vat) this.places[place].clear()
  }

  /** Mo1. */
  collect(): void {
    for (let ended = true; ended; ) {
      ended = false
      const needed = this.#needed()
      for (const id of this.things.keys()) {
        if (needed.has(id)) continue
        this.#end(id)
        ended = true
      }
    }
    const held = new Set(this.inPlaces(['guest', 'guestBaggage']))
    for (const name of [...this.guestWeak])
      if (name.startsWith('!') && !held.has(name)) this.guestWeak.delete(name)
  }

  #end(id: string): void {
    this.things.delete(id)
    for (const table of Object.values(this.weak))
      for (const key of table.keys()) if (isFacet(key) && idOf(key) === id) table.delete(key)
    for (const key of this.guestWeak) if (isFacet(key) && idOf(key) === id) this.guestWeak.delete(key)
  }

  #needed(): Set<string> {
    const ids = new Set(this.states.values())
    for (const name of [...this.inPlaces(placeNames), ...this.storedElsewhere(weakNames)])
      if (isFacet(name)) ids.add(idOf(name))
    return ids
  }

  // --- what is counted

  *inPlaces(names: readonly Place[]): Generator<Name> {
    for (const place of names) yield* this.places[place].values()
  }

  /** What states and values of weak tables refer to. */
  *storedElsewhere(names: readonly Weak[]): Generator<Name> {
    for (const { ref } of this.things.values()) if (ref !== null) yield ref
    for (const weak of names)
      for (const value of this.weak[weak].values()) if (typeof value === 'string') yield value
  }

  /** How often stored data refers to each object and each import. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    const stored = weakNames.filter((weak) => weaks[weak].stored)
    for (const name of [
      ...this.inPlaces(['baggage', 'dmap', 'vmap', 'dset', 'vset']),
      ...this.storedElsewhere(stored),
    ]) {
      if (!isFacet(name) && !isImport(name)) continue
      const id = isFacet(name) ? idOf(name) : name
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return counts
  }

  /** Imports that the vat knows, as values or as weak keys. */
  imports(): Set<Name> {
    const known = [
      ...this.inPlaces(['ram', 'baggage', 'dmap', 'vmap', 'dset', 'vset']),
      ...this.storedElsewhere(weakNames),
    ]
    for (const weak of weakNames) known.push(...this.weak[weak].keys())
    return new Set(known.filter(isImport))
  }

  /** What the other vat knows of this one. */
  exports(): Set<Name> {
    return new Set([...this.inPlaces(['guest', 'guestBaggage']), ...this.guestWeak])
  }
}
