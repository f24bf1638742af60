/** What calls of the machine return: the state of the store, blocks, installed bundles, items of ports. */
import type { VatId, Hash, BundleId, ObjectKref } from '../../base/ids.ts'
import type { BlockRecord, StoreAccess } from '../store/views.ts'
import type { WorkerVersion } from '../worker/worker.ts'
import type { TraceStatus } from './traceSettings.ts'
import type { Retention } from '../store/retention.ts'
import type { Pause } from '../kernel/views.ts'
import type { PreparedView } from './preparation.ts'
import type { KernelFaultView } from './faults.ts'
import type { KernelTrialView, MigrationView } from './kernelUpgrades.ts'
import type { CapData } from '../capdata.ts'

/** Cost of a snapshot, for people: not part of any state. */
export interface SnapshotReport {
  readonly vat: VatId
  readonly heapHash: Hash
  readonly milliseconds: number
  /** Of new pages and the manifest. */
  readonly bytesWritten: number
  /** Of all pages beyond those of the base image. */
  readonly bytesBeyondImage: number
}

/** A committed block, and the snapshots taken for it. */
export interface BlockReport extends BlockRecord {
  readonly snapshots: readonly SnapshotReport[]
}

/** A store and its kernel at one moment. */
export interface StoreStatus {
  readonly directory: string
  /** `read`: nothing can be committed. */
  readonly access: StoreAccess
  readonly height: number
  readonly cranks: number
  readonly activityHash: Hash
  readonly queued: number
  readonly vats: number
  readonly residentWorkers: number
  /** Memory of the loaded workers and of the spare instances. */
  readonly residentBytes: number
  readonly kernel: BundleId
  readonly workers: readonly WorkerVersion[]
  readonly trace: TraceStatus
  /** How much of the past is kept. */
  readonly retention: Retention
  /** Why the kernel is paused, or null when it runs. */
  readonly paused: Pause | null
  /** Terminated vats that are not cleaned up yet. */
  readonly cleanups: number
  /** Prepared replays in memory, oldest first. */
  readonly prepared: readonly PreparedView[]
  /** `fault`: the kernel's own; null for one of this machine alone (`protocol/machine/faults.ts`). */
  readonly state:
    | { readonly kind: 'ready' }
    /** A new kernel brings its tables up to date; other figures are of the block before the upgrade. */
    | { readonly kind: 'migrating'; readonly migration: MigrationView }
    | { readonly kind: 'faulted'; readonly message: string; readonly fault: KernelFaultView | null }
  /** The trial of the kernel, or null when it is final. */
  readonly trial: KernelTrialView | null
}

export interface InstalledBundle {
  readonly id: BundleId
  readonly size: number
}

/** Recipient of a host message: an object that the host holds, or the root of a vat by name or id. */
export type SendTarget =
  { readonly kind: 'object'; readonly kref: ObjectKref } | { readonly kind: 'root'; readonly vat: string }

/** Outcome of an item that the host delivered: a number that was taken before is not taken again. */
export interface Taken {
  readonly number: number
  readonly outcome: 'taken' | 'duplicate'
}

/** An item that a port sent to the host. */
export interface SentItem {
  readonly number: number
  readonly item: CapData
}
