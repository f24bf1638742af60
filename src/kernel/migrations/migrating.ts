/**
 * Brings the tables of a store to the present version, when this kernel takes the place of an older one: in
 * pieces of so many rows.
 *
 * Mgr1. The tables at the end do not depend on how many rows a piece has, nor on how often a piece that was
 *       lost is repeated: between two pieces, all that is known of a migration is in them (`cursor.ts`).
 * Mgr2. A piece looks at no more rows than it may, and at least at one if there is one.
 * Mgr3. At the end the tables are of the present version, and the cursor is deleted.
 */
import { assert } from '../../base/errors.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { KernelReport, MigratedRows } from '../../protocol/kernel/events.ts'
import { tablesVersion } from '../tables/migrations.ts'
import { endMigration, readCursor, versionOf, writeCursor, type Cursor } from './cursor.ts'
import { isOfStep, nextOf } from './keys.ts'
import { maxChanges, type Change, type Step } from './step.ts'
import { stepsFrom } from './steps.ts'

type State = Pick<PlatformState, 'get' | 'set' | 'delete' | 'nextKey'>

/** Does the next piece. */
export function migrate(state: State, rows: number): Extract<KernelReport, { kind: 'migrated' }> {
  assert(Number.isSafeInteger(rows) && rows >= 1, 'a piece of a migration has at least one row (Mgr2)')
  const tables: MigratedRows[] = []
  let left = rows
  for (const [step, after] of remaining(state)) {
    const walked = walk(state, step, after, left)
    left -= walked.rows
    assert(left >= 0, 'a piece looks at no more rows than it may (Mgr2)')
    tables.push({ step: step.name, table: step.table, rows: walked.rows, changed: walked.changed })
    if (walked.cursor === null) continue
    writeCursor(state, walked.cursor)
    return { kind: 'migrated', tables, done: false }
  }
  endMigration(state, tablesVersion)
  assert(versionOf(state) === tablesVersion, 'the tables are of the present version (Mgr3)')
  return { kind: 'migrated', tables, done: true }
}

/** The steps that are to be done, each with the row that it has looked at last. */
function remaining(state: State): readonly (readonly [Step, string | null])[] {
  const steps = stepsFrom(versionOf(state))
  const cursor = readCursor(state)
  if (cursor === undefined) return steps.map((step) => [step, null])
  const begun = steps.findIndex(({ name }) => name === cursor.step)
  assert(begun >= 0, 'a migration is ended by the kernel that began it (Mgr1)')
  return steps.slice(begun).map((step, index) => [step, index === 0 ? cursor.after : null])
}

interface Walked {
  readonly rows: number
  readonly changed: number
  /** Null: the step is done. */
  readonly cursor: Cursor | null
}

function walk(state: State, step: Step, from: string | null, most: number): Walked {
  const other = (key: string): string | undefined => state.get('kernel', key)
  let [rows, changed, after] = [0, 0, from]
  for (let key = nextOf(state, step, after); key !== undefined; key = nextOf(state, step, after)) {
    if (rows === most) return { rows, changed, cursor: { step: step.name, after } }
    rows += 1
    const changes = step.apply({ key, text: other(key) ?? '' }, other)
    assert(changes.length <= maxChanges, `what the step ${step.name} writes for ${key} is bounded (Mst3)`)
    write(state, changes)
    assertSettled(step, changes, other)
    if (changes.length > 0) changed += 1
    after = key
  }
  return { rows, changed, cursor: null }
}

function write(state: State, changes: readonly Change[]): void {
  for (const [key, text] of changes)
    if (text === null) state.delete('kernel', key)
    else state.set('kernel', key, text)
}

/** Mst2. */
function assertSettled(
  step: Step,
  changes: readonly Change[],
  other: (key: string) => string | undefined,
): void {
  for (const [key, text] of changes) {
    const again = text === null || !isOfStep(step, key) ? [] : step.apply({ key, text }, other)
    assert(again.length === 0, `the step ${step.name} changes no row that it has written (Mst2)`)
  }
}
