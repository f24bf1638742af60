/**
 * The kernel's events and its reports on them: two closed unions. Each event is one crank or none; the
 * controller seals the crank after it. `crank` is its number.
 */
import type { OnFault } from '../results.ts'
import type { CollectionSchedule } from '../host/gcSchedule.ts'
import type { VatId } from '../../base/ids.ts'
import type { InboxItem } from '../host/inbox.ts'
import type { WorkerVersion } from '../worker/worker.ts'
import type { Pause, WatchedRejection } from './views.ts'

export type KernelEvent =
  /** Once, in a new store. */
  | {
      readonly kind: 'initialise'
      readonly config: KernelConfig
      readonly worker: WorkerVersion
    }
  /** An item of the inbox, taken by its number. */
  | { readonly kind: 'accept'; readonly crank: number; readonly sequence: number; readonly item: InboxItem }
  /** The next item of the run-queue. */
  | { readonly kind: 'crank'; readonly crank: number; readonly cleaning?: CrankCleaning }
  /**
   * The block is about to be committed. Only a kernel of release 0.1.0 acts on this: it takes the snapshots
   * that are due.
   */
  | { readonly kind: 'endBlock' }

/** Whether an idle kernel does a step of cleanup; the default is to do so. */
export type CrankCleaning = 'do' | 'leave'

export type KernelReport =
  | { readonly kind: 'initialised' }
  | { readonly kind: 'accepted'; readonly rejections?: readonly WatchedRejection[] }
  /** The kernel was idle. One of release 0.1.0 omits `crank`, and for it this counts as a crank. */
  | { readonly kind: 'idle'; readonly crank?: 'none' }
  /** No crank was run: the kernel is paused. */
  | { readonly kind: 'paused'; readonly pause: Pause }
  | {
      readonly kind: 'cranked'
      readonly item: CrankKind
      /** The vat that ran, or null when the kernel did all the work itself. */
      readonly vat: VatId | null
      readonly computrons: bigint
      /** Of requests with `onRejection`. A kernel of release 0.1.0 omits it. */
      readonly rejections?: readonly WatchedRejection[]
    }
  /** A kernel of release 0.1.0 omits `crank`, and for it this counts as a crank. */
  | { readonly kind: 'blockEnded'; readonly crank?: 'none' }

/** The work of a crank: the kind of its queue item, or `clean` for a step of cleanup after an ended vat. */
export type CrankKind =
  | 'send'
  | 'notify'
  | 'collect'
  | 'release'
  | 'start'
  | 'upgrade'
  | 'receive'
  | 'wakeups'
  | 'react'
  | 'ended'
  | 'clean'

/** The settings of a new store. */
export interface KernelConfig {
  /** A snapshot is due after this many deliveries to a vat. */
  readonly snapshotInterval: number
  /** A vat is asked to collect its garbage after this many deliveries. */
  readonly collectionInterval: number
  /** Other triggers of a collection; absent in a store of release 0.1.0. */
  readonly collection?: CollectionSchedule
  /** Decimal digits. */
  readonly computronsPerDelivery: string
  readonly heapLimitPages: number
  /** The rows that one step of cleanup may change. */
  readonly cleanupBudget: number
  /** The maximum number of vats; absent means unlimited. */
  readonly maxVats?: number
  /** The default storage limit of a vat; absent means unlimited. */
  readonly storageLimit?: number
  /** The default action when a delivery fails; absent means `reject`. */
  readonly onFault?: OnFault
}
