/**
 * The history of a store's kernels: rows in the host's space, under keys that no host can use
 * (`machineKeys`).
 *
 * | row     | key                 | value                     |
 * |---------|---------------------|---------------------------|
 * | upgrade | `kernel.` number    | JSON `KernelHistoryEntry` |
 */
import { machineKeys } from '../../protocol/host/names.ts'
import { assert } from '../../base/errors.ts'
import { isCount, isRecord, isText } from '../../base/guards.ts'
import { isBundleId } from '../../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import { excerpt } from '../../base/text.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { KernelHistoryEntry } from '../../protocol/machine/kernelUpgrades.ts'
import { damagedRow, hostKeys } from '../hostRows.ts'

/** How much of an error the history keeps. */
export const maxError = 1_000

const prefix = `${machineKeys}kernel.`

type State = Pick<PlatformState, 'get' | 'set' | 'nextKey'>

export function addKernelHistory(state: State, entry: KernelHistoryEntry): void {
  let last = 0
  for (const key of hostKeys(state, prefix)) last = fromOrderedNumber(key.slice(prefix.length))
  state.set('host', prefix + orderedNumber(last + 1), JSON.stringify(entry))
}

/** The last upgrade was taken back. */
export function noteReturn(state: State, error: string): void {
  const last = [...hostKeys(state, prefix)].at(-1)
  assert(last !== undefined, 'an upgrade that is taken back is in the history')
  const entry = entryOf(last, state.get('host', last) ?? '')
  state.set('host', last, JSON.stringify({ ...entry, returned: excerpt(error, maxError) }))
}

/** Oldest first. */
export const kernelHistory = (state: State): readonly KernelHistoryEntry[] =>
  [...hostKeys(state, prefix)].map((key) => entryOf(key, state.get('host', key) ?? ''))

function entryOf(key: string, text: string): KernelHistoryEntry {
  const value: unknown = JSON.parse(text)
  if (isEntry(value)) return { ...value, migrated: value.migrated ?? [] }
  return damagedRow(key)
}

/** Rows that were written before 0.3.0 was released do not say what was migrated. */
type StoredEntry = Omit<KernelHistoryEntry, 'migrated'> & Partial<Pick<KernelHistoryEntry, 'migrated'>>

const isEntry = (value: unknown): value is StoredEntry =>
  isRecord(value) &&
  [value['from'], value['to']].every((id) => isText(id) && isBundleId(id)) &&
  isCount(value['block']) &&
  [value['refused'], value['returned']].every((why) => why === null || isText(why)) &&
  (value['migrated'] === undefined || Array.isArray(value['migrated']))
