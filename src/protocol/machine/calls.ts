/**
 * Calls between the host's thread and the machine thread, and their results. Everything here is plain,
 * cloneable data.
 */
import type { BundleId, Hash, ObjectKref, VatId } from '../../base/ids.ts'
import type { PinView, VatView } from '../kernel/views.ts'
import type { AuditDepth, AuditReport } from '../reports/audit.ts'
import type { BundleParts } from '../bundle/installable.ts'
import type { BundleKind, WorkerPart } from '../bundle/bundle.ts'
import type { CapData } from '../capdata.ts'
import type { CollectionSchedule } from '../host/gcSchedule.ts'
import type { CycleGroup } from '../reports/cycles.ts'
import type { HistoryEntry } from '../reports/history.ts'
import type { ChangeableOptions, OnRejection, UpgradeChoices, VatOptions } from '../host/inbox.ts'
import type { ProvidedService } from '../host/requests.ts'
import type { FailureView, PortView } from '../host/port.ts'
import type { PendingReason } from '../host/pending.ts'
import type { ResultStatus } from '../results.ts'
import type { Salvage, SalvageLimits } from '../worker/salvage.ts'
import type { SweepPart, SweepPartChoices, SweepStart } from '../reports/sweep.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../reports/upgradeCheck.ts'
import type {
  RolloutAction,
  RolloutChoices,
  RolloutSelection,
  RolloutVat,
  RolloutView,
} from '../worker/rollout.ts'
import type { WorkerUpgradeChoices, WorkerView } from '../worker/versions.ts'
import type { WorkerVersion } from '../worker/worker.ts'
import type { PrunedCounts, Retention } from '../store/retention.ts'
import type { FreedPages, PruneStep, Verification } from '../store/views.ts'
import type { TraceSettings } from './traceSettings.ts'
import type { FaultEvent, KernelFaultView, KernelRetry, SetAsideItem, WaitingItem } from './faults.ts'
import type {
  KernelCheck,
  KernelHistoryEntry,
  KernelUpgradeChoices,
  KernelUpgradeReport,
  KernelView,
} from './kernelUpgrades.ts'
import type { Plan } from '../plan/plan.ts'
import type { CertifiedRun, PlanCheck, PlanPace, PlanProgress, PlanView } from './plans.ts'
import type { PreparationPlan, Prepared } from './preparation.ts'
import type { WorkerCode } from '../worker/workerCode.ts'
import type { Stats } from './stats.ts'
import type { RunLimits, RunReport, LoggedRejection } from './runs.ts'
import type { BlockReport, StoreStatus, InstalledBundle, SendTarget, Taken, SentItem } from './reports.ts'

/** Calls about ports and time (`portsAndTime.ts`). */
export interface ChannelCalls {
  openPort(name: string): void
  port(name: string): PortView
  portNames(): readonly string[]
  /** With null the item takes the next number. */
  deliverItem(name: string, item: CapData, number: number | null): Taken
  /** With null, starts at the first unacknowledged item. */
  receiveItems(name: string, after: number | null, limit: number): readonly SentItem[]
  acknowledgeItems(name: string, number: number): void
  portFailures(name: string, after: number, limit: number): readonly FailureView[]
  dismissFailures(name: string, number: number): void
  advanceTime(now: bigint): void
  currentTime(): bigint
  timer(): ObjectKref
  provided(service: ProvidedService): ObjectKref
  bootstrapResult(): number | null
}

/** Dry runs, whose effects are undone (`machine/dryRuns`). */
export interface DryRunCalls {
  checkUpgrade(
    vat: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    salvage: Salvage | null,
  ): UpgradeCheck
  /** The warnings of a check that need no dry run of the upgrade. */
  upgradeWarnings(
    vat: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    salvage: Salvage | null,
  ): readonly UpgradeWarning[]
  /** `of`: a vat whose parameters replace the given ones. */
  signature(bundle: string, parameters: CapData, of: string | null): Signature
  salvage(vat: string, bundle: string, limits: SalvageLimits): Salvage
  beginSweep(vat: string): SweepStart
  /** The vat's rows after a key. */
  sweepPart(vat: string, choices: SweepPartChoices): SweepPart
}

