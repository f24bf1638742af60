/**
 * Snapshots of heaps: when one is due, and taking it.
 *
 * Hs1. A snapshot is due after the start of an incarnation, and after every `snapshotInterval` deliveries to
 *      a vat: decided by counts, never by time, memory or the ends of blocks.
 * Hs2. It is taken at the end of the crank in which it fell due, as part of that crank. Undoing the delivery
 *      also undoes that it was due.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { DeliveryKind } from '../../protocol/worker/delivery.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { VatCounters, VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import { assignmentOf } from './vatLimits.ts'

interface SnapshotParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
}

export class Snapshots {
  readonly #parts: SnapshotParts
  /** Vats that became due in this crank, undone or not: saves a state lookup in every crank. */
  readonly #noted = new Set<VatId>()

  constructor(parts: SnapshotParts) {
    this.#parts = parts
  }

  /** Begins a crank. */
  begin(): void {
    this.#noted.clear()
  }

  /** Counts a delivery (Hs1). Returns the counters after it. */
  count(vat: VatId, counters: VatCounters, delivery: DeliveryKind): VatCounters {
    const { tables } = this.#parts
    const sinceSnapshot = counters.sinceSnapshot + 1
    assert(sinceSnapshot > 0, 'deliveries since a snapshot are counted up (Hs1)')
    if (delivery !== 'startVat' && sinceSnapshot < tables.config().snapshotInterval)
      return { ...counters, sinceSnapshot }
    tables.snapshotsDue.add(vat)
    this.#noted.add(vat)
    return { ...counters, sinceSnapshot: 0 }
  }

  /** Hs2. */
  takeDue(): void {
    const { tables } = this.#parts
    for (const vat of this.#noted) {
      if (!tables.snapshotsDue.has(vat)) continue
      tables.snapshotsDue.delete(vat)
      this.take(vat, tables.vat(vat))
    }
  }

  /** Saves the heap of the vat, and writes the record with its hash. */
  take(vat: VatId, record: VatRecord): void {
    const { ports, tables } = this.#parts
    const heapHash = ports.workers.snapshot(vat, assignmentOf(record))
    ports.transcripts.beginSpan(vat, 'snapshot')
    tables.setVat(vat, { ...record, heapHash })
  }
}
