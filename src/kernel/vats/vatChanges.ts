/**
 * Changing the options of an existing vat. The options are defined in `services/vatAdmin/vatOptions.ts` and
 * `protocol/host/inbox.ts`.
 */
import { assert } from '../../base/errors.ts'
import type { ObjectKref, VatId } from '../../base/ids.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import type { Importance, OnFault } from '../../protocol/results.ts'
import type { Meters } from '../delivery/meters.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

/** The settings to change; absent ones stay. */
export interface VatChanges {
  readonly computronsPerDelivery?: string
  readonly heapLimitPages?: number
  readonly storageLimit?: number
  readonly onFault?: OnFault
  readonly importance?: Importance
  readonly collection?: CollectionSchedule
  readonly meter?: ObjectKref
}

export interface ChangeParts {
  readonly tables: Tables
  readonly ports: KernelPlatform
  readonly meters: Meters
}

/**
 * A larger heap limit applies at once. A lower one applies from the next incarnation on: the heap may be
 * larger already, and the transcript was written with more.
 */
export function changeVat({ tables, ports, meters }: ChangeParts, vat: VatId, changes: VatChanges): void {
  const record = tables.vat(vat)
  const { heapLimitPages: pages, meter, ...others } = changes
  assert(pages === undefined || pages >= 1, 'the options of a vat are checked before they are changed')
  const changed = { ...record, ...others, ...limitOf(record, pages) }
  tables.setVat(vat, meter === undefined ? changed : meters.hold(changed, meter))
  // The worker has the limit with which it was restored.
  if (pages !== undefined && pages > record.heapLimitPages) ports.workers.discard(vat)
}

function limitOf({ heapLimitPages }: VatRecord, pages: number | undefined): Partial<VatRecord> {
  if (pages === undefined) return {}
  return pages < heapLimitPages
    ? { nextHeapLimitPages: pages }
    : { heapLimitPages: pages, nextHeapLimitPages: null }
}
