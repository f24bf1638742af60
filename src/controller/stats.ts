/** The figures of the vats as the host gets them. */
import type { StoreFigures, VatFigures } from '../store/store.ts'
import type { VatTally } from './tallies.ts'

/** Of a vat, by the store alone. */
export interface StoredVatStats extends Omit<VatFigures, 'heapPages'> {
  /** Of the last snapshot: pages that are not those of the base image. */
  readonly heapBytes: number
}

/** Figures that are in the store. */
export interface StoredStats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly StoredVatStats[]
}

/** Figures of one vat. */
export interface VatStats extends StoredVatStats {
  /** Since this process opened the store: times depend on the machine, and another process counts anew. */
  readonly process: VatTally
}

/** What the vats have done, and what they take. */
export interface Stats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly VatStats[]
}
