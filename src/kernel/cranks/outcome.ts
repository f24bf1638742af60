/** How an item of the run-queue ends. */
import type { VatId } from '../../base/ids.ts'
import type { Exited, Failure } from '../delivery/deliveries.ts'

/** The outcome of an item. */
export type Outcome = Completed | Exited | Failure

export type Completed =
  /** Done; the item releases its references. */
  | { readonly kind: 'done'; readonly vat: VatId | null; readonly computrons: bigint }
  /** Parked, for a vat that is suspended or drains; the item keeps its references. */
  | { readonly kind: 'parked'; readonly vat: VatId; readonly computrons: bigint }
