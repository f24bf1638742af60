/**
 * The types of kinds: for their authors, and for holders of their objects.
 *
 * A method of a kind takes a *context* before its arguments. TypeScript infers the arguments and results of
 * the methods from their source, but cannot infer the types of `self` or `facets` in the context from the
 * same source: there they are plain objects. Where a method calls another through `self`, declare the facet
 * first:
 *
 * ```ts
 * import { Far, defineKind } from 'heirloom/vat'
 * import type { BuildRootObject, KindMethods } from 'heirloom/vat'
 *
 * interface Counter {
 *   add(by: bigint): bigint
 *   addTwice(by: bigint): bigint
 * }
 *
 * const counterMethods: KindMethods<{ count: bigint }, Counter> = {
 *   add: ({ state }, by) => (state.count += by),
 *   addTwice({ self }, by) {
 *     self.add(by)
 *     return self.add(by)
 *   },
 * }
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const makeCounter = defineKind(baggage, 'Counter', (count: bigint) => ({ count }), counterMethods)
 *   return Far('maker', { make: (count: bigint): Counter => makeCounter(count) })
 * }
 * ```
 */
import type { MapStore } from './collections.ts'
import type { InterfaceGuard, Pattern } from './matchers.ts'

/** A durable map store: the data that a vat leaves to its heirs. Keys are strings; values must be durable. */
export type Baggage = MapStore<string, unknown>

declare const kindHandle: unique symbol

/** Identifies a durable kind across all incarnations. Keep it in the baggage. */
export interface KindHandle {
  readonly [kindHandle]: true
}

/**
 * The first parameter of a method. An assignment to a field of `state` is durable at the end of the crank.
 */
export interface Context<State, Self> {
  readonly state: State
  /** The object that was called. */
  readonly self: Self
}

/** The first parameter of a method of a multi-facet kind. */
export interface MultiContext<State, Facets> {
  readonly state: State
  /** All facets of the object that was called. */
  readonly facets: Facets
}

/**
 * The methods of a kind for a previously declared facet:
 * `const methods: KindMethods<State, Counter> = { … }`.
 */
export type KindMethods<State, Self> = MethodsWith<Context<State, Self>, Self>

/**
 * The same for a multi-facet kind: `const methods: KindFacets<State, { owner: Owner; viewer: Viewer }> = { …
 * }`.
 */
export type KindFacets<State, Facets> = {
  readonly [Name in keyof Facets]: MethodsWith<MultiContext<State, Copied<Facets>>, Facets[Name]>
}

/** The same properties. An interface would not be assignable where a record of objects is required. */
type Copied<T> = { readonly [Name in keyof T]: T[Name] }

type MethodsWith<Given, Self> = {
  readonly [Name in keyof Self]: Self[Name] extends (...args: infer Args) => infer Result
    ? (context: Given, ...args: Args) => Result
    : never
}

/** As a method, not as a function: so a context whose `self` has a more specific type is accepted too. */
type MethodOf<Given> = { method(context: Given, ...args: never[]): unknown }['method']

/** The methods of a kind, as their author writes them. */
export type Behaviour<State> = Record<string, MethodOf<Context<State, object>>>

/** The methods of each facet, as their author writes them. */
export type MultiBehaviour<State> = Record<
  string,
  Record<string, MethodOf<MultiContext<State, Record<string, object>>>>
>

/** The methods of a kind, as seen by holders of its objects: without the context. */
export type Facet<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (
    context: never,
    ...args: infer Args
  ) => infer Result
    ? (...args: Args) => Result
    : never
}

/** The record of facets that a maker returns. */
export type FacetsOf<Methods> = { readonly [Name in keyof Methods]: Facet<Methods[Name]> }

/** The state of an older version, as passed to a migration, when its author does not specify more. */
export type OldRecord = Readonly<Record<string, unknown>>

/** Options of all kinds; `docs/kinds.md` explains each. */
export interface CommonKindOptions {
  /** Field → pattern, checked when an object is created and at each assignment. */
  readonly stateShape?: Readonly<Record<string, Pattern>>
  /** Receives a function that reports whether a value is an object of this kind, or that facet of one. */
  readonly receiveInstanceTester?: (isInstance: (value: unknown, facet?: string) => boolean) => void
}

/** Options of kinds with one facet. */
export interface VirtualKindOptions<State, Self> extends CommonKindOptions {
  /** Called right after an object was created. */
  readonly finish?: (context: Context<State, Self>) => void
  /** Checks arguments and results. */
  readonly interfaceGuard?: InterfaceGuard | undefined
}

/** Options of kinds with several facets. */
export interface VirtualKindMultiOptions<State, Facets> extends CommonKindOptions {
  /** Called right after an object was created. */
  readonly finish?: (context: MultiContext<State, Facets>) => void
  /** Facet → guard. */
  readonly interfaceGuardKit?: { readonly [Name in keyof Facets]?: InterfaceGuard | undefined }
  /** Receives a function from any facet of an object to all of them. */
  readonly receiveAmplifier?: (amplify: (facet: unknown) => Facets) => void
}

