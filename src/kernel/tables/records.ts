/**
 * What the tables of the kernel hold: the records, as their values are read and written.
 */
import type { BundleId, Hash, Kref, ObjectKref, PromiseKref, VatId, WorkerId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { CollectionSchedule } from '../../protocol/collection.ts'
import type { UpgradeMode } from '../../protocol/inbox.ts'
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
}

export type VatStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'suspended'; readonly cause: string; readonly message: string }

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
  /** The heap at the last snapshot of this incarnation, or null before the first. */
  readonly heapHash: Hash | null
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
  readonly subscribers: readonly VatId[]
}

export interface Message {
  readonly methargs: CapData
  readonly result: PromiseKref | null
}

export type QueueItem =
  | { readonly kind: 'send'; readonly target: Kref; readonly message: Message }
  | { readonly kind: 'notify'; readonly vat: VatId; readonly promise: PromiseKref }
  /** The vat is to bring out its dead. */
  | { readonly kind: 'collect'; readonly vat: VatId }
  /** The vat is told what has become of objects: of its exports, or of imports that it can only recognise. */
  | { readonly kind: 'release'; readonly vat: VatId; readonly action: GcAction; readonly objects: readonly ObjectKref[] }
  | { readonly kind: 'start'; readonly vat: VatId; readonly parameters: CapData; readonly result: PromiseKref }
  | {
      readonly kind: 'upgrade'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly parameters: CapData
      readonly upgradeMessage: string
      /** Absent is `durable`. */
      readonly mode?: UpgradeMode | undefined
      readonly result: PromiseKref
    }

/** Objects that the kernel itself answers for. */
export type Service = { readonly kind: 'vatAdmin' } | { readonly kind: 'adminNode'; readonly vat: VatId }

/** `drop`, `retire`: an export is not reachable, not even recognizable any more. `lose`: an import is gone. */
export type GcAction = 'drop' | 'retire' | 'lose'
