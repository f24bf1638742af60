/**
 * What follows a collection that left garbage in its vat: another one, at the end of the run-queue.
 *
 * Ga1. A vat has one such collection in the queue at a time, beside those that are due by their interval.
 *      The heir of a vat that could not finish when it was upgraded goes on in the same way.
 * Ga2. A run ends whatever a vat says: after so many in a row (`collectionsInARow`) the next one waits for
 *      the vat's next delivery of another kind.
 * Ga3. The heap is searched at the beginning, and once more at the end: what was brought out may have held
 *      others. In between, collections go on with what was found.
 */
import type { VatId } from '../base/ids.ts'
import { collectionsInARow } from '../protocol/limits.ts'
import type { DeliveryResult } from '../protocol/results.ts'
import { scheduleOf } from './collection.ts'
import type { RunQueue } from './runQueue.ts'
import type { QueueItem } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

interface GarbageParts {
  readonly tables: Tables
  readonly queue: RunQueue
}

export const leavesGarbage = (result: DeliveryResult): boolean => result.kind === 'ok' && result.garbage !== undefined

export function followCollection(parts: GarbageParts, { vat, again = 0, search }: Extract<QueueItem, { kind: 'collect' }>, result: DeliveryResult): void {
  const { tables } = parts
  if (again > 0) tables.deleteGarbageLeft(vat)
  const left = leavesGarbage(result)
  if (!left && search === undefined) return
  if (again < collectionsInARow) collectAgain(parts, vat, again + 1, left ? 'done' : undefined)
  else if (!tables.hasGarbageLeft(vat)) makeDue(parts, vat)
}

/** Of a vat that is never asked for its deliveries' sake, the next one is when its schedule says so. */
function makeDue({ tables }: GarbageParts, vat: VatId): void {
  const { deliveries } = scheduleOf(tables.config(), tables.vat(vat))
  if (typeof deliveries === 'number') tables.setCounters(vat, { ...tables.counters(vat), sinceCollection: deliveries })
}

export function followUpgrade(parts: GarbageParts, vat: VatId): void {
  collectAgain(parts, vat, 1, undefined)
}

/** Ga1, Ga3. */
function collectAgain({ tables, queue }: GarbageParts, vat: VatId, again: number, search: 'done' | undefined): void {
  if (tables.hasGarbageLeft(vat)) return
  tables.setGarbageLeft(vat)
  queue.push({ kind: 'collect', vat, again, ...(search === undefined ? {} : { search }) })
}