/**
 * State versions of a durable kind.
 *
 * `Old` has the state of each older version. It is inferred from the parameters of the steps; a step without
 * a parameter type receives a record of unknown values. The last step returns the present state, which the
 * compiler checks when `stateVersion` is a literal.
 */
export interface VersionOptions<State, Version extends number, Old> {
  /** Default 1. */
  readonly stateVersion?: Version
  /** Old version → a pure function from the state of that version to that of the next. */
  readonly migrate?: {
    readonly [From in keyof Old]: (state: Old[From] & OldRecord) => Migrated<State, Version, From>
  }
}

/** Keys of a record may be numbers or texts. */
type Migrated<
  State,
  Version extends number,
  From,
> = `${From & (string | number)}` extends `${Before<Version>}` ? State : object

/**
 * The number before a literal, up to 1,000, by the lengths of tuples; never for a number that is not a
 * literal.
 */
type Before<Version extends number, Counted extends readonly unknown[] = []> =
  number extends Version ? never
  : [...Counted, unknown]['length'] extends Version ? Counted['length']
  : Counted['length'] extends 999 ? never
  : Before<Version, [...Counted, unknown]>

/** Options of durable kinds with one facet. */
export interface KindOptions<State, Self, Version extends number = number, Old = Record<number, never>>
  extends VirtualKindOptions<State, Self>, VersionOptions<State, Version, Old> {}

/** Options of durable kinds with several facets. */
export interface KindMultiOptions<State, Facets, Version extends number = number, Old = Record<number, never>>
  extends VirtualKindMultiOptions<State, Facets>, VersionOptions<State, Version, Old> {}

/** Methods take no context: it is `this`. */
export interface Thisful {
  /** Arguments and results must then be passable, guard or not. */
  readonly thisfulMethods: true
}

/** The result of one call of a sweep. */
export interface Swept {
  readonly updated: number
  readonly failed: number
  readonly finished: boolean
}

/** How a kind is defined: on a handle if durable, on a tag if virtual. The first form is for `this`. */
export interface DefineKind<On> {
  <State extends object, Args extends unknown[], Self extends object, Version extends number, Old>(
    on: On,
    init: (...args: Args) => State,
    behaviour: Self & ThisType<Context<State, Self>>,
    options: KindOptions<State, Self, Version, Old> & Thisful,
  ): (...args: Args) => Self
  <
    State extends object,
    Args extends unknown[],
    Methods extends Behaviour<State>,
    Version extends number,
    Old,
  >(
    on: On,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindOptions<State, Facet<Methods>, Version, Old>,
  ): (...args: Args) => Facet<Methods>
}

/** The same for kinds with several facets. */
export interface DefineKindMulti<On> {
  <State extends object, Args extends unknown[], Facets extends object, Version extends number, Old>(
    on: On,
    init: (...args: Args) => State,
    behaviour: Facets & ThisType<MultiContext<State, Facets>>,
    options: KindMultiOptions<State, Facets, Version, Old> & Thisful,
  ): (...args: Args) => Facets
  <
    State extends object,
    Args extends unknown[],
    Methods extends MultiBehaviour<State>,
    Version extends number,
    Old,
  >(
    on: On,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindMultiOptions<State, FacetsOf<Methods>, Version, Old>,
  ): (...args: Args) => FacetsOf<Methods>
}

/** How a kind is defined with its handle kept in a baggage, as `kind <tag>`. */
export interface ProvideKind {
  <State extends object, Args extends unknown[], Self extends object, Version extends number, Old>(
    baggage: Baggage,
    tag: string,
    init: (...args: Args) => State,
    behaviour: Self & ThisType<Context<State, Self>>,
    options: KindOptions<State, Self, Version, Old> & Thisful,
  ): (...args: Args) => Self
  <
    State extends object,
    Args extends unknown[],
    Methods extends Behaviour<State>,
    Version extends number,
    Old,
  >(
    baggage: Baggage,
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindOptions<State, Facet<Methods>, Version, Old>,
  ): (...args: Args) => Facet<Methods>
}

/** The same for kinds with several facets. */
export interface ProvideKindMulti {
  <State extends object, Args extends unknown[], Facets extends object, Version extends number, Old>(
    baggage: Baggage,
    tag: string,
    init: (...args: Args) => State,
    behaviour: Facets & ThisType<MultiContext<State, Facets>>,
    options: KindMultiOptions<State, Facets, Version, Old> & Thisful,
  ): (...args: Args) => Facets
  <
    State extends object,
    Args extends unknown[],
    Methods extends MultiBehaviour<State>,
    Version extends number,
    Old,
  >(
    baggage: Baggage,
    tag: string,
    init: (...args: Args) => State,
    behaviour: Methods,
    options?: KindMultiOptions<State, FacetsOf<Methods>, Version, Old>,
  ): (...args: Args) => FacetsOf<Methods>
}
