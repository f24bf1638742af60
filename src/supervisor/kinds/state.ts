/**
 * State objects: an accessor for each field, over the records.
 *
 * St1. A state object is good for its own object only, and for as long as anybody has it.
 * St2. The fields of a kind with a shape are those of the shape; of others, those that the object was
 *      made with. Objects with the same fields share their accessors.
 */
import { cohortOfState, makeState } from './cohort.ts'
import type { Cohort, Kind } from './cohort.ts'
import type { Records } from './records.ts'

export function stateOf(cohort: Cohort, records: Records): Record<string, unknown> {
  const { kind, base } = cohort
  // Reads the record also where the shape names the fields: a record that cannot be brought up to date fails here.
  const names = records.names(kind, base)
  return makeState(prototypeFor(kind, kind.shape?.names ?? names, records), cohort)
}

/** St2. */
function prototypeFor(kind: Kind, names: readonly string[], records: Records): object {
  for (const known of kind.statePrototypes) if (areSame(known.names, names)) return known.prototype
  const prototype = makePrototype(kind, names, records)
  kind.statePrototypes.push({ names, prototype })
  return prototype
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}

function makePrototype(kind: Kind, names: readonly string[], records: Records): object {
  /** St1. */
  const baseOf = (state: unknown): Cohort['base'] => {
    const cohort = cohortOfState(state)
    if (cohort === undefined || cohort.kind !== kind) throw new TypeError(`not the state of a ${kind.tag}`)
    return cohort.base
  }
  const prototype = Object.create(null) as object
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: unknown): unknown {
        return records.get(kind, baseOf(this), name)
      },
      set(this: unknown, value: unknown) {
        records.set(kind, baseOf(this), name, value)
      },
    })
  }
  return harden(prototype)
}
