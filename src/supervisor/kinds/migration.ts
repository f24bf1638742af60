/**
 * Migrations: the state of an old version, step by step, to that of the code.
 *
 * A step is a pure function of plain data. What it gives is looked at before the next gets it, so that
 * the step that went wrong is the one that is named.
 */
import type { Kind } from './cohort.ts'
import type { StateValues } from './options.ts'
import { recordFlaw } from './plainRecord.ts'

export function migrate({ tag, version, migrate: steps }: Kind, from: number, state: StateValues): StateValues {
  let now = harden(state)
  for (let at = from; at < version; at += 1) {
    const step = steps.get(at)
    if (step === undefined) throw new Error(`${tag} has no migration from version ${at}`)
    now = plainRecord(step(now), at)
  }
  return now
}

/** What a step returned, when it is a record of fields. Nothing else has a meaning as state. */
function plainRecord(value: unknown, from: number): StateValues {
  const flaw = recordFlaw(value)
  if (flaw !== undefined) throw new TypeError(`the step from version ${from} returned no plain record: ${flaw}`)
  return harden(value) as StateValues
}
