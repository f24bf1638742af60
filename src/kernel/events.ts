/**
 * What the kernel is asked to do, and what it says when it has done it: two closed unions.
 * Each event is one crank or none; the controller seals the crank after it. `crank` is its number.
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
  | { readonly kind: 'initialise'; readonly config: Omit<Config, 'tablesVersion' | 'worker'>; readonly worker: WorkerVersion }
  /** An item of the inbox, taken by its number. */
  | { readonly kind: 'accept'; readonly crank: number; readonly sequence: number; readonly item: InboxItem }
  /** The next thing in the run-queue. */
  | { readonly kind: 'crank'; readonly crank: number; readonly cleaning?: CrankCleaning }
  /** The block is about to be committed. Only a kernel of release 0.1.0 has something to do then: it takes the snapshots that are due. */
  | { readonly kind: 'endBlock' }

/** Whether a step of cleaning up is done when there is nothing else; it is unless said otherwise. */
export type CrankCleaning = 'do' | 'leave'

export type KernelReport =
  | { readonly kind: 'initialised' }
  | { readonly kind: 'accepted'; readonly rejections?: readonly WatchedRejection[] }
  /** Nothing was to be done. A kernel of release 0.1.0 does not say that this is no crank, and with it it is one. */
  | { readonly kind: 'idle'; readonly crank?: 'none' }
  /** No crank was run: the kernel is paused. */
  | { readonly kind: 'paused'; readonly pause: Pause }
  | {
      readonly kind: 'cranked'
      readonly item: QueueItem['kind'] | 'clean'
      /** The vat that ran, or null when the kernel did it all by itself. */
      readonly vat: VatId | null
      readonly computrons: bigint
      /** Of requests with `onRejection`. A kernel of release 0.1.0 does not say. */
      readonly rejections?: readonly WatchedRejection[]
    }
  /** A kernel of release 0.1.0 does not say that this is no crank, and with it it is one. */
  | { readonly kind: 'blockEnded'; readonly crank?: 'none' }

/** What can be tried out (`rehearsals.ts`). */
export type Rehearsal =
  /** A vat of its own, with nothing in its baggage, on the default worker. */
  | {
      readonly kind: 'start'
      readonly bundle: BundleId
      readonly parameters: CapData
      /** The supervisor writes down which fields records would have. A kernel from before it does not ask for it. */
      readonly probe?: true
    }
  /** With `drain`, the vat drains first: whatever runs until then is a part of it. */
  | ({
      readonly kind: 'upgrade'
      readonly vat: VatId
      readonly bundle: BundleId
      readonly parameters: CapData
      readonly salvage?: Salvaged
    } & UpgradeChoices)

export interface RehearsalReport {
  readonly vat: VatId
  /** How the request would have been answered, and with what. */
  readonly outcome: 'fulfilled' | 'rejected' | 'paused'
  /** Of one that is `paused`, since the vat was to drain first and the kernel is paused before: why it is. */
  readonly data: CapData
  /** Those of the start or the upgrade alone. */
  readonly computrons: bigint
}

/** What is to be looked through, and by what; a limit that is null is the vat's own. */
export interface SalvageAsked {
  readonly vat: VatId
  readonly bundle: BundleId
  /** Decimal digits. */
  readonly computrons: string | null
  readonly heapLimitPages: number | null
}

/** Of which incarnation it is, and how many deliveries the vat had been given, is told in any case. */
export type SalvageReport = Pick<Salvaged, 'incarnation' | 'position'> & { readonly computrons: bigint } & (
    | { readonly kind: 'salvaged'; readonly data: Salvaged['data'] }
    | { readonly kind: 'failed'; readonly code: SalvageRefusalCode; readonly message: string; readonly stack: string }
  )

/** A vat as the host sees it. */
export interface VatView {
  readonly vat: VatId
  readonly name: string
  /** The name that its maker asked for, where another vat has it or it cannot be one; else the name. */
  readonly label: string
  readonly root: ObjectKref
  readonly bundle: BundleId
  readonly incarnation: number
  readonly status: VatStatus
  readonly worker: WorkerId
  /** The heap at the last snapshot of this incarnation. */
  readonly snapshotHash: Hash | null
  /** How many deliveries wait because the vat is suspended. */
  readonly parked: number
  /** How long they are together, as text. */
  readonly parkedWeight: number
  readonly onFault: OnFault
  readonly importance: Importance
  /** What the vat stores; null when it has ended, and where its kernel did not count it. */
  readonly storage: StorageView | null
  /** How far the cleaning up after a vat that has ended is; null while it lives. */
  readonly cleanup: CleanupView | null
}

