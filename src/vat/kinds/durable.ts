/**
 * Durable kinds: objects whose identity and state outlive the code.
 *
 * A kind is defined anew in every incarnation, on the handle that the first one left in the baggage.
 * `docs/kinds.md` describes kinds and their options.
 */
import type {
  Baggage,
  DefineKind,
  DefineKindMulti,
  KindHandle,
  ProvideKind,
  ProvideKindMulti,
  Swept,
} from './kindTypes.ts'

/** Without the types of one kind; authors see those of `DefineKind` and the like. */
type Maker = (...args: never[]) => object
type Define<On> = (on: On, init: Maker, behaviour: object, options?: object) => Maker
type Provide = (baggage: Baggage, tag: string, init: Maker, behaviour: object, options?: object) => Maker

interface VatDataPowers {
  makeKindHandle(tag: string): KindHandle
  findKindHandle(tag: string): KindHandle | undefined
  readonly defineKind: Define<string>
  readonly defineKindMulti: Define<string>
  readonly defineDurableKind: Define<KindHandle>
  readonly defineDurableKindMulti: Define<KindHandle>
  canBeDurable(value: unknown): boolean
  sweepKind(handle: KindHandle, budget: number): Swept
}

declare const VatData: VatDataPowers

/**
 * Returns the value under the name in the baggage; when there is none, calls `make` and keeps its result
 * there.
 *
 * ```ts
 * import { Far, makeMapStore, provide } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const names = provide(baggage, 'names', () => makeMapStore<string, bigint>('names', { durable: true }))
 *   return Far('register', { register: (name: string) => names.init(name, BigInt(names.getSize())) })
 * }
 * ```
 */
export function provide<Value>(baggage: Baggage, name: string, make: () => Value): Value {
  if (!baggage.has(name)) baggage.init(name, make())
  return baggage.get(name) as Value
}

/** Creates the handle of a new durable kind. Two handles with one tag are two kinds. */
export const makeKindHandle = (tag: string): KindHandle => VatData.makeKindHandle(tag)

/** Returns the handle that the baggage has as `kind <tag>`; creates one when there is none. */
export const provideKindHandle = (baggage: Baggage, tag: string): KindHandle =>
  provide(baggage, `kind ${tag}`, () => makeKindHandle(tag))

/**
 * Returns the handle of a durable kind that an earlier incarnation created and this one has not defined yet,
 * by its tag; the oldest of several, and undefined when there is none. For kinds whose handle is not in the
 * baggage.
 */
export const findKindHandle = (tag: string): KindHandle | undefined => VatData.findKindHandle(tag)

/** Whether durable data could refer to the value. */
export const canBeDurable = (value: unknown): boolean => VatData.canBeDurable(value)

/**
 * Migrates records of the kind to the version of the code; looks at no more than `budget` records. Call it
 * until it is finished.
 */
export const sweepKind = (handle: KindHandle, budget: number): Swept => VatData.sweepKind(handle, budget)

const durable: Define<KindHandle> = (handle, init, behaviour, options) =>
  VatData.defineDurableKind(handle, init, behaviour, options)
const durableMulti: Define<KindHandle> = (handle, init, behaviour, options) =>
  VatData.defineDurableKindMulti(handle, init, behaviour, options)
const provided: Provide = (baggage, tag, init, behaviour, options) =>
  durable(provideKindHandle(baggage, tag), init, behaviour, options)
const providedMulti: Provide = (baggage, tag, init, behaviour, options) =>
  durableMulti(provideKindHandle(baggage, tag), init, behaviour, options)
const virtual: Define<string> = (tag, init, behaviour, options) =>
  VatData.defineKind(tag, init, behaviour, options)
const virtualMulti: Define<string> = (tag, init, behaviour, options) =>
  VatData.defineKindMulti(tag, init, behaviour, options)

/**
 * Defines the behaviour of a durable kind for this incarnation: once for each kind, before `buildRootObject`
 * ends. Returns the function that creates its objects.
 */
export const defineDurableKind = durable as DefineKind<KindHandle>

/** The same for a kind whose objects have several facets over one state. */
export const defineDurableKindMulti = durableMulti as DefineKindMulti<KindHandle>

/**
 * Defines a durable kind and keeps its handle in the baggage, as `kind <tag>`.
 *
 * ```ts
 * import { Far, defineKind } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const makeCounter = defineKind(baggage, 'Counter', (start: bigint) => ({ count: start }), {
 *     add: ({ state }, by: bigint) => (state.count += by),
 *   })
 *   return Far('maker', { make: (start: bigint) => makeCounter(start) })
 * }
 * ```
 */
export const defineKind = provided as ProvideKind

/**
 * The same for a kind whose objects have several facets over one state.
 *
 * ```ts
 * import { Far, defineKindMulti } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const makeAccount = defineKindMulti(baggage, 'Account', () => ({ balance: 0n }), {
 *     owner: { deposit: ({ state }, amount: bigint) => (state.balance += amount) },
 *     viewer: { balance: ({ state }) => state.balance },
 *   })
 *   return Far('bank', { open: () => makeAccount().owner })
 * }
 * ```
 */
export const defineKindMulti = providedMulti as ProvideKindMulti

/**
 * Defines a kind whose objects end with the incarnation. Their state is in the store too, not in the heap.
 */
export const defineVirtualKind = virtual as DefineKind<string>

/** The same for a kind whose objects have several facets over one state. */
export const defineVirtualKindMulti = virtualMulti as DefineKindMulti<string>
