/**
 * The kernel's events and its reports on them: two closed unions. Each event is one crank or none; the
 * controller seals the crank after it. `crank` is its number.
 */
import type { BundleId, Hash, ObjectKref, VatId, WorkerId } from '../base/ids.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { BundleFormat } from '../protocol/bundle.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { HistoryEntry } from '../protocol/history.ts'
import type { InboxItem, ProvidedService, UpgradeChoices } from '../protocol/inbox.ts'
import type { KernelAudit } from '../protocol/audit.ts'
import type { PendingReason } from '../protocol/pending.ts'
import type { Importance, OnFault, ResultStatus } from '../protocol/results.ts'
import type { Salvaged, SalvageRefusalCode } from '../protocol/salvage.ts'
import type { ReplayLimits, WorkerVersion } from '../protocol/worker.ts'
import type { WorkerAssignment } from './ports.ts'
import type { CleanupPhase, Config, Pause, QueueItem, VatStatus, WatchedRejection } from './tables/records.ts'
import type { FailureView, PortView, SentView } from '../protocol/port.ts'

export type KernelEvent =
  /** Once, in a new store. */
  | {
      readonly kind: 'initialise'
      readonly config: Omit<Config, 'tablesVersion' | 'worker'>
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
      readonly item: QueueItem['kind'] | 'clean'
      /** The vat that ran, or null when the kernel did all the work itself. */
      readonly vat: VatId | null
      readonly computrons: bigint
      /** Of requests with `onRejection`. A kernel of release 0.1.0 omits it. */
      readonly rejections?: readonly WatchedRejection[]
    }
  /** A kernel of release 0.1.0 omits `crank`, and for it this counts as a crank. */
  | { readonly kind: 'blockEnded'; readonly crank?: 'none' }

/** The operations that can be rehearsed (`rehearsals.ts`). */
export type Rehearsal =
  /** A new vat, with empty baggage, on the default worker. */
  | {
      readonly kind: 'start'
      readonly bundle: BundleId
      readonly parameters: CapData
      /** The supervisor records which fields records would have. Older kernels ignore this. */
      readonly probe?: true
    }
  /** With `drain`, the vat drains first: the cranks until its upgrade are part of the rehearsal. */
  | ({
      readonly kind: 'upgrade'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly parameters: CapData
      readonly salvage?: Salvaged
    } & UpgradeChoices)

export interface RehearsalReport {
  readonly vat: VatId
  /** The outcome of the request. */
  readonly outcome: 'fulfilled' | 'rejected' | 'paused'
  /**
   * For `paused`: the reason why the kernel is paused before the vat, which was to drain first, has drained.
   */
  readonly data: CapData
  /** Of the start or the upgrade alone. */
  readonly computrons: bigint
}

/** The vat to search and the bundle to use; a null limit means the vat's own. */
export interface SalvageAsked {
  readonly vat: VatId
  readonly bundle: BundleId
  /** Decimal digits. */
  readonly computrons: string | null
  readonly heapLimitPages: number | null
}

/** The incarnation and the number of deliveries to the vat are always reported. */
export type SalvageReport = Pick<Salvaged, 'incarnation' | 'position'> & { readonly computrons: bigint } & (
    | { readonly kind: 'salvaged'; readonly data: Salvaged['data'] }
    | {
        readonly kind: 'failed'
        readonly code: SalvageRefusalCode
        readonly message: string
        readonly stack: string
      }
  )

/** A vat as the host sees it. */
export interface VatView {
  readonly vat: VatId
  readonly name: string
  /** The name requested by the maker, if it is taken by another vat or is not a valid name; else the name. */
  readonly label: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerId
  /** The heap at the last snapshot of this incarnation. */
  readonly snapshotHash: Hash | null
  /** The number of deliveries that wait because the vat is suspended. */
  readonly parked: number
  /** Their total length as text. */
  readonly parkedWeight: number
  readonly onFault: OnFault
  readonly importance: Importance
  /** The vat's stored size; null when it has ended, or when its kernel did not count it. */
  readonly storage: StorageView | null
  /** Progress of the cleanup after a vat that has ended; null while it lives. */
  readonly cleanup: CleanupView | null
}

