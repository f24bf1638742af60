/** GC actions: a vat's entries of objects that are no longer reachable or recognizable. */
import { assert } from '../../base/errors.ts'
import type { ObjectKref, ObjectVref, VatId } from '../../base/ids.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import type { CLists } from '../objects/clists.ts'
import type { References } from '../objects/references.ts'
import type { GcAction, QueueItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface GcActionParts {
  readonly tables: Tables
  readonly clists: CLists
  readonly references: References
}

type GcItem = Extract<QueueItem, { kind: 'release' }>

/** Applies the item's actions. Returns the delivery for the vat, or undefined when none of them applies. */
export function gcDelivery(parts: GcActionParts, { vat, action, objects }: GcItem): Delivery | undefined {
  const vrefs: ObjectVref[] = []
  for (const kref of objects) {
    const vref = applyGcAction(parts, vat, action, kref)
    if (vref !== undefined) vrefs.push(vref)
  }
  if (vrefs.length === 0) return undefined
  switch (action) {
    case 'drop':
      return { kind: 'dropExports', exports: vrefs }
    case 'retire':
      return { kind: 'retireExports', exports: vrefs }
    case 'lose':
      return { kind: 'retireImports', imports: vrefs }
  }
}

/**
 * Applies the action to the vat's entry, unless the object is needed again. Returns the vat's name for it.
 */
export function applyGcAction(
  { tables, clists, references }: GcActionParts,
  vat: VatId,
  action: GcAction,
  kref: ObjectKref,
): ObjectVref | undefined {
  const entry = tables.entryOf(vat, kref)
  const record = tables.findObject(kref)
  if (entry === undefined || record === undefined || record.reachable > 0) return undefined
  assert(record.reachable === 0 && record.recognizable >= 0, 'no count of an object is negative')
  const vref = entry.vref as ObjectVref
  if (action === 'drop' && entry.reachable) clists.markUnreachable(vat, kref, vref)
  else if (action === 'retire' && record.recognizable === 0) {
    tables.deleteEntry(vat, kref, vref)
    tables.deleteObject(kref)
  } else if (action === 'lose' && !entry.reachable) {
    tables.deleteEntry(vat, kref, vref)
    references.countObject(kref, 0, -1)
  } else return undefined
  return vref
}
