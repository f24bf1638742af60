/**
 * The limits of a delivery to a vat, and its worker.
 *
 * Vl1. Deliveries that the kernel itself initiates have a limit that suits the size of the vat's heap, where
 *      the vat's own is smaller: no vat is at fault for the size of the heap that it is asked to search.
 * Vl2. A limit is a function of the vat's record and the kind of the delivery, so that it is the same on
 *      every node.
 */
import { assert } from '../../base/errors.ts'
import { isUpkeep, type DeliveryKind } from '../../protocol/worker/delivery.ts'
import { maxHeapPages, memoryPageSize, upkeepComputrons, upkeepHeapShare } from '../../protocol/limits.ts'
import type { DeliveryLimits, ReplayLimits } from '../../protocol/worker/worker.ts'
import type { WorkerAssignment } from '../../protocol/kernel/platform.ts'
import type { VatRecord } from '../tables/records.ts'

export const assignmentOf = ({ worker, heapLimitPages }: VatRecord): WorkerAssignment => ({
  version: worker,
  heapLimitPages,
})

type Limited = Pick<VatRecord, 'computronsPerDelivery' | 'heapLimitPages'>

/** Vl2. */
export function limitsOf(
  { computronsPerDelivery, heapLimitPages }: Limited,
  kind: DeliveryKind,
): DeliveryLimits {
  const own = BigInt(computronsPerDelivery)
  assert(own > 0n && heapLimitPages > 0, 'a vat has room for a delivery')
  if (!isUpkeep(kind)) return { computrons: own }
  const least =
    upkeepComputrons.fixed + upkeepComputrons.perHeapByte * BigInt(heapLimitPages * memoryPageSize)
  const room = Math.ceil(heapLimitPages / upkeepHeapShare)
  return { computrons: own > least ? own : least, heapPages: Math.min(maxHeapPages, heapLimitPages + room) }
}

/** Deliveries recorded under the vat's meters are replayed without them. */
export const replayLimitsOf = (record: Limited): ReplayLimits => ({
  ...limitsOf(record, 'message'),
  upkeep: limitsOf(record, 'bringOutYourDead'),
})

export const heapPages = (bytes: number): number => Math.floor(bytes / memoryPageSize)
