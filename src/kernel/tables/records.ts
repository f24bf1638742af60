/**
 * What the tables of the kernel hold: the records, as their values are read and written.
 */
import type { BundleFormat } from '../../protocol/bundle.ts'
import type { BundleId, Hash, Kref, ObjectKref, PromiseKref, VatId, Vref, WorkerId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { CollectionSchedule } from '../../protocol/collection.ts'
import type { Importance, OnFault, PauseCode, ReasonData, SuspensionCause, VatEnd } from '../../protocol/results.ts'
import type { Requester } from '../../protocol/history.ts'
import type { UpgradeChoices, WatchPolicy } from '../../protocol/inbox.ts'
import type { Salvaged } from '../../protocol/salvage.ts'
import type { WorkerVersion } from '../../protocol/worker.ts'

/** The version of this layout. A kernel that changes it says how to get there (`from → steps`). */
export const tablesVersion = 1

export interface Config {
  readonly tablesVersion: number
  /** What a new incarnation starts on, unless its maker says otherwise. */
  readonly worker: WorkerId
  /** A snapshot is due after this many deliveries to a vat. */
  readonly snapshotInterval: number
  /** A vat is asked to collect its garbage after this many deliveries. */
  readonly collectionInterval: number
  /** What else asks a vat to collect; absent in a store of release 0.1.0. */
  readonly collection?: CollectionSchedule
  readonly computronsPerDelivery: string
  readonly heapLimitPages: number
  /** Rows that one step of cleaning up may change. */
  readonly cleanupBudget: number
  /** How many vats there may be; absent is without bound. */
  readonly maxVats?: number
  /** What a vat may store, unless its maker says otherwise; absent is without limit. */
  readonly storageLimit?: number
}

/** What a configuration lacks that was written before there was this. */
export const configDefaults = { cleanupBudget: 1_000 } as const satisfies Partial<Config>

/** `since` is the number of the crank in which it came to be so; null where the kernel did not record it yet. */
export type VatStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** An upgrade waits until the vat has the answers that it waits for; messages to it wait meanwhile. */
  | { readonly kind: 'draining'; readonly maxCranks: number; readonly since: number }
  | { readonly kind: 'suspended'; readonly cause: SuspensionCause; readonly message: string; readonly since: number | null }
  /** It has ended; what it leaves is being cleaned up. */
  | { readonly kind: 'terminated'; readonly end: VatEnd; readonly message: string; readonly since: number }

export interface VatRecord {
  readonly name: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerVersion
  readonly heapLimitPages: number
  readonly computronsPerDelivery: string
  /** Where the vat has a schedule of its own. */
  readonly collection?: CollectionSchedule
  /** The meter that pays for the vat's cranks; none when it is not there. It is held (R1). */
  readonly meter?: ObjectKref
  /** What the vat may store, in code units (`storage.ts`); absent is without limit. */
  readonly storageLimit?: number
  /** The bounded vatAdmin with which the vat was made; none when it is not there. It is held (R1). */
  readonly maker?: ObjectKref
  readonly onFault: OnFault
  readonly importance: Importance
  /** Whether the supervisor of this incarnation keeps names of settled promises (`docs/wires/delivery.md`). */
  readonly keepsPromises?: true
  /** The limit of the heap from the next incarnation on, where that is lower than the one now. */
  readonly nextHeapLimitPages: number | null
  /** The heap at the last snapshot of this incarnation, or null before the first. */
  readonly heapHash: Hash | null
}

/** What a record lacks that was written before there were these fields. */
export const vatDefaults = { onFault: 'reject', importance: 'ordinary', nextHeapLimitPages: null } as const satisfies Partial<VatRecord>

/** What is kept of a vat that has ended, for as long as somebody holds its admin node or it is being cleaned up. */
export interface EndedVat {
  readonly name: string
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: Extract<VatStatus, { kind: 'terminated' }>
  /** What the vat completed with, or why it failed; held. */
  readonly data: ReasonData
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
      /** How many transcript entries are left to forget. */
      readonly entries: number
    }
  /** Forgets what was kept of a vat, after its record, for the holders of its admin node: nobody holds it any more. */
  | { readonly kind: 'forget' }
)

