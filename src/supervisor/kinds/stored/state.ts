/**
 * State objects: records whose fields are read from and written to the store.
 *
 * Sob1. A state object serves its own object only, and while the heap holds it.
 * Sob2. The fields of a kind with a shape are those of the shape, in its order; otherwise they are the fields
 *       of the object at its creation, in the order of the result of `init`.
 * Sob3. Each field is an enumerable accessor of the state object itself, so that it is listed, copied and
 *       spread like a field of any record; it cannot be deleted, and no other can be added. The functions
 *       behind the accessors are shared by all objects with the same fields.
 */
import { cohortOfState, makeState, type Cohort, type Kind } from './cohort.ts'
import type { Records } from './records.ts'

export function stateOf(cohort: Cohort, records: Records): Record<string, unknown> {
  const { kind, base } = cohort
  // Reads the record even where the shape names the fields: a record that cannot be migrated fails here.
  const names = records.names(kind, base)
  return makeState(accessorsOf(kind, kind.shape?.names ?? names, records), cohort)
}

/** Sob2. */
function accessorsOf(kind: Kind, names: readonly string[], records: Records): PropertyDescriptorMap {
  for (const known of kind.stateForms) if (areSame(known.names, names)) return known.accessors
  const accessors = makeAccessors(kind, names, records)
  kind.stateForms.push({ names, accessors })
  return accessors
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}

/** Sob3. */
function makeAccessors(kind: Kind, names: readonly string[], records: Records): PropertyDescriptorMap {
  /** Sob1. */
  const baseOf = (state: unknown): Cohort['base'] => {
    const cohort = cohortOfState(state)
    if (cohort === undefined || cohort.kind !== kind)
      throw new Error(`state accessors can only be applied to state: this is not the state of a ${kind.tag}`)
    return cohort.base
  }
  const accessors = Object.create(null) as PropertyDescriptorMap
  for (const name of names) {
    const { get, set } = {
      get(this: unknown): unknown {
        return records.get(kind, baseOf(this), name)
      },
      set(this: unknown, value: unknown) {
        records.set(kind, baseOf(this), name, value)
      },
    }
    accessors[name] = Object.assign(Object.create(null) as object, {
      get: harden(get),
      set: harden(set),
      enumerable: true,
      configurable: false,
    })
  }
  return accessors
}
