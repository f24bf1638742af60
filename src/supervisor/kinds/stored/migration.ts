/**
 * Migrations: the state of an old version, step by step, to that of the code.
 *
 * A step is a pure function of plain data. Its result is checked before the next step gets it, so that the
 * error names the faulty step.
 */
import type { Kind } from './cohort.ts'
import type { StateValues } from './options.ts'
import { recordFlaw } from './plainRecord.ts'

export function migrate(
  { tag, version, migrate: steps }: Kind,
  from: number,
  state: StateValues,
): StateValues {
  let now = harden(state)
  for (let at = from; at < version; at += 1) {
    const step = steps.get(at)
    if (step === undefined) throw new Error(`${tag} has no migration from version ${at}`)
    now = plainRecord(step(now), at)
  }
  return now
}

/** The result of a step, if it is a record of fields. Nothing else is valid as state. */
function plainRecord(value: unknown, from: number): StateValues {
  const flaw = recordFlaw(value)
  if (flaw !== undefined)
    throw new TypeError(`the step from version ${from} returned no plain record: ${flaw}`)
  return harden(value) as StateValues
}