export type JobOf<Kind extends Job['kind']> = Extract<Job, { readonly kind: Kind }>

/** What of a vat that has ended is cleaned up, in this order. */
export const cleanupPhases = ['askers', 'promises', 'parked', 'exports', 'imports', 'data', 'heap', 'transcript', 'history'] as const
export type CleanupPhase = (typeof cleanupPhases)[number]

/**
 * What a c-list entry says beside the vat's name for the object or promise.
 *
 * | mark | of                                                                                             |
 * |------|------------------------------------------------------------------------------------------------|
 * | `R`  | an object that the vat can reach, or a promise whose name ends when it is settled              |
 * | `_`  | an object that the vat can recognise only                                                      |
 * | `K`  | a kept promise, which was settled before the vat was given the name; the vat is to be notified |
 * | `T`  | a kept promise whose resolution the vat knows                                                  |
 */
export type EntryMark = 'R' | '_' | 'K' | 'T'

export interface Entry {
  readonly mark: EntryMark
  readonly reachable: boolean
  readonly vref: Vref
}

/** Why the kernel runs nothing. */
export interface Pause {
  /** The critical vat because of which it is, or null when the host asked for it. */
  readonly vat: VatId | null
  readonly code: PauseCode
  readonly message: string
  /** The number of the crank. */
  readonly since: number
}

export interface VatCounters {
  imports: number
  promises: number
  sinceSnapshot: number
  sinceCollection: number
  /** References passed to the vat, and computrons that it used, since it was asked to collect; 0 unless its schedule asks. */
  references: number
  computrons: bigint
}

/** Who answers for an object. An orphan's owner has let go of it, or is gone. */
export type Owner = VatId | 'kernel' | 'abandoned' | 'terminated'

export interface ObjectRecord {
  readonly owner: Owner
  /** How many references can send to it. */
  readonly reachable: number
  /** How many references can at least recognise it; never less than `reachable`. */
  readonly recognizable: number
}

export type PromiseState = 'unresolved' | 'fulfilled' | 'rejected'

export interface PromiseRecord {
  readonly state: PromiseState
  /** The vat that will settle it; `kernel` while it is in the kernel's hands; meaningless once settled. */
  readonly decider: VatId | 'kernel'
  readonly references: number
  /** How many messages wait for it. */
  readonly queued: number
  /** Who is told when it is settled; `kernel` when the kernel itself has something to do then (`Reaction`). */
  readonly subscribers: readonly (VatId | 'kernel')[]
  /** Of the result of a request that the host sent with a policy: what is done when it is rejected. */
  readonly onRejection?: RejectionWatch
}

export interface RejectionWatch {
  readonly policy: WatchPolicy
  /** The number of the request. */
  readonly sequence: number
}

/** A result that was rejected, as it will be reported. */
export interface WatchedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly data: ReasonData
}

export interface Message {
  readonly methargs: CapData
  readonly result: PromiseKref | null
}

export type QueueItem =
  | { readonly kind: 'send'; readonly target: Kref; readonly message: Message }
  | { readonly kind: 'notify'; readonly vat: VatId; readonly promise: PromiseKref }
  /** The vat is to bring out its dead. */
  | {
      readonly kind: 'collect'
      readonly vat: VatId
      /** Which one in a row it is of those that follow because the one before left garbage; absent for the first. */
      readonly again?: number
      /** It goes on with what an earlier one has found. */
      readonly search?: 'done'
    }
  /** The vat is told what has become of objects: of its exports, or of imports that it can only recognise. */
  | { readonly kind: 'release'; readonly vat: VatId; readonly action: GcAction; readonly objects: readonly ObjectKref[] }
  /** `by` absent is the host. */
  | { readonly kind: 'start'; readonly vat: VatId; readonly parameters: CapData; readonly result: PromiseKref; readonly by?: Requester }
  | UpgradeItem
  /** The first item that waits at the port is received, if somebody receives there. */
  | { readonly kind: 'receive'; readonly port: string }
  /** Wakeups are due. */
  | { readonly kind: 'wakeups' }
  /** The promise is settled and the kernel itself has something to do. */
  | { readonly kind: 'react'; readonly promise: PromiseKref }

