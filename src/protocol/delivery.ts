/**
 * Deliveries: what the kernel hands to a vat, one at a time.
 *
 * Names in a delivery are the vat's own (`Vref`); the kernel has translated them by the vat's
 * c-list. A delivery and everything that follows from it in the vat is one crank.
 * The table of this wire is `docs/wires/delivery.md`.
 */
import type { BundleId, ObjectVref, PromiseVref, Vref } from '../base/ids.ts'
import type { CapData } from './capdata.ts'

/**
 * A promise that is settled, as both directions of the wire write it. Its name ends with it, unless the promise
 * is to be kept: then the name lasts until the vat retires it (`retirePromises`).
 */
export interface Resolution {
  readonly promise: PromiseVref
  readonly outcome: 'fulfilled' | 'rejected'
  readonly data: CapData<Vref>
  /** The promise was settled before the vat got, or gave it, this name. */
  readonly keep?: true
}

/** `methargs` is the smallcaps of `[method, args]`; `method` is a string, a symbol, or undefined for a call of the target itself. */
export interface MessageDelivery {
  readonly kind: 'message'
  readonly target: Vref
  readonly methargs: CapData<Vref>
  /** The promise that the vat now decides, or null when nobody waits for an answer. */
  readonly result: PromiseVref | null
  readonly room?: Room
}

/** How many code units more the vat's code may store (`kernel/storage.ts`); absent where that is more than a delivery can write. */
export type Room = number

export type Delivery =
  /** Begins an incarnation: evaluate the bundle, call `buildRootObject(vatPowers, parameters, baggage)`. */
  | {
      readonly kind: 'startVat'
      readonly bundle: BundleId
      readonly parameters: CapData<Vref>
      /** 0 for the first life of the vat, one more with each upgrade. */
      readonly incarnation: number
      /** What the baggage has under `salvage` before the code begins; absent where nothing was salvaged. */
      readonly salvage?: CapData<Vref>
      readonly room?: Room
      /** Tags of durable kinds that are abandoned where the code does not define them; absent where none are. */
      readonly abandonKinds?: readonly string[]
      /** Write down which fields records would have (`estate.ts`). Only in a start that is undone; absent in all others. */
      readonly probe?: true
    }
  | MessageDelivery
  /** Promises the vat subscribed to are settled; all of the batch at once. */
  | { readonly kind: 'notify'; readonly resolutions: readonly Resolution[]; readonly room?: Room }
  /** Nobody else can reach these exports now; the vat may let go of them. */
  | { readonly kind: 'dropExports'; readonly exports: readonly ObjectVref[] }
  /** Nobody else can even recognise these exports now; their names are gone. */
  | { readonly kind: 'retireExports'; readonly exports: readonly ObjectVref[] }
  /** These imports are gone; their names will not be used again. */
  | { readonly kind: 'retireImports'; readonly imports: readonly ObjectVref[] }
  /**
   * Say what of the imports is not held any more. The engine collects first, and finds all that is dead; `done`
   * goes on with what an earlier one has found, since a search takes as long as the heap is large.
   */
  | { readonly kind: 'bringOutYourDead'; readonly search?: 'done' }

export type DeliveryKind = Delivery['kind']

/**
 * Deliveries that the kernel makes by itself about what has become of objects. Only the supervisor runs in one: nothing
 * of the vat's author's.
 */
const upkeep: { readonly [Kind in DeliveryKind]: boolean } = {
  startVat: false,
  message: false,
  notify: false,
  dropExports: true,
  retireExports: true,
  retireImports: true,
  bringOutYourDead: true,
}

export const isUpkeep = (kind: DeliveryKind): boolean => upkeep[kind]

/** Whether the engine collects all garbage before the delivery. */
export const collectsFirst = (delivery: Delivery): boolean => delivery.kind === 'bringOutYourDead' && delivery.search !== 'done'
