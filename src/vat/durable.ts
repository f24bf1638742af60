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

export interface KindOptions<State, Self> {
  readonly finish?: (context: Context<State, Self>) => void
}

interface VatDataPowers {
  makeKindHandle(tag: string): KindHandle
  defineDurableKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
    handle: KindHandle,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindOptions<State, Facet<Methods>>,
  ): (...args: Args) => Facet<Methods>
}

declare const VatData: VatDataPowers

/** The value under the name; when there is none, what `make` gives, which is kept. */
export function provide<Value>(baggage: Baggage, name: string, make: () => Value): Value {
  if (!baggage.has(name)) baggage.init(name, make())
  return baggage.get(name) as Value
}

export const makeKindHandle = (tag: string): KindHandle => VatData.makeKindHandle(tag)

/** Defines the behaviour of the kind for this incarnation. Once for each kind, in `buildRootObject`. */
export function defineDurableKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  handle: KindHandle,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindOptions<State, Facet<Methods>>,
): (...args: Args) => Facet<Methods> {
  return VatData.defineDurableKind(handle, init, behaviour, options)
}

/** Both in one: the handle is kept in the baggage as `kind <tag>`. */
export function defineKind<State extends object, Args extends unknown[], Methods extends Behaviour<State>>(
  baggage: Baggage,
  tag: string,
  init: (...args: Args) => State,
  behaviour: Methods,
  options?: KindOptions<State, Facet<Methods>>,
): (...args: Args) => Facet<Methods> {
  return defineDurableKind(provide(baggage, `kind ${tag}`, () => makeKindHandle(tag)), init, behaviour, options)
}
