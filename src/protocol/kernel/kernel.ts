import type { BundleId, VatId, WorkerId, ObjectKref } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'
import type { Salvaged, SalvageRefusalCode } from '../worker/salvage.ts'
import type { UpgradeChoices, ProvidedService } from '../host/inbox.ts'
import type { VatView, Pause, PinView } from './views.ts'
import type { WorkerAssignment } from './platform.ts'
import type { ReplayLimits, WorkerVersion } from '../worker/worker.ts'
import type { ResultStatus } from '../results.ts'
import type { PendingReason } from '../host/pending.ts'
import type { HistoryEntry } from '../reports/history.ts'
import type { PortView, SentView, FailureView } from '../host/port.ts'
import type { KernelAudit } from '../reports/audit.ts'
import type { CycleGroup } from '../reports/cycles.ts'
import type { BundleFormat } from '../bundle/bundle.ts'
import type { KernelEvent, KernelReport } from './events.ts'

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
