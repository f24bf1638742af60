/**
 * Durable kinds: objects whose identity and state outlive the code.
 *
 * A kind is defined in every incarnation anew, on the handle that the first one left in the baggage:
 *
 * ```ts
 * const makeCounter = defineKind(baggage, 'Counter', (start: bigint) => ({ count: start }), {
 *   add: ({ state }, by: bigint) => (state.count += by),
 * })
 * ```
 */
import type { MapStore } from './collections.ts'

/** A durable map store: what a vat leaves to its heirs. Keys are strings; values durable. */
export type Baggage = MapStore<string, unknown>

declare const kindHandle: unique symbol
export interface KindHandle {
  readonly [kindHandle]: true
}

/** What a method gets before its arguments. Assigning to `state` is durable at the end of the crank. */
export interface Context<State, Self> {
  readonly state: State
  readonly self: Self
}

/** The methods of a kind, as their author writes them. */
export type Behaviour<State> = Record<string, (context: Context<State, object>, ...args: never[]) => unknown>

/** The methods of a kind, as those who hold an object see them: without the context. */
export type Facet<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (context: never, ...args: infer Args) => infer Result
    ? (...args: Args) => Result
    : never
}

/** What a method of a multi-facet kind gets before its arguments. */
export interface MultiContext<State, Facets> {
  readonly state: State
  readonly facets: Facets
}

/** The methods of each facet, as their author writes them. */
export type MultiBehaviour<State> = Record<string, Record<string, (context: MultiContext<State, Record<string, object>>, ...args: never[]) => unknown>>

/** The record of facets that a maker gives. */
export type FacetsOf<Methods> = { readonly [Name in keyof Methods]: Facet<Methods[Name]> }

/** What all kinds have; `docs/kinds.md` explains each. */
interface CommonOptions {
  /** Field → pattern, checked when an object is made and at each assignment. */
  readonly stateShape?: Readonly<Record<string, unknown>>
  readonly receiveInstanceTester?: (isInstance: (value: unknown, facet?: string) => boolean) => void
}

/** What durable kinds have besides. */
interface VersionOptions {
  /** 1 when it is not given. */
  readonly stateVersion?: number
  /** Old version → a pure function from the state of that version to that of the next. */
  readonly migrate?: Readonly<Record<number, (state: never) => object>>
}

export interface VirtualKindOptions<State, Self> extends CommonOptions {
  readonly finish?: (context: Context<State, Self>) => void
  readonly interfaceGuard?: unknown
}
export interface VirtualKindMultiOptions<State, Facets> extends CommonOptions {
  readonly finish?: (context: MultiContext<State, Facets>) => void
  readonly interfaceGuardKit?: Readonly<Record<string, unknown>>
  readonly receiveAmplifier?: (amplify: (facet: unknown) => Facets) => void
}
export interface KindOptions<State, Self> extends VirtualKindOptions<State, Self>, VersionOptions {}
export interface KindMultiOptions<State, Facets> extends VirtualKindMultiOptions<State, Facets>, VersionOptions {}

/** What a sweep did in one call. */
export interface Swept {
  readonly updated: number
  readonly failed: number
  readonly finished: boolean
}

/** How a kind is defined: on a handle when it is durable, on a tag when it is virtual. */
type Define<On> = <State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  on: On,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindOptions<State, Facet<Methods>>,
) => (...args: Args) => Facet<Methods>
type DefineMulti<On> = <State extends object, Args extends unknown[], Methods extends MultiBehaviour<State>>(
  on: On,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindMultiOptions<State, FacetsOf<Methods>>,
) => (...args: Args) => FacetsOf<Methods>

interface VatDataPowers {
  makeKindHandle(tag: string): KindHandle
  findKindHandle(tag: string): KindHandle | undefined
  readonly defineKind: Define<string>
  readonly defineKindMulti: DefineMulti<string>
  readonly defineDurableKind: Define<KindHandle>
  readonly defineDurableKindMulti: DefineMulti<KindHandle>
  canBeDurable(value: unknown): boolean
  sweepKind(handle: KindHandle, budget: number): Swept
}

declare const VatData: VatDataPowers

/** The value under the name; when there is none, what `make` gives, which is kept. */
export function provide<Value>(baggage: Baggage, name: string, make: () => Value): Value {
  if (!baggage.has(name)) baggage.init(name, make())
  return baggage.get(name) as Value
}

export const makeKindHandle = (tag: string): KindHandle => VatData.makeKindHandle(tag)

/** The handle that the baggage has as `kind <tag>`; made when there is none. */
export const provideKindHandle = (baggage: Baggage, tag: string): KindHandle => provide(baggage, `kind ${tag}`, () => makeKindHandle(tag))

/**
 * The handle of a durable kind that an earlier incarnation made and this one has not defined yet, by its tag; of
 * several the oldest, and undefined when there is none. For kinds whose handle is not in the baggage.
 */
export const findKindHandle = (tag: string): KindHandle | undefined => VatData.findKindHandle(tag)

/** Whether durable data could refer to the value. */
export const canBeDurable = (value: unknown): boolean => VatData.canBeDurable(value)

/** Brings records of the kind to the version of the code; looks at no more of them than the budget says. */
export const sweepKind = (handle: KindHandle, budget: number): Swept => VatData.sweepKind(handle, budget)

/** Defines the behaviour of the kind for this incarnation. Once for each kind, in `buildRootObject`. */
export function defineDurableKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  handle: KindHandle,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindOptions<State, Facet<Methods>>,
): (...args: Args) => Facet<Methods> {
  return VatData.defineDurableKind(handle, init, behaviour, options)
}

/** The same for a kind whose objects have several facets over one state. */
export function defineDurableKindMulti<State extends object, Args extends unknown[], Methods extends MultiBehaviour<State>>(
  handle: KindHandle,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindMultiOptions<State, FacetsOf<Methods>>,
): (...args: Args) => FacetsOf<Methods> {
  return VatData.defineDurableKindMulti(handle, init, behaviour, options)
}

/** Both in one: the handle is kept in the baggage as `kind <tag>`. */
export function defineKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  baggage: Baggage,
  tag: string,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindOptions<State, Facet<Methods>>,
): (...args: Args) => Facet<Methods> {
  return defineDurableKind(provideKindHandle(baggage, tag), init, behaviour, options)
}

/** Both in one, with several facets. */
export function defineKindMulti<State extends object, Args extends unknown[], Methods extends MultiBehaviour<State>>(
  baggage: Baggage,
  tag: string,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindMultiOptions<State, FacetsOf<Methods>>,
): (...args: Args) => FacetsOf<Methods> {
  return defineDurableKindMulti(provideKindHandle(baggage, tag), init, behaviour, options)
}

/** A kind whose objects end with the incarnation. Their state is in the store too, not in the heap. */
export function defineVirtualKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  tag: string,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: VirtualKindOptions<State, Facet<Methods>>,
): (...args: Args) => Facet<Methods> {
  return VatData.defineKind(tag, init, behaviour, options)
}

export function defineVirtualKindMulti<State extends object, Args extends unknown[], Methods extends MultiBehaviour<State>>(
  tag: string,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: VirtualKindMultiOptions<State, FacetsOf<Methods>>,
): (...args: Args) => FacetsOf<Methods> {
  return VatData.defineKindMulti(tag, init, behaviour, options)
}