/** Requests of the host and their results (`requesting.ts`). Each request returns its number. */
export interface RequestCalls {
  createVat(name: string, bundle: string, parameters: CapData, options: VatOptions): number
  upgradeVat(
    vat: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    salvage: Salvage | null,
  ): number
  send(target: SendTarget, methargs: CapData, result: 'keep' | 'ignore', onRejection: OnRejection): number
  suspendVat(vat: string, reason: string): number
  resumeVat(vat: string): number
  terminateVat(vat: string, reason: CapData): number
  changeVatOptions(vat: string, options: ChangeableOptions): number
  pauseKernel(reason: string): void
  resumeKernel(): void
  result(sequence: number): ResultStatus
  /** Null when the result is settled or the reason is not known. */
  whyPending(sequence: number): PendingReason | null
  forget(sequence: number): void
  /** The number of the last request; 0 before the first. */
  lastRequest(): number
}

/** A row of the host's own data. */
export type HostRow = readonly [key: string, value: string]

/** A row of the host's own data as it is written; null deletes it. */
export type HostWrite = readonly [key: string, value: string | null]

/** The host's own data, in the block of everything else (`machine/calls/hostState.ts`). */
export interface HostStateCalls {
  getHostState(key: string): string | null
  setHostState(key: string, value: string | null): void
  /** Rows of the host after a key (null: from the first), of those that begin with the prefix, in order. */
  listHostState(prefix: string, after: string | null, limit: number): readonly HostRow[]
  /** As that many `setHostState`, in one step. */
  writeHostState(rows: readonly HostWrite[]): void
}

/** The machine's own calls. Each throws only `CodedError`s. */
export interface OwnCalls {
  installBundle(
    kind: BundleKind,
    bytes: Uint8Array,
    label: string | null,
    map?: Uint8Array | null,
    made?: BundleParts,
  ): InstalledBundle
  /**
   * The stack of an error with this message, with bundle places mapped to sources. Without a stack, that of
   * the last error with this name and message (`RangeError: no b`) that left a vat; empty when there is none.
   */
  readableStack(stack: string | null, message: string): string
  bundleNamed(label: string): BundleId
  run(limits: RunLimits): RunReport<LoggedRejection>
  commit(): BlockReport
  vats(): readonly VatView[]
  vat(nameOrId: string): VatView
  vatAdmin(): ObjectKref
  heapHash(nameOrId: string): Hash
  evictWorkers(): void
  setTrace(settings: TraceSettings | null): void
  testLog(): readonly string[]
  status(): StoreStatus
  verify(how: Verification): void
  /** Runs the store's kernel, or the one in the bytes. Null when the store's kernel cannot audit. */
  audit(depth: AuditDepth, by: Uint8Array | null): AuditReport | null
  /** The vat's history, oldest first. */
  history(vat: string): readonly HistoryEntry[]
  /** As `audit`. */
  cycles(by: Uint8Array | null): readonly CycleGroup[] | null
  /** `faulted`: the thread must not be reused. */
  close(): 'clean' | 'faulted'
}

/** Calls about worker versions (`src/machine/calls/workerVersions.ts`). Requests return their number. */
export interface WorkerCalls {
  /** Throws `worker/image-differs` when `image` is given and is not that of the code. */
  installWorker(
    code: WorkerCode,
    use: 'default' | 'on-demand',
    label: string | null,
    image?: BundleId | null,
  ): WorkerVersion
  /** `bytes` of an engine are metered. */
  installWorkerPart(part: WorkerPart, bytes: Uint8Array, label: string | null): InstalledBundle
  /** The bytes of a bundle of a worker version. */
  workerBundle(id: BundleId, kind: 'engine' | 'supervisor'): Uint8Array
  workers(): readonly WorkerView[]
  /** Versions are named by id, the beginning of an id, label, or `default`. */
  worker(nameOrId: string): WorkerView
  useWorker(nameOrId: string): void
  retireWorker(nameOrId: string): number
  upgradeWorker(vat: string, worker: string, choices: WorkerUpgradeChoices): number
  startRollout(worker: string, selection: RolloutSelection, choices: RolloutChoices): number
  controlRollout(action: RolloutAction, reason: string): number
  /** The last rollout; null when there was none. */
  rollout(): RolloutView | null
  /** Vats of the last rollout after that many, in order. */
  rolloutVats(after: number, limit: number): readonly RolloutVat[]
}

