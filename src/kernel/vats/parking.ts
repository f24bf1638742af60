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
  const number = tables.parked(vat)
  for (const each of [item, ...tables.takeParked(vat)]) tables.park(vat, each)
  assert(tables.parked(vat) === number + 1, 'parking an item first keeps the others')
}

/** Moves all parked items of the vat to the front of the run-queue. Returns their number. */
export function unpark(tables: Tables, queue: RunQueue, vat: VatId): number {
  const number = tables.parked(vat)
  const items = [...tables.takeParked(vat)]
  assert(items.length === number, 'the number of parked items is the number of their rows')
  queue.pushFront(items)
  return number
}
