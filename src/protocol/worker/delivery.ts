/**
 * Deliveries: passed from the kernel to a vat, one at a time.
 *
 * Names in a delivery are the vat's own (`Vref`); the kernel has translated them by the vat's c-list. A
 * delivery and all its effects in the vat are one crank. The table of this wire is `docs/wires/delivery.md`.
 */
import type { BundleId, ObjectVref, PromiseVref, Vref } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'

/**
 * A settled promise, in the form for both directions of the wire. The promise's name ends here, unless the
 * promise is kept: then the name lasts until the vat retires it (`retirePromises`).
 */
export interface Resolution {
  readonly promise: PromiseVref
  readonly outcome: 'fulfilled' | 'rejected'
  readonly data: CapData<Vref>
  /** The promise was settled before the vat received or assigned this name. */
  readonly keep?: true
}

/**
 * `methargs` is the smallcaps of `[method, args]`; `method` is a string, a symbol, or undefined for a call of
 * the target itself.
 */
export interface MessageDelivery {
  readonly kind: 'message'
  readonly target: Vref
  readonly methargs: CapData<Vref>
  /** The promise that the vat now decides, or null when no one waits for an answer. */
  readonly result: PromiseVref | null
  readonly room?: Room
}

/**
 * The code units that the vat's code may still store (`kernel/delivery/storage.ts`); absent if a delivery
 * cannot write
 * as much.
 */
export type Room = number

export type Delivery =
  /** Begins an incarnation: evaluate the bundle, call `buildRootObject(vatPowers, parameters, baggage)`. */
  | {
      readonly kind: 'startVat'
      readonly bundle: BundleId
      readonly parameters: CapData<Vref>
      /** 0 for the first incarnation of the vat, one more with each upgrade. */
      readonly incarnation: number
      /**
       * The value under `salvage` in the baggage before the code begins; absent where nothing was salvaged.
       */
      readonly salvage?: CapData<Vref>
      readonly room?: Room
      /** Tags of durable kinds to abandon if the code does not define them; absent if none. */
      readonly abandonKinds?: readonly string[]
      /**
       * Record which fields records would have (`estate.ts`). Only in a start that is undone; absent in all
       * others.
       */
      readonly probe?: true
    }
  | MessageDelivery
  /** Promises that the vat subscribed to are settled, all of the batch at once. */
  | { readonly kind: 'notify'; readonly resolutions: readonly Resolution[]; readonly room?: Room }
  /** These exports are unreachable from outside; the vat may release them. */
  | { readonly kind: 'dropExports'; readonly exports: readonly ObjectVref[] }
  /** These exports are no longer even recognisable from outside; their names have ended. */
  | { readonly kind: 'retireExports'; readonly exports: readonly ObjectVref[] }
  /** These imports no longer exist; their names will not be used again. */
  | { readonly kind: 'retireImports'; readonly imports: readonly ObjectVref[] }
  /**
   * Report which imports are unreferenced. The engine collects first, and finds all dead objects; `done`
   * continues with the findings of an earlier search, since a search takes time in proportion to the heap.
   */
  | { readonly kind: 'bringOutYourDead'; readonly search?: 'done' }

export type DeliveryKind = Delivery['kind']

/**
 * Deliveries about the lifecycle of objects, initiated by the kernel. They run only the supervisor, no code
 * of the vat's author.
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
export const collectsFirst = (delivery: Delivery): boolean =>
  delivery.kind === 'bringOutYourDead' && delivery.search !== 'done'
