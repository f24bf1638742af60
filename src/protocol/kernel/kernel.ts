/**
 * A kernel as the host uses it: the interface of level `interfaceLevel`. The page is `docs/wires/kernel.md`.
 *
 * No member is optional: a kernel bundle exports the level of its interface, and the host adapts kernels of
 * older levels to this type (`machine/kernel/adapters`).
 */
import type { BundleId, VatId, WorkerId, ObjectKref } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'
import type { Salvaged, SalvageRefusalCode } from '../worker/salvage.ts'
import type { UpgradeRequest } from '../host/inbox.ts'
import type { ProvidedService } from '../host/requests.ts'
import type { VatView, Pause, PinView } from './views.ts'
import type { WorkerAssignment } from './platform.ts'
import type { RolloutVat, RolloutView } from '../worker/rollout.ts'
import type { WorkerView } from '../worker/versions.ts'
import type { ReplayLimits, WorkerVersion } from '../worker/worker.ts'
import type { ResultStatus } from '../results.ts'
import type { PendingReason } from '../host/pending.ts'
import type { HistoryEntry } from '../reports/history.ts'
import type { PortView, SentView, FailureView } from '../host/port.ts'
import type { BundleFormat } from '../bundle/bundle.ts'
import type { KernelEvent, KernelReport } from './events.ts'

/** An operation whose effects the caller undoes. */
export type DryRun =
  /** A new vat, with empty baggage, on the default worker. */
  | {
      readonly kind: 'start'
      readonly bundle: BundleId
      readonly parameters: CapData
      /** Whether the supervisor records which fields the records of each kind would have. */
      readonly probe: boolean
    }
  /** With `drain`, the vat drains first: the cranks until its upgrade are part of the dry run. */
  | ({ readonly kind: 'upgrade' } & Omit<UpgradeRequest, 'kind'>)

export interface DryRunReport {
  readonly vat: VatId
  /** `paused`: the kernel pauses before the vat, which was to drain first, has drained. */
  readonly outcome: 'fulfilled' | 'rejected' | 'paused'
  /** The settled value; for `paused`, the reason of the pause. */
  readonly data: CapData
  /** Of the start or the upgrade alone. */
  readonly computrons: bigint
}

/** The vat to search and the bundle to use; a null limit means the vat's own. */
export interface SalvageOrder {
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

/** Reads the kernel's state between cranks. Reading changes nothing. */
export interface KernelReader {
  vats(): readonly VatView[]
  vatNamed(name: string): VatView | undefined
  vat(vat: VatId): VatView | undefined
  /** The vat's worker. Asserts that the vat exists. */
  assignment(vat: VatId): WorkerAssignment
  /** The limits of a delivery that is replayed on other code. */
  replayLimits(vat: VatId): ReplayLimits
  /** The status of the inbox item's result; undefined when none is kept. */
  result(sequence: number): ResultStatus | undefined
  /** Why the result is not settled; undefined when it is, or when none is kept. */
  whyPending(sequence: number): PendingReason | undefined
  workers(): readonly WorkerVersion[]
  /** The versions as hosts see them, in the order of their installation. */
  workerViews(): readonly WorkerView[]
  /** The parts of worker versions that were installed by themselves. */
  workerParts(): readonly BundleId[]
  /** The last rollout; undefined when there was none. */
  rollout(): RolloutView | undefined
  /** The vats of the last rollout after that many, in order. */
  rolloutVats(after: number, limit: number): readonly RolloutVat[]
  /** The default for new incarnations. */
  defaultWorker(): WorkerId
  queueLength(): number
  /** Why the kernel is paused; undefined when it is not. */
  paused(): Pause | undefined
  /** The number of terminated vats that are not cleaned up yet. */
  cleanups(): number
  vatAdmin(): ObjectKref
  /** The admin node of the vat; undefined when it has ended. */
  adminNode(vat: VatId): ObjectKref | undefined
  /** The service, if it was provided (`ProvidedService`). */
  provided(service: ProvidedService): ObjectKref | undefined
  /** Vats that wait for a pending promise that the vat decides; undefined when the kernel cannot say. */
  subscribersOf(vat: VatId): readonly VatId[] | undefined
  /** The vat's history, oldest first. */
  history(vat: VatId): readonly HistoryEntry[]
  /** The parameters of the vat's incarnation; undefined when the kernel that started it recorded none. */
  parameters(vat: VatId): CapData | undefined
  hasObject(kref: ObjectKref): boolean
  /** The objects that the host has pinned, with their counts. */
  pins(): readonly PinView[]
  /** The number of the first message of a store created from a configuration. */
  bootstrap(): number | undefined
  timer(): ObjectKref | undefined
  now(): bigint
  ports(): readonly PortView[]
  port(name: string): PortView | undefined
  /** The items that the port has sent after this number, in order. */
  sent(port: string, after: number, limit: number): readonly SentView[]
  failures(port: string, after: number, limit: number): readonly FailureView[]
  /** The format of an installed bundle. */
  bundleFormat(bundle: BundleId): BundleFormat | undefined
  /** The script that a vat of the bundle runs; undefined when the bundle cannot create vats. */
  bundleCode(bundle: BundleId): BundleId | undefined
  /** Whether a bundle that is in the store and not in the kernel's list is not installed. */
  knowsAllBundles(): boolean
  /** The installed bundle of this name. */
  bundleNamed(name: string): BundleId | undefined
}

export interface Kernel {
  step(event: KernelEvent): KernelReport
  /**
   * Starts or upgrades a vat. Only for a kernel created for this purpose, with workers that keep nothing; the
   * caller undoes the changes to the state. `crank` is the number that the crank would have.
   */
  dryRun(operation: DryRun, crank: number): DryRunReport
  /**
   * Evaluates a salvage bundle in a copy of a vat's heap. Only for a kernel created for this purpose, as for
   * `dryRun`.
   */
  salvage(order: SalvageOrder): SalvageReport
  readonly read: KernelReader
}
