/** The records in the kernel's tables, as their values are read and written. */
import type { BundleFormat } from '../../protocol/bundle/bundle.ts'
import type { BundleId, Hash, Kref, ObjectKref, PromiseKref, VatId, Vref, WorkerId } from '../../base/ids.ts'
import type { KernelConfig } from '../../protocol/kernel/events.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import type { Importance, OnFault, ReasonData } from '../../protocol/results.ts'
import type { Requester } from '../../protocol/reports/history.ts'
import type { UpgradeChoices, WatchPolicy } from '../../protocol/host/inbox.ts'
import type { Salvaged } from '../../protocol/worker/salvage.ts'
import type { RolloutView } from '../../protocol/worker/rollout.ts'
import type { WorkerUpgradeChoices } from '../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { VatStatus, CleanupPhase } from '../../protocol/kernel/views.ts'
import { tablesVersion } from './migrations.ts'

/** The store's settings (`KernelConfig`) as a row: one that is null is not stored. */
export interface Config extends Pick<
  KernelConfig,
  | 'snapshotInterval'
  | 'collectionInterval'
  | 'computronsPerDelivery'
  | 'heapLimitPages'
  | 'cleanupBudget'
> {
  readonly tablesVersion: number
  /** The worker of a new incarnation, unless its creator chooses another. */
  readonly worker: WorkerId
  /** The storage limit of a vat without its own; absent means unlimited. */
  readonly storageLimit?: number
  readonly onFault?: OnFault
  readonly maxVats?: number
  readonly collection?: CollectionSchedule
}

/** The row of a new store's settings. */
export const configOf = (
  { onFault, maxVats, collection, ...config }: KernelConfig,
  worker: WorkerId,
): Config => ({
  tablesVersion,
  worker,
  ...config,
  ...(onFault === null ? {} : { onFault }),
  ...(maxVats === null ? {} : { maxVats }),
  ...(collection === null ? {} : { collection }),
})

export interface VatRecord {
  /** The host's name for the vat; unique. */
  readonly name: string
  /** The creator's label for the vat, if different. */
  readonly label?: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerVersion
  readonly heapLimitPages: number
  readonly computronsPerDelivery: string
  /** The vat's own schedule, if any. */
  readonly collection?: CollectionSchedule
  /** The meter that pays for the vat's cranks; absent means none. It is held (Rk1). */
  readonly meter?: ObjectKref
  /** The vat's storage limit, in code units (`storage.ts`); absent means unlimited. */
  readonly storageLimit?: number
  /** The bounded vatAdmin that created the vat; absent means none. It is held (Rk1). */
  readonly maker?: ObjectKref
  readonly onFault: OnFault
  readonly importance: Importance
  /**
   * Whether the supervisor of this incarnation keeps names of settled promises (`docs/wires/delivery.md`).
   */
  readonly keepsPromises?: true
  /** The heap limit from the next incarnation on, if lower than the current one. */
  readonly nextHeapLimitPages: number | null
  /** The heap at the last snapshot of this incarnation, or null before the first. */
  readonly heapHash: Hash | null
}

/** The retained data of a vat that has ended, while its admin node is held or it is being cleaned up. */
export interface EndedVat {
  readonly name: string
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: Extract<VatStatus, { kind: 'terminated' }>
  /** The completion value or the reason of the failure; held. */
  readonly data: ReasonData
  /**
   * New requests for the end must wait (Te3): the item that reports the end is not in the run-queue yet, or
   * is there. Absent once it has been reported.
   */
  readonly telling?: 'waits' | 'announced'
}

/** Work that is done in bounded steps when nothing else is to be done. */
export type Job = {
  readonly vat: VatId
  /** Steps done, and rows that they changed. */
  readonly steps: number
  readonly rows: number
} & (
  /** Cleans up after a vat that has ended. */
  | {
      readonly kind: 'clean'
      readonly phase: CleanupPhase
      /** The number of transcript entries still to delete. */
      readonly entries: number
    }
  /**
   * Deletes the data of a vat that was retained, after its record, for holders of its admin node: it is now
   * unreferenced.
   */
  | { readonly kind: 'forget' }
)

export type JobOf<Kind extends Job['kind']> = Extract<Job, { readonly kind: Kind }>

/**
 * A c-list entry's state beside the vat's name for the object or promise.
 *
 * | mark | of                                                                                             |
 * |------|------------------------------------------------------------------------------------------------|
 * | `R`  | an object that the vat can reach, or a promise whose name ends when it is settled              |
 * | `_`  | an object that the vat can only recognise                                                      |
 * | `K`  | a kept promise, settled before the vat received the name; a notification is pending            |
 * | `T`  | a kept promise whose resolution the vat knows                                                  |
 */
export type EntryMark = 'R' | '_' | 'K' | 'T'

export interface Entry {
  readonly mark: EntryMark
  readonly reachable: boolean
  readonly vref: Vref
}

export interface VatCounters {
  imports: number
  promises: number
  sinceSnapshot: number
  sinceCollection: number
  /**
   * References passed to the vat, and computrons that it used, since the last collection request; 0 unless
   * its schedule uses them.
   */
  references: number
  computrons: bigint
}

