/**
 * The size of a vat's own space, counted on each write, and its limit.
 *
 * Sq1. An entry counts the UTF-16 code units of its key and value, and `storageLimits.entry` besides. It is
 *      counted with each write, and the audit counts it again.
 * Sq2. A delivery that runs the vat's own code carries the remaining room, when a delivery could write as
 *      much. The supervisor then throws at the write that does not fit, and the vat's code can catch that.
 * Sq3. The kernel does not rely on that: a delivery that leaves the vat above its limit is undone. The
 *      supervisor's own data have a reserve beyond the limit.
 * Sq4. A delivery that reduces the stored size is never refused, nor is upkeep within the reserve, however
 *      far the vat exceeds a limit that was lowered.
 * Sq5. The start of an heir has room of its own, so that no vat can block its upgrade by what it stores.
 * Sq6. Data stored by a kernel that did not count are neither counted nor limited, until a migration of the
 *      tables counts them.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { StorageView } from '../../protocol/kernel/views.ts'
import { isUpkeep, type Delivery, type DeliveryKind } from '../../protocol/worker/delivery.ts'
import { storageLimits } from '../../protocol/limits.ts'
import type { VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import type { Stored } from '../tables/vatCounts.ts'

export const sizeOfEntry = (key: string, value: string): number =>
  key.length + value.length + storageLimits.entry

/** A vat's stored size and limit, for people; null where it is not counted (Sq6), or the vat has ended. */
export function storageOf(tables: Tables, vat: VatId): StorageView | null {
  const stored = tables.counts.stored(vat)
  return stored === undefined ? null : { ...stored, limit: tables.vat(vat).storageLimit ?? null }
}

/** Counts the changes of one delivery. */
export class StoredCount {
  readonly before: Stored
  #units: number
  #entries: number

  constructor(before: Stored) {
    this.before = before
    this.#units = before.units
    this.#entries = before.entries
  }

  get now(): Stored {
    return { units: this.#units, entries: this.#entries }
  }

  replaced(key: string, before: string | undefined, after: string | null): void {
    if (before !== undefined) this.#add(-1, key, before)
    if (after !== null) this.#add(1, key, after)
  }

  #add(sign: 1 | -1, key: string, value: string): void {
    this.#entries += sign
    this.#units += sign * sizeOfEntry(key, value)
    assert(this.#entries >= 0 && this.#units >= 0, 'a vat deletes only what it has stored (Sq1)')
  }
}

type Limited = Pick<VatRecord, 'storageLimit'>

export class Storage {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Begins to count a delivery; undefined for a vat whose data are not counted (Sq6). */
  begin(vat: VatId): StoredCount | undefined {
    const stored = this.#tables.counts.stored(vat)
    return stored === undefined ? undefined : new StoredCount(stored)
  }

  /** The delivery, with the room that is left (Sq2). */
  withRoom(delivery: Delivery, { storageLimit }: Limited, count: StoredCount | undefined): Delivery {
    if (storageLimit === undefined || count === undefined) return delivery
    if (delivery.kind !== 'startVat' && delivery.kind !== 'message' && delivery.kind !== 'notify')
      return delivery
    const left = Math.max(storageLimit - count.before.units, 0)
    if (left >= storageLimits.reportedRoom) return delivery
    return { ...delivery, room: delivery.kind === 'startVat' ? Math.max(left, storageLimits.start) : left }
  }

  /** Whether the delivery must be undone (Sq3). */
  isExceeded({ storageLimit }: Limited, kind: DeliveryKind, { before, now }: StoredCount): boolean {
    return (
      storageLimit !== undefined &&
      now.units > before.units &&
      now.units > maxUnits(storageLimit, kind, before.units)
    )
  }

  /** Records the count of a delivery that stands. */
  end(vat: VatId, { before, now }: StoredCount): void {
    if (now.units !== before.units || now.entries !== before.entries) this.#tables.counts.setStored(vat, now)
  }
}

/** Sq3, Sq4, Sq5. */
function maxUnits(limit: number, kind: DeliveryKind, before: number): number {
  if (isUpkeep(kind)) return Math.max(limit, before) + storageLimits.reserve
  if (kind === 'startVat') return Math.max(limit, before) + storageLimits.start + storageLimits.reserve
  return limit + storageLimits.reserve
}
