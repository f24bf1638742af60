/**
 * After a collection that left garbage in its vat: another one, at the end of the run-queue.
 *
 * Ga1. A vat has at most one such collection in the queue, beside those that its interval schedules. The heir
 *      of a vat that could not finish before its upgrade continues in the same way.
 * Ga2. A series ends for every report of a vat: after `maxFollowUpCollections` the next one waits for the
 *      vat's
 *      next
 *      delivery of another kind.
 * Ga3. The heap is searched at the beginning, and once more at the end, since collected objects may have held
 *      others. In between, collections continue with the earlier findings.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import { maxFollowUpCollections } from '../../protocol/limits.ts'
import type { DeliveryResult } from '../../protocol/results.ts'
import { scheduleOf } from './gcSchedule.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { QueueItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface GcFollowUpParts {
  readonly tables: Tables
  readonly queue: RunQueue
}

export const leavesGarbage = (result: DeliveryResult): boolean =>
  result.kind === 'ok' && result.garbage !== undefined

export function followUpGc(
  parts: GcFollowUpParts,
  { vat, again = 0, search }: Extract<QueueItem, { kind: 'collect' }>,
  result: DeliveryResult,
): void {
  const { tables } = parts
  assert(again === 0 || tables.hasGarbageLeft(vat), 'a collection that follows another is recorded (Ga1)')
  if (again > 0) tables.deleteGarbageLeft(vat)
  const left = leavesGarbage(result)
  if (!left && search === undefined) return
  if (again < maxFollowUpCollections) scheduleFollowUp(parts, vat, again + 1, left ? 'done' : undefined)
  else if (!tables.hasGarbageLeft(vat)) makeScheduleDue(parts, vat)
}

/** For a vat that is never asked because of its deliveries, its schedule decides the next collection. */
function makeScheduleDue({ tables }: GcFollowUpParts, vat: VatId): void {
  const { deliveries } = scheduleOf(tables.config(), tables.vat(vat))
  if (typeof deliveries === 'number')
    tables.setCounters(vat, { ...tables.counters(vat), sinceCollection: deliveries })
}

export function followUpUpgrade(parts: GcFollowUpParts, vat: VatId): void {
  scheduleFollowUp(parts, vat, 1, undefined)
}

/** Ga1, Ga3. */
function scheduleFollowUp(
  { tables, queue }: GcFollowUpParts,
  vat: VatId,
  again: number,
  search: 'done' | undefined,
): void {
  if (tables.hasGarbageLeft(vat)) return
  assert(again >= 1 && again <= maxFollowUpCollections, 'a series of collections is bounded (Ga2)')
  tables.setGarbageLeft(vat)
  queue.push({ kind: 'collect', vat, again, ...(search === undefined ? {} : { search }) })
}
