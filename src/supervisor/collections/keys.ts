/** Keys of collections: which values are keys, and how they are stored and shown. */
import { assert } from '../../base/errors.ts'
import { namesObject, type ObjectVref, type Vref } from '../../base/ids.ts'
import { orderedNumber } from '../../base/ordered.ts'
import { classifyPassable } from '../../codec/passable.ts'

/** The traps of a proxy may throw: then it is not a key. */
export function isRemotableKey(key: object): boolean {
  try {
    return classifyPassable(harden(key)) === 'remotable'
  } catch {
    return false
  }
}

/** A strong collection keeps the objects that are its keys; a weak one only recognises them. */
export type Strength = 'strong' | 'weak'

/** The text of a remotable key in a strong collection: its place in the order of keys, and its name. */
export const remotableText = (ordinal: number, vref: Vref): string => `r${orderedNumber(ordinal)}.${vref}`

/** The remotable key of an entry, from its row, where the key begins at `at`; undefined for a scalar key. */
export function remotableIn(row: string, at: number, strength: Strength): ObjectVref | undefined {
  if (row[at] !== 'r') return undefined
  const vref = row.slice(strength === 'weak' ? at + 1 : row.indexOf('.', at) + 1) as ObjectVref
  assert(namesObject(vref), 'a remotable key is stored by its name')
  return vref
}
