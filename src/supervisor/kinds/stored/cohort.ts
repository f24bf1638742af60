/**
 * Cohorts: the heap representation of one stored object, all its facets together.
 *
 * Coh1. One object has at most one cohort at a time, so `===` of its facets is its identity.
 * Coh2. A cohort lives as long as any part of it: each facet and each state object leads to it.
 * Coh3. A holder of one facet cannot reach another: the mark is a private field, which no other code sees, no
 *       heir inherits and no proxy forwards.
 */
import { isObject } from '../../../base/guards.ts'
import { facetVref, type Durability, type ObjectVref } from '../../../base/ids.ts'
import type { Slots } from '../../wire/slots.ts'
import type { Migration } from './options.ts'
import type { StateShape } from './shape.ts'

/** A kind as this incarnation defined it. */
export interface Kind {
  readonly id: number
  readonly tag: string
  readonly durability: Durability
  /** In the order of their numbers; undefined for a single-facet kind. */
  readonly facets: readonly string[] | undefined
  /** In the same order; a single-facet kind has one. */
  readonly prototypes: readonly object[]
  readonly shape: StateShape | undefined
  readonly version: number
  readonly migrate: ReadonlyMap<number, Migration>
  /** One for each list of field names that states of the kind have. */
  readonly stateForms: StateForm[]
}

/** An accessor for each field of the states with these names. */
export interface StateForm {
  readonly names: readonly string[]
  readonly accessors: PropertyDescriptorMap
}

export interface Cohort {
  readonly kind: Kind
  readonly base: ObjectVref
  readonly members: readonly object[]
}

const { create, freeze, preventExtensions, prototype: objectPrototype } = Object

/** Lets a subclass put private fields on an existing object. */
class Existing {
  constructor(object: object) {
    // A constructor that returns an object makes that object `this` of the subclass.
    return object
  }
}

class Member extends Existing {
  readonly #cohort: Cohort
  constructor(object: object, cohort: Cohort) {
    super(object)
    this.#cohort = cohort
  }
  static cohortOf(object: object): Cohort | undefined {
    return #cohort in object ? object.#cohort : undefined
  }
}

/** Apart from `Member`, so that a holder of an object cannot pass it off as its state. */
class State extends Existing {
  readonly #cohort: Cohort
  constructor(object: object, cohort: Cohort) {
    super(object)
    this.#cohort = cohort
  }
  static cohortOf(object: object): Cohort | undefined {
    return #cohort in object ? object.#cohort : undefined
  }
}

/** The cohort that the value is a facet of. */
export const cohortOf = (value: unknown): Cohort | undefined =>
  isObject(value) ? Member.cohortOf(value) : undefined

/** The cohort that the value is the state of. */
export const cohortOfState = (value: unknown): Cohort | undefined =>
  isObject(value) ? State.cohortOf(value) : undefined

/** The names under which the facets of an object are exported and stored. */
export const facetVrefs = ({ facets }: Kind, base: ObjectVref): readonly ObjectVref[] =>
  facets === undefined ? [base] : facets.map((_name, index) => facetVref(base, index))

export function makeCohort(slots: Slots, kind: Kind, base: ObjectVref): Cohort {
  const members: object[] = []
  const cohort: Cohort = { kind, base, members }
  const { facets, prototypes } = kind
  for (let index = 0; index < prototypes.length; index += 1) {
    const member = create(prototypes[index] as object) as object
    new Member(member, cohort)
    members[index] = freeze(member)
    slots.holdWeakly(facets === undefined ? base : facetVref(base, index), member)
  }
  return cohort
}

/** Creates a state object of the cohort, with these accessors of its own. */
export function makeState(accessors: PropertyDescriptorMap, cohort: Cohort): Record<string, unknown> {
  const state = create(objectPrototype, accessors) as Record<string, unknown>
  new State(state, cohort)
  // None of the accessors is configurable, so nothing of it can change.
  return preventExtensions(state)
}
