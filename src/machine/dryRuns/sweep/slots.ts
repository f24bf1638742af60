/** Whether the references of durable data lead to something that exists, as far as the vat's space shows. */
import {
  allocatorOf,
  baseOf,
  isDurableVref,
  isObjectVref,
  parseStored,
  type ObjectVref,
} from '../../../base/ids.ts'
import {
  collectionFamilies,
  collectionKey,
  firstKindOfUsers,
  handleKind,
  objectKey,
  partsOfStored,
  weakKey,
} from './durableRows.ts'
import { countKey } from '../../../protocol/worker/vatstore.ts'
import type { VatRows } from './vatRows.ts'

/** The first slot of the stored text that leads nowhere; undefined when all lead somewhere. */
export function danglingIn(rows: VatRows, text: string): string | undefined {
  for (const slot of partsOfStored(text)?.slots ?? []) {
    const reason = whyDangling(rows, slot)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** For a key of the weak collection, which the vat only recognises: its import has no count. */
export function whyDangling(rows: VatRows, slot: string, weak?: ObjectVref): string | undefined {
  if (!isObjectVref(slot)) return `durable data cannot refer to ${slot}`
  if (allocatorOf(slot) === 'kernel') {
    const known = rows.has(countKey(slot)) || (weak !== undefined && rows.has(weakKey(slot, weak)))
    return known ? undefined : `nothing counts the reference to the import ${slot}: the vat does not keep it`
  }
  if (!isDurableVref(slot)) return `${slot} does not outlive its incarnation`
  return exists(rows, slot) ? undefined : `there is no ${slot}`
}

function exists(rows: VatRows, slot: ObjectVref): boolean {
  const { kind, instance } = parseStored(slot)
  if (kind === handleKind) return rows.kind(instance) !== undefined
  if (collectionFamilies.has(kind)) return rows.has(collectionKey(slot))
  // The supervisor knows which names are released.
  if (kind < firstKindOfUsers) return true
  const record = rows.kind(kind)
  const isAbandoned = typeof record === 'object' && record.abandoned === true
  return isAbandoned || rows.has(objectKey(baseOf(slot)))
}
