/**
 * When a vat is asked to collect garbage (`protocol/host/gcSchedule.ts`), decided by counts, never by time.
 *
 * Gs1. A request restarts all counts. Collections themselves are not counted, or they would never end.
 * Gs2. Counts that no schedule uses are not kept.
 */
import { assert } from '../../base/errors.ts'
import { compareVatIds, type VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Config, VatCounters, VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export interface GcScheduleParts {
  readonly tables: Tables
  readonly queue: RunQueue
}

/** The counts added by one delivery. */
interface CountedDelivery {
  readonly delivery: Delivery
  readonly computrons: bigint
}

/** The schedule of a vat: its own, or else the store's default. */
export const scheduleOf = (config: Config, record: VatRecord): CollectionSchedule => ({
  deliveries: config.collectionInterval,
  ...config.collection,
  ...record.collection,
})

/** Counts a delivery, and requests a collection when the schedule says so. Returns the counters after it. */
export function countTowardsGc(
  { tables, queue }: GcScheduleParts,
  vat: VatId,
  counters: VatCounters,
  happened: CountedDelivery,
): VatCounters {
  if (happened.delivery.kind === 'bringOutYourDead') return counters
  assert(counters.sinceCollection >= 0, 'deliveries since a collection are counted up (Gs1)')
  const schedule = scheduleOf(tables.config(), tables.vat(vat))
  const counted = countDelivery(schedule, counters, happened)
  if (!isDue(schedule, counted)) return counted
  queue.push({ kind: 'collect', vat })
  return { ...counted, ...zeroCounts }
}

const zeroCounts = { sinceCollection: 0, references: 0, computrons: 0n } as const

/** Gs2. */
function countDelivery(
  { references, computrons }: CollectionSchedule,
  counters: VatCounters,
  happened: CountedDelivery,
): VatCounters {
  return {
    ...counters,
    sinceCollection: counters.sinceCollection + 1,
    references: isSet(references) ? counters.references + referencesIn(happened.delivery) : 0,
    computrons: isSet(computrons) ? counters.computrons + happened.computrons : 0n,
  }
}

const isSet = (threshold: number | string | undefined): boolean =>
  threshold !== undefined && threshold !== 'never'

function isDue({ deliveries, references, computrons }: CollectionSchedule, counters: VatCounters): boolean {
  if (typeof deliveries === 'number' && counters.sinceCollection >= deliveries) return true
  if (typeof references === 'number' && counters.references >= references) return true
  return computrons !== undefined && computrons !== 'never' && counters.computrons >= BigInt(computrons)
}

function referencesIn(delivery: Delivery): number {
  const slots = ({ slots: { length } }: CapData): number => length
  switch (delivery.kind) {
    case 'message':
      return slots(delivery.methargs)
    case 'notify':
      return delivery.resolutions.reduce((sum, { data }) => sum + slots(data), 0)
    case 'startVat':
      return slots(delivery.parameters)
    case 'dropExports':
    case 'retireExports':
    case 'retireImports':
    case 'bringOutYourDead':
      return 0
  }
}

/**
 * Asks every running vat, at the end of the queue. A suspended vat is asked when its counts next require it.
 */
export function scheduleGcOfAll({ tables, queue }: GcScheduleParts): void {
  for (const vat of [...tables.vats()].sort(compareVatIds)) {
    if (tables.vat(vat).status.kind !== 'running') continue
    tables.setCounters(vat, { ...tables.counters(vat), ...zeroCounts })
    queue.push({ kind: 'collect', vat })
  }
}
