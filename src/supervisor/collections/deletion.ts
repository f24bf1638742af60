/**
 * The deletion of a collection's rows: of all of them when it dies, of one entry when its weak key dies.
 *
 * Needs neither the schema nor the values of the collection, so it works for all of them.
 */
import type { ObjectVref, Vref } from '../../base/ids.ts'
import type { References } from '../memory/references.ts'
import { dataOf, keys, read, readRange, remove } from '../memory/store.ts'
import { workLeft, isBudgetSpent } from '../memory/workBudget.ts'
import { remotableIn, type Strength } from './keys.ts'

const maxEntriesTogether = 500

/** Counts down the references of what was deleted. */
type Release = (slots: readonly Vref[]) => void

/** Removes all rows except the entries. Returns the slots that they referred to. */
export function deleteDescription(vref: ObjectVref): readonly Vref[] {
  const schema = keys.collection(vref)
  const { slots } = dataOf(read(schema) ?? '#')
  for (const row of [schema, keys.size(vref), keys.ordinals(vref)]) remove(row)
  return slots
}

/** Removes entries and releases their references, until no entries or no work budget is left. */
export function deleteEntries(
  vref: ObjectVref,
  strength: Strength,
  references: References,
  release: Release,
): 'empty' | 'entries left' {
  const from = keys.entries(vref)
  const end = keys.entriesEnd(vref)
  while (!isBudgetSpent()) {
    const rows = readRange(from, end, Math.min(workLeft(), maxEntriesTogether))
    if (rows.length === 0) return 'empty'
    for (let at = 0; at < rows.length && !isBudgetSpent(); at += 2) {
      const row = rows[at] as string
      const key = remotableIn(row, from.length, strength)
      if (key !== undefined && strength === 'weak') references.unrecognizeStored(key, vref)
      if (key !== undefined && strength === 'strong') {
        remove(keys.ordinal(vref) + key)
        release([key])
      }
      remove(row)
      const text = rows[at + 1] as string
      // Most values refer to nothing; in sets there are none.
      if (text !== '' && text[0] !== '#') release(dataOf(text).slots)
    }
  }
  return 'entries left'
}

/** The weak key no longer exists: removes its entry, if there is one. */
export function deleteWeakEntry(vref: ObjectVref, key: ObjectVref, references: References): void {
  const row = `${keys.entries(vref)}r${key}`
  const text = read(row)
  if (text === undefined) return
  remove(row)
  references.updateCounts([], dataOf(text).slots)
}
