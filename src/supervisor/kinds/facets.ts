/**
 * The facets of a kind: their names, and the prototype of each.
 *
 * A single-facet kind has one prototype and no names.
 */
import { assert } from '../../base/errors.ts'
import { facetPrototype } from './behaviour.ts'
import type { Context, KindOptions, Methods } from './stored/options.ts'

/** The methods of each facet; those of a single-facet kind have no name. */
export type Behaviour =
  | { readonly facets: undefined; readonly methods: Methods }
  | { readonly facets: readonly string[]; readonly methods: Readonly<Record<string, Methods>> }

/** The names of a multi-facet kind's facets, in their order. */
export function facetNames(tag: string, methods: Readonly<Record<string, Methods>>): readonly string[] {
  const names = Reflect.ownKeys(methods)
  if (names.length === 0) throw new TypeError(`${tag}: a multi-facet kind has at least one facet`)
  for (const name of names) {
    if (typeof name !== 'string')
      throw new TypeError(`${tag}: the name of a facet is a string, not ${String(name)}`)
    if (typeof methods[name] !== 'object' || methods[name] === null)
      throw new TypeError(`${tag}.${name} is no record of methods`)
  }
  return (names as string[]).sort()
}

/**
 * The prototypes of the facets, in the order of their numbers. `contextOf` finds the context of a receiver
 * that must be the facet of this index.
 */
export function facetPrototypes(
  tag: string,
  behaviour: Behaviour,
  facets: readonly string[] | undefined,
  options: KindOptions,
  contextOf: (index: number) => (self: object) => Context | undefined,
): object[] {
  const { interfaceGuard, interfaceGuardKit = interfaceGuard, thisfulMethods: thisful = false } = options
  if (behaviour.facets === undefined) {
    return [
      facetPrototype(behaviour.methods, {
        label: tag,
        thisful,
        guard: interfaceGuard,
        contextOf: contextOf(0),
      }),
    ]
  }
  const guards = guardsOf(tag, behaviour.facets, interfaceGuardKit)
  const { methods } = behaviour
  assert(facets !== undefined, 'a multi-facet kind has names for its facets')
  return facets.map((name, index) =>
    facetPrototype(methods[name] ?? {}, {
      label: `${tag} ${name}`,
      thisful,
      guard: guards?.[name],
      contextOf: contextOf(index),
    }),
  )
}

/** A guard for each facet, or none at all. */
function guardsOf(
  tag: string,
  facets: readonly string[],
  kit: unknown,
): Readonly<Record<string, unknown>> | undefined {
  if (kit === undefined) return undefined
  if (typeof kit !== 'object' || kit === null)
    throw new TypeError(`${tag}: interfaceGuardKit is a record of guards`)
  const guards = kit as Readonly<Record<string, unknown>>
  const unguarded = facets.filter((name) => guards[name] === undefined)
  if (unguarded.length > 0)
    throw new TypeError(`${tag}: interfaceGuardKit has no guard for ${unguarded.join(', ')}`)
  const unknown = Object.keys(guards).filter((name) => !facets.includes(name))
  if (unknown.length > 0)
    throw new TypeError(`${tag}: interfaceGuardKit has guards for ${unknown.join(', ')}, which are no facets`)
  return guards
}
