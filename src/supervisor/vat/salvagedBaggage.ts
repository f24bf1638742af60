/**
 * Salvaged data, put into the baggage before any code of the heir runs.
 *
 * The kinds of the objects in it are not defined yet, so it is stored unchanged, and decoded when the heir
 * reads it: by then its references are ordinary ones.
 *
 * Be1. Each own object in it must exist. Missing ones are reported, and then nothing is written.
 * Be2. It has the key `salvage`. An earlier value under the key is released.
 */
import {
  allocatorOf,
  baseOf,
  isDurableVref,
  namesObject,
  parseStored,
  type ObjectVref,
  type Vref,
} from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { salvageKey } from '../../protocol/worker/salvage.ts'
import type { Collections } from '../collections/collections.ts'
import { kindNumbers } from '../memory/kindNumbers.ts'
import { keys, keysFrom, read } from '../memory/store.ts'

/** Returns the names of missing objects. */
export function putSalvagedIntoBaggage(collections: Collections, data: CapData<Vref>): readonly Vref[] {
  const missing = data.slots.filter((slot) => !isThere(slot))
  if (missing.length === 0) collections.putIntoBaggage(salvageKey, data)
  return missing
}

/** The kernel has checked the imports. */
function isThere(slot: Vref): boolean {
  if (!namesObject(slot)) return false
  return allocatorOf(slot) === 'kernel' || (isDurableVref(slot) && isStored(baseOf(slot)))
}

function isStored(base: ObjectVref): boolean {
  const { kind, instance } = parseStored(base)
  if (kind === kindNumbers.handle) return read(keys.kind(instance)) !== undefined
  if (kind === kindNumbers.namedExport) return isLabelled(base)
  return read(keys.object(base)) !== undefined || read(keys.collection(base)) !== undefined
}

function isLabelled(base: ObjectVref): boolean {
  for (const key of keysFrom(keys.namedExportPrefix)) if (read(key) === base) return true
  return false
}
