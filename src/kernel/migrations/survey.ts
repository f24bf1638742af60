/** What a migration would have to do, without doing it. */
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'
import type { PlannedStep } from '../../protocol/kernel/events.ts'
import { versionOf } from './cursor.ts'
import { nextOf } from './keys.ts'
import { stepsFrom } from './steps.ts'
import type { Step } from './step.ts'

/** The steps that bring the tables of the store to the present version, with the rows that they look at. */
export function migrationsOf({ state }: AuditPlatform): readonly PlannedStep[] {
  /** By the beginning of their keys: the rows that earlier steps may have added. */
  const added = new Map<string, number>()
  return stepsFrom(versionOf(state)).map((step) => {
    const { name, table, from, to, keys, adds } = step
    const before = keys.reduce((sum, beginning) => sum + (added.get(beginning) ?? 0), rowsOf(state, step))
    const rows = keys.some((beginning) => adds.includes(beginning)) ? 2 * before : before
    for (const beginning of adds) added.set(beginning, (added.get(beginning) ?? 0) + rows)
    return { step: name, table, from, to, rows }
  })
}

function rowsOf(state: AuditPlatform['state'], step: Step): number {
  let rows = 0
  for (let key = nextOf(state, step, null); key !== undefined; key = nextOf(state, step, key)) rows += 1
  return rows
}
