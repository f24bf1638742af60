/** Figures of the vats, as the host receives them. */
import type { StoreFigures, VatFigures } from '../store/store.ts'
import type { VatTally } from './tallies.ts'

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