/** The owner of an object. The owner of an orphan has released it, or no longer exists. */
export type Owner = VatId | 'kernel' | 'abandoned' | 'terminated'

export interface ObjectRecord {
  readonly owner: Owner
  /** The number of references that can send to it. */
  readonly reachable: number
  /** The number of references that can at least recognise it; never less than `reachable`. */
  readonly recognizable: number
}

export type PromiseState = 'unresolved' | 'fulfilled' | 'rejected'

export interface PromiseRecord {
  readonly state: PromiseState
  /** The vat that will settle it; `kernel` while the kernel decides it; meaningless once settled. */
  readonly decider: VatId | 'kernel'
  readonly references: number
  /** The number of messages that wait for it. */
  readonly queued: number
  /** Notified when it is settled; `kernel` when the kernel itself has a reaction (`Reaction`). */
  readonly subscribers: readonly (VatId | 'kernel')[]
  /** For the result of a request that the host sent with a policy: the action on rejection. */
  readonly onRejection?: RejectionWatch
}

export interface RejectionWatch {
  readonly policy: WatchPolicy
  /** The number of the request. */
  readonly sequence: number
}

export interface Message {
  readonly methargs: CapData
  readonly result: PromiseKref | null
}

export type QueueItem =
  | { readonly kind: 'send'; readonly target: Kref; readonly message: Message }
  | { readonly kind: 'notify'; readonly vat: VatId; readonly promise: PromiseKref }
  /** The vat must collect its garbage. */
  | {
      readonly kind: 'collect'
      readonly vat: VatId
      /**
       * The number in a series of collections that each follow one that left garbage; absent for the first.
       */
      readonly again?: number
      /** It continues with the findings of an earlier search. */
      readonly search?: 'done'
    }
  /** The vat is notified of GC actions: on its exports, or on imports that it can only recognise. */
  | {
      readonly kind: 'release'
      readonly vat: VatId
      readonly action: GcAction
      readonly objects: readonly ObjectKref[]
    }
  | {
      readonly kind: 'start'
      readonly vat: VatId
      readonly parameters: CapData
      readonly result: PromiseKref
      readonly by: Requester
    }
  | UpgradeItem
  | WorkerUpgradeItem
  /** The rollout moves its next vat, although the kernel has other work (Rol4). */
  | { readonly kind: 'rollout' }
  /** The first item that waits at the port is received, if there is a receiver. */
  | { readonly kind: 'receive'; readonly port: string }
  /** Wakeups are due. */
  | { readonly kind: 'wakeups' }
  /** The promise is settled and the kernel itself has a reaction. */
  | { readonly kind: 'react'; readonly promise: PromiseKref }
  /**
   * The promises that wait for the end of the vat are settled (Te3). The item holds the admin node, and with
   * it how the vat ended.
   */
  | { readonly kind: 'ended'; readonly vat: VatId; readonly adminNode: ObjectKref }

/** The parameters are empty when those of the previous incarnation are kept. */
export interface UpgradeItem extends UpgradeChoices {
  readonly kind: 'upgrade'
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  readonly result: PromiseKref
  readonly by: Requester
  /** The krefs in it are held (Rk1). */
  readonly salvage?: Salvaged
}

/** A vat is moved to another worker version. */
export interface WorkerUpgradeItem extends WorkerUpgradeChoices {
  readonly kind: 'upgradeWorker'
  readonly vat: VatId
  readonly worker: WorkerId
  readonly result: PromiseKref
  readonly by: Requester
}

/** A rollout (`protocol/worker/rollout.ts`). */
export interface Rollout extends RolloutView {
  /** Whether an item `rollout` is in the run-queue. */
  readonly queued: 'yes' | 'no'
}

/** A vat that drains before its upgrade, and the number of cranks left for it. */
export interface Draining {
  readonly vat: VatId
  readonly left: number
}

/**
 * An installed bundle of the kind `vat`. `code`: the script from which vats are created, if the bundle is not
 * a script itself.
 */
export interface InstalledBundle {
  readonly format: BundleFormat
  readonly code: BundleId | undefined
}

