/** Keys of collections: which values are keys, and how they are stored and shown. */
import type { Vref } from '../../base/ids.ts'
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

/** The text of a remotable key: its place in the order of keys, and its name. */
export const remotableText = (ordinal: number, vref: Vref): string => `r${orderedNumber(ordinal)}.${vref}`
