/**
 * What follows a collection that left garbage in its vat: another one, at the end of the run-queue.
 *
 * Ga1. A vat has one such collection in the queue at a time, beside those that are due by their interval.
 * Ga2. A run ends whatever a vat says: after so many in a row (`collectionsInARow`) the next one waits for
 *      the vat's next delivery of another kind.
 */
import { collectionsInARow } from '../protocol/limits.ts'
import type { DeliveryResult } from '../protocol/results.ts'
import type { RunQueue } from './runQueue.ts'
import type { QueueItem } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

interface GarbageParts {
  readonly tables: Tables
  readonly queue: RunQueue
}

export function followCollection({ tables, queue }: GarbageParts, { vat, again = 0 }: Extract<QueueItem, { kind: 'collect' }>, result: DeliveryResult): void {
  if (again > 0) tables.deleteGarbageLeft(vat)
  if (result.kind !== 'ok' || result.garbage === undefined || tables.hasGarbageLeft(vat)) return
  if (again < collectionsInARow) {
    tables.setGarbageLeft(vat)
    queue.push({ kind: 'collect', vat, again: again + 1 })
  } else tables.setCounters(vat, { ...tables.counters(vat), sinceCollection: tables.config().collectionInterval })
}
