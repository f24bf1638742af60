/**
 * Zones: one place for data that belong together and live as long as the baggage.
 *
 * ```ts
 * import { Far, durableZone } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const zone = durableZone(baggage)
 *   const makeAccount = zone.kind('Account', (owner: string) => ({ owner, balance: 0n }), { owner: ({ state
 *   }) => state.owner })
 *   const accounts = zone.mapStore<string, ReturnType<typeof makeAccount>>('accounts')
 *   return Far('bank', { open: (owner: string) => accounts.init(owner, makeAccount(owner)) })
 * }
 * ```
 *
 * Each heir makes the same calls again and finds its estate. Use a label once in each incarnation.
 */
import {
  makeMapStore,
  makeSetStore,
  makeWeakMapStore,
  makeWeakSetStore,
  type MapStore,
  type SetStore,
  type StoreOptions,
  type WeakMapStore,
  type WeakSetStore,
} from './collections.ts'
import { defineKind, defineKindMulti, provide } from './durable.ts'
import type {
  Baggage,
  Behaviour,
  Facet,
  FacetsOf,
  KindMultiOptions,
  KindOptions,
  MultiBehaviour,
} from './kindTypes.ts'

/** The shapes of a store; in a zone it is always durable. */
type Shapes = Pick<StoreOptions, 'keyShape' | 'valueShape'>

/** Kinds and stores that live as long as a baggage; see `durableZone`. */
export class Zone {
  readonly #baggage: Baggage
  readonly #used = new Set<string>()

  constructor(baggage: Baggage) {
    this.#baggage = baggage
  }

  /** A durable kind, as `defineKind` makes it. */
  kind<
    State extends object,
    Args extends unknown[],
    Methods extends Behaviour<State>,
    Version extends number,
    Old,
  >(
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindOptions<State, Facet<Methods>, Version, Old>,
  ): (...args: Args) => Facet<Methods> {
    this.#use(`kind ${tag}`)
    return defineKind(this.#baggage, tag, init, behaviour, options)
  }

  /** The same with several facets. */
  kindMulti<
    State extends object,
    Args extends unknown[],
    Methods extends MultiBehaviour<State>,
    Version extends number,
    Old,
  >(
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindMultiOptions<State, FacetsOf<Methods>, Version, Old>,
  ): (...args: Args) => FacetsOf<Methods> {
    this.#use(`kind ${tag}`)
    return defineKindMulti(this.#baggage, tag, init, behaviour, options)
  }

  /** A durable map. */
  mapStore<Key, Value>(label: string, shapes: Shapes = {}): MapStore<Key, Value> {
    return this.#store(label, () => makeMapStore<Key, Value>(label, { ...shapes, durable: true }))
  }

  /** A durable set. */
  setStore<Key>(label: string, shapes: Shapes = {}): SetStore<Key> {
    return this.#store(label, () => makeSetStore<Key>(label, { ...shapes, durable: true }))
  }

  /** A durable weak map. */
  weakMapStore<Key, Value>(label: string, shapes: Shapes = {}): WeakMapStore<Key, Value> {
    return this.#store(label, () => makeWeakMapStore<Key, Value>(label, { ...shapes, durable: true }))
  }

  /** A durable weak set. */
  weakSetStore<Key>(label: string, shapes: Shapes = {}): WeakSetStore<Key> {
    return this.#store(label, () => makeWeakSetStore<Key>(label, { ...shapes, durable: true }))
  }

  /** Returns what `make` returned in the first incarnation. */
  once<Value>(label: string, make: () => Value): Value {
    this.#use(`once ${label}`)
    return provide(this.#baggage, `once ${label}`, make)
  }

  /** A zone within this one, with labels of its own. */
  subZone(label: string): Zone {
    this.#use(`zone ${label}`)
    return new Zone(
      provide(this.#baggage, `zone ${label}`, () => makeMapStore<string, unknown>(label, { durable: true })),
    )
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

/** Makes the zone of a vat's baggage, or of any durable map with strings as keys. */
export const durableZone = (baggage: Baggage): Zone => new Zone(baggage)
