/**
 * The kernel's events and its reports on them: two closed unions. Each event is one crank or none; the host
 * seals the crank after it. `crank` is its number.
 */
import type { OnFault } from '../results.ts'
import type { CollectionSchedule } from '../host/gcSchedule.ts'
import type { VatId } from '../../base/ids.ts'
import type { InboxItem } from '../host/requests.ts'
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
  /**
   * The kernel has taken the place of another: it looks at so many rows of its tables, and brings them to its
   * own version. Nothing else is asked of it before it reports that it is done. Since interface level 2.
   */
  | { readonly kind: 'migrate'; readonly crank: number; readonly rows: number }
  /** The next item of the run-queue. */
  | { readonly kind: 'crank'; readonly crank: number; readonly cleaning: CrankCleaning }

/** What a step of a migration did in one piece, or in all of them. */
export interface MigratedRows {
  readonly step: string
  readonly table: string
  /** The rows that it looked at. */
  readonly rows: number
  /** Those of them for which it wrote something. */
  readonly changed: number
}

/** A step that a migration would have. */
export interface PlannedStep {
  readonly step: string
  readonly table: string
  /** The versions of tables that it leads from and to; the same for rows of an older form of a version. */
  readonly from: number
  readonly to: number
  /** At most so many rows are to be looked at. */
  readonly rows: number
}

/** Whether an idle kernel does a step of cleanup. */
export type CrankCleaning = 'do' | 'leave'

export type KernelReport =
  | { readonly kind: 'initialised' }
  /** `tables`: the steps of this event, in order. */
  | { readonly kind: 'migrated'; readonly tables: readonly MigratedRows[]; readonly done: boolean }
  | { readonly kind: 'accepted'; readonly rejections: readonly WatchedRejection[] }
  /** There was nothing to do. */
  | { readonly kind: 'idle' }
  /** No crank was run: the kernel is paused. */
  | { readonly kind: 'paused'; readonly pause: Pause }
  | {
      readonly kind: 'cranked'
      readonly item: CrankKind
      /** The vat that ran, or null when the kernel did all the work itself. */
      readonly vat: VatId | null
      readonly computrons: bigint
      /** Of requests with `onRejection`. */
      readonly rejections: readonly WatchedRejection[]
    }

/** The work of a crank: the kind of its queue item, or `clean` for a step of cleanup after an ended vat. */
export type CrankKind =
  | 'send'
  | 'notify'
  | 'collect'
  | 'release'
  | 'start'
  | 'upgrade'
  | 'upgradeWorker'
  | 'rollout'
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
  /** Decimal digits. */
  readonly computronsPerDelivery: string
  readonly heapLimitPages: number
  /** The default storage limit of a vat. */
  readonly storageLimit: number
  /** The rows that one step of cleanup may change. */
  readonly cleanupBudget: number
  /** The default action when a delivery fails; null means `reject`. */
  readonly onFault: OnFault | null
  /** The maximum number of vats; null means unlimited. */
  readonly maxVats: number | null
  /** Other triggers of a collection, if any. */
  readonly collection: CollectionSchedule | null
}
