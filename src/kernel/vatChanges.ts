/** Changing the options of a vat that is there. What may be asked for is in `services/vatOptions.ts` and `protocol/inbox.ts`. */
import type { ObjectKref, VatId } from '../base/ids.ts'
import type { CollectionSchedule } from '../protocol/collection.ts'
import type { Importance, OnFault } from '../protocol/results.ts'
import type { Meters } from './meters.ts'
import type { KernelPorts } from './ports.ts'
import type { VatRecord } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

/** What may be changed; what is not there stays. */
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
  readonly ports: KernelPorts
  readonly meters: Meters
}

/**
 * More heap is there at once. Less is from the next incarnation on: the vat may have more already, and
 * its transcript was written with more.
 */
export function changeVat({ tables, ports, meters }: ChangeParts, vat: VatId, changes: VatChanges): void {
  const record = tables.vat(vat)
  const { heapLimitPages: pages, meter, ...others } = changes
  const changed = { ...record, ...others, ...limitOf(record, pages) }
  tables.setVat(vat, meter === undefined ? changed : meters.hold(changed, meter))
  // The worker has the limit that it was brought back with.
  if (pages !== undefined && pages > record.heapLimitPages) ports.workers.discard(vat)
}

function limitOf({ heapLimitPages }: VatRecord, pages: number | undefined): Partial<VatRecord> {
  if (pages === undefined) return {}
  return pages < heapLimitPages ? { nextHeapLimitPages: pages } : { heapLimitPages: pages, nextHeapLimitPages: null }
}