/** The parameters are empty when those of the incarnation before are kept. `by` absent is the host. */
export interface UpgradeItem extends UpgradeChoices {
  readonly kind: 'upgrade'
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  readonly result: PromiseKref
  readonly by?: Requester
  /** The krefs in it are held (R1). */
  readonly salvage?: Salvaged
}

/** A vat that drains before its upgrade, and for how many cranks more it may. */
export interface Draining {
  readonly vat: VatId
  readonly left: number
}

/** A bundle of the kind `vat` that is installed. `code`: the script of which vats are made, where the bundle is none itself. */
export interface InstalledBundle {
  readonly format: BundleFormat
  readonly code: BundleId | undefined
}

/** Objects that the kernel itself answers for. */
export type Service =
  /** Absent is without bound. */
  | { readonly kind: 'vatAdmin'; readonly bound?: VatBound }
  /** Holds the vatAdmin, which has a bound. */
  | { readonly kind: 'vatBound'; readonly vatAdmin: ObjectKref }
  | { readonly kind: 'adminNode'; readonly vat: VatId }
  /** Stands for a bundle that is installed; there is one as long as it is referred to. */
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
      /** Its wakeup, or the last it had; null before the first. */
      readonly wakeup: number | null
    }

/** How many vats may be there that were made with a vatAdmin, and how many are. */
export interface VatBound {
  readonly maxVats: number
  readonly vats: number
}

/** What a meter has left. Numbers are decimal digits. */
export type Meter =
  | { readonly kind: 'unlimited'; readonly updates?: MeterUpdates }
  | {
      readonly kind: 'limited'
      readonly remaining: string
      readonly threshold: string
      /** Promises that are fulfilled when less remains than the threshold. They are held (R2). */
      readonly waiting: readonly PromiseKref[]
      /** None while less has never come to remain than the threshold, and nobody waits for that. */
      readonly updates?: MeterUpdates
    }

/** All promises that the meter settles. */
export const waitingFor = (meter: Meter): readonly PromiseKref[] => [...(meter.kind === 'limited' ? meter.waiting : []), ...(meter.updates?.waiting ?? [])]

/** What notifiers tell of a meter. */
export interface MeterUpdates {
  /** How often less has come to remain than the threshold. */
  readonly count: number
  /** What remained then, the last time. */
  readonly remaining: string
  /** Promises that are fulfilled the next time. They are held (R2). */
  readonly waiting: readonly PromiseKref[]
}

/** A point in time, or a span of it, in decimal digits. */
export type Time = string

export interface PortRecord {
  /** The port as an object. */
  readonly object: ObjectKref
  /** Who receives; null when nobody does. */
  readonly handler: ObjectKref | null
  /** The number of the last item that the host delivered. */
  readonly delivered: number
  /** How many of those wait to be received. */
  readonly waiting: number
  /** How many were received and are not settled. */
  readonly unsettled: number
  /** How many failed, ever. */
  readonly failed: number
  /** How many failures are kept. */
  readonly failures: number
  /** The number of the last item that was sent to the host. */
  readonly sent: number
  /** The number of the last item that the host has acknowledged. */
  readonly acknowledged: number
}

/** An item for the host: where it is in the outbox, and what it refers to. */
export interface SentRecord {
  readonly sequence: number
  readonly slots: readonly ObjectKref[]
}

/** Something that happens at a time. */
export type Wakeup = {
  readonly token: ObjectKref | null
} & (
  | { readonly kind: 'once'; readonly handler: ObjectKref; readonly due: Time }
  | { readonly kind: 'promise'; readonly promise: PromiseKref; readonly due: Time }
  /** `due` is null from the wake to its answer. */
  | { readonly kind: 'repeat'; readonly handler: ObjectKref; readonly start: Time; readonly interval: Time; readonly due: Time | null }
)

/** What the kernel does when a promise is settled. */
export type Reaction =
  /** `receive` was called with this item of the port. */
  | { readonly kind: 'received'; readonly port: string; readonly number: number }
  /** `wake` was called for this repeated wakeup. */
  | { readonly kind: 'woken'; readonly wakeup: number }

/** `drop`, `retire`: an export is not reachable, not even recognizable any more. `lose`: an import is gone. */
export type GcAction = 'drop' | 'retire' | 'lose'