/** In UTF-16 code units of keys and values, with `storageLimits.entry` for each entry. */
export interface StorageView {
  readonly units: number
  readonly entries: number
  /** Null means unlimited. */
  readonly limit: number | null
}

/** Progress of the cleanup of a vat. */
export interface CleanupView {
  readonly phase: CleanupPhase
  readonly steps: number
  /** Rows changed so far. */
  readonly rows: number
}

export interface PinView {
  readonly object: ObjectKref
  readonly pins: number
}

/** A reader of the kernel's state between cranks. Reading changes nothing. */
export interface KernelReader {
  vats(): readonly VatView[]
  vatNamed(name: string): VatView | undefined
  vat(vat: VatId): VatView | undefined
  /** The vat's worker. Asserts that the vat exists. */
  assignment(vat: VatId): WorkerAssignment
  /**
   * The limits of a delivery that is replayed on other code. Absent in kernels older than prepared replays.
   */
  replayLimits?(vat: VatId): ReplayLimits
  /** The status of the inbox item's result; undefined when none is kept. */
  result(sequence: number): ResultStatus | undefined
  /** Why the result is not settled; undefined when it is, or when none is kept. Absent in older kernels. */
  whyPending?(sequence: number): PendingReason | undefined
  workers(): readonly WorkerVersion[]
  /** The default for new incarnations. Absent in a kernel of release 0.1.0. */
  defaultWorker?(): WorkerId
  queueLength(): number
  /** Why the kernel is paused. Absent in a kernel of release 0.1.0, which is never paused. */
  paused?(): Pause | undefined
  /** The number of ended vats that are not cleaned up yet. Absent in a kernel of release 0.1.0. */
  cleanups?(): number
  vatAdmin(): ObjectKref
  /** The service, if it was provided (`ProvidedService`). Absent in a kernel without `provideService`. */
  provided(service: ProvidedService): ObjectKref | undefined
  /** The vat's history, oldest first. Absent in a kernel of release 0.1.0. */
  history?(vat: VatId): readonly HistoryEntry[]
  /** The parameters of the vat's incarnation. Undefined if a kernel that kept none started it, or reads. */
  parameters?(vat: VatId): CapData | undefined
  /** Whether the object exists. Absent in a kernel of release 0.1.0. */
  hasObject?(kref: ObjectKref): boolean
  /** The objects that the host has pinned, and how often. */
  pins?(): readonly PinView[]
  /** The number of the first message of a store created from a configuration. */
  bootstrap(): number | undefined
  timer(): ObjectKref | undefined
  now(): bigint
  /** All ports. Absent in a kernel of release 0.1.0. */
  ports?(): readonly PortView[]
  port(name: string): PortView | undefined
  /** The items that the port has sent after this number, in order. */
  sent(port: string, after: number, limit: number): readonly SentView[]
  failures(port: string, after: number, limit: number): readonly FailureView[]
  /** Audits the tables. Absent in a kernel of release 0.1.0. */
  audit?(): KernelAudit
  /** Vats that may keep each other's objects alive indefinitely. */
  cycles?(): readonly CycleGroup[]
  /** The format of an installed bundle. Absent in a kernel of release 0.1.0, which has scripts only. */
  bundleFormat?(bundle: BundleId): BundleFormat | undefined
  /**
   * The script that a vat of the bundle runs; undefined when the bundle cannot create vats. A kernel without
   * this method creates vats from scripts only.
   */
  bundleCode?(bundle: BundleId): BundleId | undefined
}

export interface Kernel {
  /**
   * The kinds of inbox items that it accepts. Absent in a kernel of release 0.1.0, which accepts
   * `firstItems`.
   */
  readonly accepts?: readonly string[]
  step(event: KernelEvent): KernelReport
  /**
   * Starts or upgrades a vat as a rehearsal. Only for a kernel created for this purpose, with workers that
   * keep nothing; the caller undoes the changes to the state. `crank` is the number it would have. Absent in
   * a kernel of release 0.1.0.
   */
  rehearse?(rehearsal: Rehearsal, crank: number): RehearsalReport
  /**
   * Evaluates a salvage bundle in a copy of a vat's heap. As for `rehearse`, only for a kernel created for
   * this purpose.
   */
  salvage?(asked: SalvageAsked): SalvageReport
  readonly read: KernelReader
}