/** Calls about faults of the kernel (`faults.ts` of the machine). */
export interface FaultCalls {
  /** Null: the kernel is not faulted. */
  fault(): KernelFaultView | null
  /** The items of the inbox that the kernel has not accepted yet, in order. */
  waitingItems(after: number, limit: number): readonly WaitingItem[]
  /** Goes on as if nothing had happened: the waiting items are accepted. */
  retryKernel(): KernelRetry
  /** The kernel does not get the waiting item. */
  setAside(sequence: number): void
  /** Appends the item to the inbox again. Returns its new number. */
  putBack(sequence: number): number
  setAsideItems(): readonly SetAsideItem[]
  /** Oldest first. */
  faultHistory(): readonly FaultEvent[]
}

/** Calls about the kernel itself (`kernelUpgrades.ts`). */
export interface KernelUpgradeCalls {
  /** Throws `kernel/broken-bundle` for anything that is not a kernel. */
  installKernel(bytes: Uint8Array): InstalledBundle
  kernels(): readonly KernelView[]
  checkKernel(id: string): KernelCheck
  /** Commits the open block, and the next. */
  upgradeKernel(id: string, choices: KernelUpgradeChoices): KernelUpgradeReport
  /** Oldest first. */
  kernelHistory(): readonly KernelHistoryEntry[]
}

/** Calls about upgrade plans (`plans.ts` of the machine). */
export interface PlanCalls {
  /** Throws `plan/conditions`, `plan/active`. A plan that is over is not begun again. */
  startPlan(plan: Plan, certified: CertifiedRun | null): PlanProgress
  /** Goes on until the plan ends or stands, or the block is full. */
  advancePlan(pace: PlanPace): PlanProgress
  checkPlan(plan: Plan): PlanCheck
  pausePlan(reason: string): PlanView
  resumePlan(skip: boolean): PlanView
  abandonPlan(reason: string): PlanView
  /** The active plan. */
  plan(): PlanView | null
  /** Plans that are over, oldest first. */
  planHistory(): readonly PlanView[]
}

/** Calls about prepared replays (`preparedReplays.ts`). */
export interface PreparationCalls {
  /** Null: the vat's own bundle, or its own worker version. */
  beginPreparation(vat: string, bundle: string | null, worker: string | null): PreparationPlan
  keepPreparation(number: number, prepared: Prepared, ms: number): void
  /** Discards the preparation's result. */
  forgetPreparation(number: number): void
}

/** Retention, and pruning in steps (`pruner.ts`). */
export interface PruneCalls {
  setRetention(retention: Retention): void
  /** Vats that could no longer be upgraded by replay under this retention. */
  vatsWithoutReplay(retention: Retention): readonly VatId[]
  pruneRows(retention: Retention, after: VatId | 'none'): PruneStep
  prunePages(): FreedPages
  pruneBundles(): Pick<PrunedCounts, 'bundles' | 'bundleBytes'>
  compactStore(): void
}

/** Figures of the vats (`statistics.ts`). */
export interface StatisticsCalls {
  stats(): Stats
}

/** Garbage and pins (`collecting.ts`). */
export interface CollectingCalls {
  collectAll(): void
  setCollection(vat: string, collection: CollectionSchedule): void
  pin(object: ObjectKref): void
  unpin(object: ObjectKref): void
  pins(): readonly PinView[]
}

export interface MachineCalls
  extends
    OwnCalls,
    RequestCalls,
    ChannelCalls,
    CollectingCalls,
    HostStateCalls,
    PreparationCalls,
    PruneCalls,
    WorkerCalls,
    FaultCalls,
    KernelUpgradeCalls,
    PlanCalls,
    StatisticsCalls,
    DryRunCalls {}

export type CallName = keyof MachineCalls

/** The arguments of each call. */
export type CallArguments = { readonly [Name in CallName]: Parameters<MachineCalls[Name]> }
