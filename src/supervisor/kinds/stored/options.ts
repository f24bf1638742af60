/**
 * The options of a kind beside its methods. The names are SwingSet's and `@endo/exo`'s; `stateVersion` and
 * `migrate` are ours. `docs/kinds.md` is the table for authors.
 */
export type StateValues = Readonly<Record<string, unknown>>
export type Init = (...args: unknown[]) => StateValues
export type Method = (...args: unknown[]) => unknown
export type Methods = Readonly<Record<PropertyKey, Method>>
export type Facets = Readonly<Record<string, object>>

/** The context of a method: `self` in a single-facet kind, `facets` in a multi-facet kind. */
export type Context =
  | { readonly state: Record<string, unknown>; readonly self: object }
  | { readonly state: Record<string, unknown>; readonly facets: Facets }

/** From the state of one version to that of the next. Takes a hardened record and returns one. */
export type Migration = (state: StateValues) => StateValues

export interface KindOptions {
  /** Called with the context right after an object was created. */
  readonly finish?: (context: Context) => void
  /** Methods get the context as `this` instead of as their first argument. */
  readonly thisfulMethods?: boolean
  readonly interfaceGuard?: unknown
  /** Facet → guard. SwingSet's own packages also pass it under the name `interfaceGuard`. */
  readonly interfaceGuardKit?: unknown
  /** Field → pattern. */
  readonly stateShape?: unknown
  readonly stateVersion?: number
  /** Old version → the step to the next. */
  readonly migrate?: Readonly<Record<number, Migration>>
  readonly receiveAmplifier?: (amplify: (facet: unknown) => Facets) => void
  readonly receiveInstanceTester?: (isInstance: (value: unknown, facet?: string) => boolean) => void
}

/** State versions from the author's options. */
export interface Versions {
  readonly version: number
  readonly migrate: ReadonlyMap<number, Migration>
}

const isVersion = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

export function versionsOf(tag: string, { stateVersion = 1, migrate = {} }: KindOptions): Versions {
  if (!isVersion(stateVersion)) throw new TypeError(`${tag}: stateVersion is a whole number from 1 on`)
  const steps = new Map<number, Migration>()
  for (const key of Object.keys(migrate)) {
    const from = Number(key)
    const step: unknown = migrate[from]
    if (!isVersion(from) || String(from) !== key)
      throw new TypeError(`${tag}.migrate: ${JSON.stringify(key)} is no version`)
    if (from >= stateVersion)
      throw new TypeError(
        `${tag}.migrate: version ${from} is not older than the stateVersion ${stateVersion}`,
      )
    if (typeof step !== 'function') throw new TypeError(`${tag}.migrate[${from}] is not a function`)
    steps.set(from, harden(step) as Migration)
  }
  return { version: stateVersion, migrate: steps }
}