/** Objects of the kernel itself. */
export type Service =
  /** Absent means unlimited. */
  | { readonly kind: 'vatAdmin'; readonly bound?: VatBound }
  /** The `vatAdmin` with additional methods, for the first vat. */
  | { readonly kind: 'vatAdminRoot' }
  /** Its holder may create critical vats. */
  | { readonly kind: 'criticalVatKey' }
  /** Holds the bounded vatAdmin. */
  | { readonly kind: 'vatBound'; readonly vatAdmin: ObjectKref }
  | { readonly kind: 'adminNode'; readonly vat: VatId }
  /** Stands for an installed bundle; exists while it is referenced. */
  | { readonly kind: 'bundleCap'; readonly bundle: BundleId }
  | { readonly kind: 'meter'; readonly meter: Meter }
  /** Holds the meter. */
  | { readonly kind: 'notifier'; readonly meter: ObjectKref }
  | { readonly kind: 'port'; readonly name: string }
  | { readonly kind: 'timer' }
  | {
      readonly kind: 'repeater'
      readonly start: Time
      readonly interval: Time
      readonly token: ObjectKref | null
      /** Its current or last wakeup; null before the first, and once it was disabled. */
      readonly wakeup: number | null
    }
  /** Reads the time and schedules nothing. */
  | { readonly kind: 'timerClock' }
  /** Distinguishes the times of the timer from those of others. */
  | { readonly kind: 'timerBrand' }
  /** Holds its token. */
  | {
      readonly kind: 'timerNotifier'
      readonly start: Time
      readonly interval: Time
      readonly token: ObjectKref | null
      /** The wakeup by which its token finds it; null when it has none, or has ended. */
      readonly wakeup: number | null
      /** The time of its cancellation; null until then. */
      readonly final: Time | null
    }
  /** Holds its notifier. */
  | {
      readonly kind: 'timerIterator'
      readonly notifier: ObjectKref
      /** Decimal digits; null before the first update, and after the last. */
      readonly updateCount: string | null
      /** Whether an answer is pending. */
      readonly asked: boolean
    }

/** Permanent singleton services. */
export type ServiceRoot =
  'vatAdmin' | 'vatAdminRoot' | 'criticalVatKey' | 'timer' | 'timerClock' | 'timerBrand'

/** The maximum number of vats created with a vatAdmin, and the current number. */
export interface VatBound {
  readonly maxVats: number
  readonly vats: number
}

/** The remainder of a meter. Numbers are decimal digits. */
export type Meter =
  | { readonly kind: 'unlimited'; readonly updates?: MeterUpdates }
  | {
      readonly kind: 'limited'
      readonly remaining: string
      readonly threshold: string
      /** Promises that are fulfilled when less remains than the threshold. They are held (Rk2). */
      readonly waiting: readonly PromiseKref[]
      /** Absent until the remainder first drops below the threshold, or a promise waits for that. */
      readonly updates?: MeterUpdates
    }

/** All promises that the meter settles. */
export const waitingFor = (meter: Meter): readonly PromiseKref[] => [
  ...(meter.kind === 'limited' ? meter.waiting : []),
  ...(meter.updates?.waiting ?? []),
]

/** The updates that notifiers of a meter report. */
export interface MeterUpdates {
  /** How often the remainder has dropped below the threshold. */
  readonly count: number
  /** The remainder at the last drop. */
  readonly remaining: string
  /** Promises that are fulfilled at the next drop. They are held (Rk2). */
  readonly waiting: readonly PromiseKref[]
}

/** A point in time, or a duration, in decimal digits. */
export type Time = string

export interface PortRecord {
  /** The port as an object. */
  readonly object: ObjectKref
  /** The receiver; null when there is none. */
  readonly handler: ObjectKref | null
  /** The number of the last item that the host delivered. */
  readonly delivered: number
  /** The number of delivered items that wait to be received. */
  readonly waiting: number
  /** The number of received items that are not settled. */
  readonly unsettled: number
  /** The number of items that ever failed. */
  readonly failed: number
  /** The number of retained failures. */
  readonly failures: number
  /** The number of the last item that was sent to the host. */
  readonly sent: number
  /** The number of the last item that the host has acknowledged. */
  readonly acknowledged: number
}

/** An item for the host: its place in the outbox, and its references. */
export interface SentRecord {
  readonly sequence: number
  readonly slots: readonly ObjectKref[]
}

/** An event scheduled for a time. */
export type Wakeup = {
  readonly token: ObjectKref | null
} & (
  | { readonly kind: 'once'; readonly handler: ObjectKref; readonly due: Time }
  | { readonly kind: 'promise'; readonly promise: PromiseKref; readonly due: Time }
  /** `due` is null from the wake to its answer. */
  | {
      readonly kind: 'repeat'
      readonly handler: ObjectKref
      readonly start: Time
      readonly interval: Time
      readonly due: Time | null
    }
  /**
   * The promise is fulfilled with the update of a notifier at that time, or with its iterator's result from
   * it.
   */
  | {
      readonly kind: 'update'
      readonly promise: PromiseKref
      readonly start: Time
      readonly interval: Time
      readonly iterator: ObjectKref | null
      readonly due: Time
    }
  /**
   * A notifier that its token can cancel. It holds neither: the notifier holds the token, and ends this
   * wakeup when it is deleted.
   */
  | { readonly kind: 'notifier'; readonly notifier: ObjectKref; readonly due: null }
)

/** The kernel's action when a promise is settled. */
export type Reaction =
  /** `receive` was called with this item of the port. */
  | { readonly kind: 'received'; readonly port: string; readonly number: number }
  /** `wake` was called for this repeated wakeup. */
  | { readonly kind: 'woken'; readonly wakeup: number }

/**
 * `drop`, `retire`: an export is no longer reachable, or no longer even recognisable. `lose`: an import no
 * longer exists.
 */
export type GcAction = 'drop' | 'retire' | 'lose'