/** In UTF-16 code units of keys and values, with `storageLimits.entry` for each entry. */
export interface StorageView {
  readonly units: number
  readonly entries: number
  /** Null is without limit. */
  readonly limit: number | null
}

/** How far the cleanup of a vat has come. */
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

/** What can be read of the kernel's state between cranks. Reading changes nothing. */
export interface KernelReader {
  vats(): readonly VatView[]
  vatNamed(name: string): VatView | undefined
  vat(vat: VatId): VatView | undefined
  /** Which worker the vat has. Asserts that there is such a vat. */
  assignment(vat: VatId): WorkerAssignment
  /** What a delivery that is replayed on other code may use. A kernel from before replays could be prepared does not say. */
  replayLimits?(vat: VatId): ReplayLimits
  /** How the result of the inbox item stands; undefined when none is kept. */
  result(sequence: number): ResultStatus | undefined
  /** Why the result is not settled; undefined when it is, or when none is kept. A kernel from before it does not say. */
  whyPending?(sequence: number): PendingReason | undefined
  workers(): readonly WorkerVersion[]
  /** On which new incarnations start. A kernel of release 0.1.0 does not say. */
  defaultWorker?(): WorkerId
  queueLength(): number
  /** Why nothing is run. A kernel of release 0.1.0 does not say; it is never paused. */
  paused?(): Pause | undefined
  /** How many vats that have ended are not cleaned up yet. A kernel of release 0.1.0 does not say. */
  cleanups?(): number
  vatAdmin(): ObjectKref
  /** The service, if it was provided (`ProvidedService`). A kernel that does not take `provideService` does not say. */
  provided(service: ProvidedService): ObjectKref | undefined
  /** What has happened to the vat, the oldest first. A kernel of release 0.1.0 does not say. */
  history?(vat: VatId): readonly HistoryEntry[]
  /** What the vat's incarnation was started with. Undefined where a kernel that kept none started it, or reads. */
  parameters?(vat: VatId): CapData | undefined
  /** Whether there is such an object. A kernel of release 0.1.0 does not say. */
  hasObject?(kref: ObjectKref): boolean
  /** What the host has pinned, and how often. */
  pins?(): readonly PinView[]
  /** The number of the first message of a store that was made from a configuration. */
  bootstrap(): number | undefined
  timer(): ObjectKref | undefined
  now(): bigint
  /** All ports. A kernel of release 0.1.0 has none. */
  ports?(): readonly PortView[]
  port(name: string): PortView | undefined
  /** The items that the port has sent, after this number, in order. */
  sent(port: string, after: number, limit: number): readonly SentView[]
  failures(port: string, after: number, limit: number): readonly FailureView[]
  /** Counts again everything that is counted. A kernel of release 0.1.0 cannot. */
  audit?(): KernelAudit
  /** Vats that may keep each other's objects alive for ever. */
  cycles?(): readonly CycleGroup[]
  /** The format of a bundle that is installed. A kernel of release 0.1.0 does not say; it has scripts only. */
  bundleFormat?(bundle: BundleId): BundleFormat | undefined
  /** The script that a vat of the bundle runs; undefined when no vat can be made of it. A kernel without it makes vats of scripts only. */
  bundleCode?(bundle: BundleId): BundleId | undefined
}

export interface Kernel {
  /** The kinds of inbox items that it takes. A kernel of release 0.1.0 does not say; it takes `firstItems`. */
  readonly accepts?: readonly string[]
  step(event: KernelEvent): KernelReport
  /**
   * Starts or upgrades a vat to see what comes of it. Only for a kernel that was made for this, with workers
   * that keep nothing; the caller undoes what it did to the state. `crank` is the number it would have. A kernel of release 0.1.0 cannot.
   */
  rehearse?(rehearsal: Rehearsal, crank: number): RehearsalReport
  /** Evaluates a salvage bundle in a copy of a vat's heap. As for `rehearse`, only for a kernel that was made for this. */
  salvage?(asked: SalvageAsked): SalvageReport
  readonly read: KernelReader
}
