/**
 * The sweep: migrates the records of a kind in the background, some in each call.
 *
 * Sw1. The cursor is in the vat's space, so that a sweep continues after a restart. A new state version
 *      restarts it.
 * Sw2. When a sweep has finished without failures, no record is older than the code, and older migrations may
 *      be removed from the source.
 */
import type { ObjectVref } from '../../../base/ids.ts'
import { keys, nextKey, read, remove, write } from '../../memory/store.ts'
import type { Kind } from './cohort.ts'
import { readKind, writeKind } from './estate.ts'
import type { Records } from './records.ts'

export interface SweepResult {
  /** Records that this call migrated. */
  readonly updated: number
  /** Records whose migration failed in this call. They are unchanged. */
  readonly failed: number
  /** Whether the sweep has finished. */
  readonly finished: boolean
}

/** The value under `sweep.` kind. */
interface SweepPosition {
  readonly after: string
  /** In all calls so far. */
  readonly failed: number
}

/** Examines as many records as the budget allows. */
export function sweep(kind: Kind, records: Records, budget: number): SweepResult {
  if (!Number.isSafeInteger(budget) || budget < 1)
    throw new RangeError('the budget of a sweep is a number of records, from 1 on')
  const { definition } = readKind(kind.id)
  if (definition?.oldest === kind.version) return { updated: 0, failed: 0, finished: true }
  const prefix = keys.durableObjects(kind.id)
  const text = read(keys.sweep(kind.id))
  const cursor: SweepPosition =
    text === undefined ? { after: prefix, failed: 0 } : (JSON.parse(text) as SweepPosition)
  let { after } = cursor
  let updated = 0
  let failed = 0
  for (let seen = 0; seen < budget; seen += 1) {
    const key = nextKey(prefix, after)
    if (key === undefined) {
      finish(kind, cursor.failed + failed)
      return { updated, failed, finished: true }
    }
    after = key
    const base = keys.objectVref(key)
    if (!records.isOld(kind, base)) continue
    if (tryUpdate(kind, records, base)) updated += 1
    else failed += 1
  }
  write(
    keys.sweep(kind.id),
    JSON.stringify({ after, failed: cursor.failed + failed } satisfies SweepPosition),
  )
  return { updated, failed, finished: false }
}

function tryUpdate(kind: Kind, records: Records, base: ObjectVref): boolean {
  try {
    records.update(kind, base)
    return true
  } catch {
    return false
  }
}

/** Sw2. */
function finish(kind: Kind, failed: number): void {
  remove(keys.sweep(kind.id))
  const record = readKind(kind.id)
  if (failed > 0 || record.definition === null) return
  writeKind(kind.id, { ...record, definition: { ...record.definition, oldest: kind.version } })
}
