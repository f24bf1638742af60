/** Figures of the vats and of the store. */
import type { DeliveryOutcome } from '../kernel/platform.ts'
import type { VatFigures, StoreFigures } from '../store/views.ts'

/** A failed delivery of the vat's own fault. */
export interface VatFault {
  readonly crank: number
  /** The kind of failure: the worker's outcome. */
  readonly kind: Exclude<DeliveryOutcome['kind'], 'done'>
}

/** Costs of a vat since this process opened the store. */
export interface VatTally {
  readonly deliveries: number
  readonly computrons: bigint
  /** Time in the vat's worker and in the kernel's handling of its syscalls. */
  readonly milliseconds: number
  readonly lastFault: VatFault | null
}

/** A vat's figures from the store alone. */
export interface StoredVatStats extends Omit<VatFigures, 'heapPages'> {
  /** Of the last snapshot: pages beyond those of the base image. */
  readonly heapBytes: number
}

/** Figures in the store. */
export interface StoredStats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly StoredVatStats[]
}

/** Figures of one vat. */
export interface VatStats extends StoredVatStats {
  /**
   * Since this process opened the store: times depend on the machine, and another process starts from zero.
   */
  readonly process: VatTally
}

/** Work and resource use of the vats. */
export interface Stats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly VatStats[]
}
