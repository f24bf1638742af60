/**
 * Parking: items for a vat that cannot run them yet. They keep their order, and go before all other items of
 * the run-queue when they are released.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { QueueItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

/** Parks an item before those that are parked already. */
export function parkFirst(tables: Tables, vat: VatId, item: QueueItem): void {
  const items = [item, ...tables.takeParked(vat)]
  for (const each of items) tables.park(vat, each)
  assert(tables.parked(vat) === items.length, 'parking an item first keeps the others')
}

/** Moves all parked items of the vat to the front of the run-queue. Returns their number. */
export function unpark(tables: Tables, queue: RunQueue, vat: VatId): number {
  const items = [...tables.takeParked(vat)]
  queue.pushFront(items)
  assert(tables.parked(vat) === 0, 'no item is both parked and in the run-queue')
  return items.length
}
