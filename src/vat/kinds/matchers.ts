/**
 * The types of `M`. They are our own, so that a project that uses Heirloom does not need the types of the
 * libraries inside the worker. https://docs.endojs.org (`@endo/patterns`) documents each matcher.
 */

/** A pattern, such as `M.string()` or `M.gte(5n)`; a value that is not a matcher is the pattern of itself. */
export type Pattern = unknown

/** A pattern with its own rule. */
export interface Matcher {
  readonly [Symbol.toStringTag]: string
}

/** Makes the methods of a kind check their arguments and results. */
export interface InterfaceGuard {
  readonly [Symbol.toStringTag]: 'guard:interfaceGuard'
}

/** The arguments and result of one method. */
export interface MethodGuard {
  readonly [Symbol.toStringTag]: 'guard:methodGuard'
}

/** An argument that is awaited before the method is called. */
export interface AwaitArgGuard {
  readonly [Symbol.toStringTag]: 'guard:awaitArgGuard'
}

/** An argument or a result that is not checked and not hardened. */
export interface RawGuard {
  readonly [Symbol.toStringTag]: 'guard:rawGuard'
}

/** The end of a method's guard: its result; `undefined` if absent. */
export interface Returning {
  returns(result?: Pattern): MethodGuard
}

/** Arguments beyond the listed ones: all match this pattern, as a list. */
export interface Resting extends Returning {
  rest(others: Pattern): Returning
}

/** Arguments that may be left out. */
export interface MethodGuardMaker extends Resting {
  optional(...args: readonly Pattern[]): Resting
}

/** Limits on the size of matched data; each has a default of some hundreds or thousands. */
export interface Limits {
  readonly decimalDigitsLimit?: number
  readonly stringLengthLimit?: number
  readonly symbolNameLengthLimit?: number
  readonly numPropertiesLimit?: number
  readonly propertyNameLengthLimit?: number
  readonly arrayLengthLimit?: number
  readonly byteLengthLimit?: number
  readonly numSetElementsLimit?: number
  readonly numUniqueBagElementsLimit?: number
  readonly numMapEntriesLimit?: number
}

type Patterns = Readonly<Record<string, Pattern>>

/** `M`: creates matchers and guards. */
export interface MatcherNamespace {
  'any'(): Matcher
  and(...patterns: readonly Pattern[]): Matcher
  or(...patterns: readonly Pattern[]): Matcher
  not(pattern: Pattern): Matcher
  /** Primitive values and remotables. */
  scalar(): Matcher
  /** Values that can be keys of a collection. */
  key(): Matcher
  pattern(): Matcher
  kind(kind: string): Matcher
  tagged(tag?: Pattern, payload?: Pattern): Matcher
  boolean(): Matcher
  number(): Matcher
  bigint(limits?: Limits): Matcher
  /** A bigint ≥ 0n. */
  nat(limits?: Limits): Matcher
  string(limits?: Limits): Matcher
  symbol(limits?: Limits): Matcher
  record(limits?: Limits): Matcher
  array(limits?: Limits): Matcher
  byteArray(limits?: Limits): Matcher
  set(limits?: Limits): Matcher
  bag(limits?: Limits): Matcher
  map(limits?: Limits): Matcher
  /** An object that can receive messages; `label` is shown in errors. */
  remotable(label?: string): Matcher
  error(): Matcher
  promise(label?: string): Matcher
  undefined(): Matcher
  null(): null
  lt(value: unknown): Matcher
  lte(value: unknown): Matcher
  eq(value: unknown): Matcher
  neq(value: unknown): Matcher
  gte(value: unknown): Matcher
  gt(value: unknown): Matcher
  arrayOf(item?: Pattern, limits?: Limits): Matcher
  recordOf(name?: Pattern, value?: Pattern, limits?: Limits): Matcher
  setOf(key?: Pattern, limits?: Limits): Matcher
  bagOf(key?: Pattern, count?: Pattern, limits?: Limits): Matcher
  mapOf(key?: Pattern, value?: Pattern, limits?: Limits): Matcher
  containerHas(item?: Pattern, bound?: bigint, limits?: Limits): Matcher
  splitArray(required: readonly Pattern[], optional?: readonly Pattern[], rest?: Pattern): Matcher
  splitRecord(required: Patterns, optional?: Patterns, rest?: Pattern): Matcher
  /** The older spelling of `splitArray` and `splitRecord` without optional parts. */
  split(base: Patterns | readonly Pattern[], rest?: Pattern): Matcher
  /** The older spelling of `splitArray` and `splitRecord` with optional parts only. */
  partial(base: Patterns | readonly Pattern[], rest?: Pattern): Matcher
  /** The pattern, or a promise. */
  eref(pattern: Pattern): Matcher
  /** The pattern, or undefined. */
  opt(pattern: Pattern): Matcher

  interface(
    name: string,
    methods: Readonly<Record<PropertyKey, MethodGuard>>,
    options?: { readonly defaultGuards?: 'passable' | 'raw' | undefined; readonly sloppy?: boolean },
  ): InterfaceGuard
  /** The guard of a method that is called at once. */
  call(...args: readonly Pattern[]): MethodGuardMaker
  /**
   * The guard of a method that is called when its arguments of `M.await` are settled; it returns a promise.
   */
  callWhen(...args: readonly Pattern[]): MethodGuardMaker
  await(pattern: Pattern): AwaitArgGuard
  raw(): RawGuard
}
