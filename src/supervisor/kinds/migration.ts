/**
 * Migrations: the state of an old version, step by step, to that of the code.
 *
 * A step is a pure function of plain data. What it gives is looked at before the next gets it, so that
 * the step that went wrong is the one that is named.
 */
import type { Kind } from './cohort.ts'
import type { StateValues } from './options.ts'

export function migrate({ tag, version, migrate: steps }: Kind, from: number, state: StateValues): StateValues {
  let now = harden(state)
  for (let at = from; at < version; at += 1) {
    const step = steps.get(at)
    if (step === undefined) throw new Error(`${tag} has no migration from version ${at}`)
    now = plainRecord(step(now), at)
  }
  return now
}

/** What a step gave, when it is a record of fields. Nothing else has a meaning as state. */
function plainRecord(value: unknown, from: number): StateValues {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  if (prototype !== null && prototype !== Object.prototype) throw new TypeError(`the step from version ${from} gave no plain record`)
  const record = harden(value) as Record<PropertyKey, unknown>
  for (const key of Reflect.ownKeys(record)) {
    const descriptor = Object.getOwnPropertyDescriptor(record, key)
    if (typeof key === 'string' && descriptor?.enumerable === true && 'value' in descriptor) continue
    throw new TypeError(`the step from version ${from} gave a record whose property ${String(key)} is no field`)
  }
  return record
}
