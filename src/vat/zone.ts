/**
 * Zones: one place for what belongs together and lives as long as the baggage.
 *
 * ```ts
 * const zone = durableZone(baggage)
 * const makeAccount = zone.kind('Account', (owner: string) => ({ owner, balance: 0n }), { … })
 * const accounts = zone.mapStore<string, Account>('accounts')
 * ```
 *
 * Each heir says the same again and finds what it was left. A label is used once in each incarnation.
 */
import { makeMapStore, makeSetStore, makeWeakMapStore, makeWeakSetStore } from './collections.ts'
import type { MapStore, SetStore, StoreOptions, WeakMapStore, WeakSetStore } from './collections.ts'
import { defineKind, defineKindMulti, provide } from './durable.ts'
import type { Baggage, Behaviour, Facet, FacetsOf, KindMultiOptions, KindOptions, MultiBehaviour } from './durable.ts'

/** The shapes of a store; in a zone it is always durable. */
type Shapes = Pick<StoreOptions, 'keyShape' | 'valueShape'>

export class Zone {
  readonly #baggage: Baggage
  readonly #used = new Set<string>()

  constructor(baggage: Baggage) {
    this.#baggage = baggage
  }

  kind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindOptions<State, Facet<Methods>>,
  ): (...args: Args) => Facet<Methods> {
    this.#use(`kind ${tag}`)
    return defineKind(this.#baggage, tag, init, behaviour, options)
  }

  kindMulti<State extends object, Args extends unknown[], Methods extends MultiBehaviour<State>>(
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindMultiOptions<State, FacetsOf<Methods>>,
  ): (...args: Args) => FacetsOf<Methods> {
    this.#use(`kind ${tag}`)
    return defineKindMulti(this.#baggage, tag, init, behaviour, options)
  }

  mapStore<Key, Value>(label: string, shapes: Shapes = {}): MapStore<Key, Value> {
    return this.#store(label, () => makeMapStore<Key, Value>(label, { ...shapes, durable: true }))
  }

  setStore<Key>(label: string, shapes: Shapes = {}): SetStore<Key> {
    return this.#store(label, () => makeSetStore<Key>(label, { ...shapes, durable: true }))
  }

  weakMapStore<Key, Value>(label: string, shapes: Shapes = {}): WeakMapStore<Key, Value> {
    return this.#store(label, () => makeWeakMapStore<Key, Value>(label, { ...shapes, durable: true }))
  }

  weakSetStore<Key>(label: string, shapes: Shapes = {}): WeakSetStore<Key> {
    return this.#store(label, () => makeWeakSetStore<Key>(label, { ...shapes, durable: true }))
  }

  /** What is made once, by the first incarnation. */
  once<Value>(label: string, make: () => Value): Value {
    this.#use(`once ${label}`)
    return provide(this.#baggage, `once ${label}`, make)
  }

  /** A zone within this one, with labels of its own. */
  subZone(label: string): Zone {
    this.#use(`zone ${label}`)
    return new Zone(provide(this.#baggage, `zone ${label}`, () => makeMapStore<string, unknown>(label, { durable: true })))
  }

  #store<Store>(label: string, make: () => Store): Store {
    this.#use(`store ${label}`)
    return provide(this.#baggage, `store ${label}`, make)
  }

  #use(label: string): void {
    if (this.#used.has(label)) throw new TypeError(`the zone has ${JSON.stringify(label)} already`)
    this.#used.add(label)
  }
}

/** The zone of a vat's baggage, or of any durable map with strings as keys. */
export const durableZone = (baggage: Baggage): Zone => new Zone(baggage)
