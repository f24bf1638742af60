/**
 * Calls between the host's thread and the machine thread, and their results. Everything here is plain,
 * cloneable data.
 */
import type { BundleId, Hash, ObjectKref, VatId } from '../base/ids.ts'
import type { PinView, VatView, Pause } from '../protocol/kernel/views.ts'
import type { AuditDepth, AuditReport } from '../protocol/audit.ts'
import type { MadeOfBundle } from '../protocol/bundle/installable.ts'
import type { BundleKind } from '../protocol/bundle.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { CollectionSchedule } from '../protocol/collection.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { HistoryEntry } from '../protocol/history.ts'
import type {
  ChangeableOptions,
  OnRejection,
  ProvidedService,
  UpgradeChoices,
  VatOptions,
  WatchPolicy,
} from '../protocol/inbox.ts'
import type { FailureView, PortView } from '../protocol/port.ts'
import type { PendingReason } from '../protocol/pending.ts'
import type { OnFault, ReasonData, ResultStatus } from '../protocol/results.ts'
import type { Salvage, SalvageLimits } from '../protocol/salvage.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../protocol/upgradeCheck.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { PrunedCounts, Retention } from '../protocol/retention.ts'
import type {
  BlockRecord,
  FreedPages,
  PruneStep,
  RolledBack,
  Verification,
  StoreAccess,
} from '../protocol/store/views.ts'
import type { TraceSettings, TraceStatus } from '../protocol/machine/traceSettings.ts'
import type { Foundation } from '../protocol/machine/genesis.ts'
import type { PreparationPlan, Prepared, PreparedView } from './preparation.ts'
import type { WorkerCode } from '../protocol/worker/workerCode.ts'
import type { Stats } from '../protocol/machine/stats.ts'
import type { SnapshotReport } from '../protocol/machine/reports.ts'

export interface MachineOptions {
  readonly directory: string
  readonly access: StoreAccess
  readonly make: 'never' | 'if-missing' | 'always'
  readonly verify: Verification
  /** Default: `refuse`. */
  readonly rolledBack?: RolledBack
  /** Code trusted in addition to the store's and the releases'; default: none. */
  readonly trust?: readonly BundleId[]
  readonly residentWorkers: number
  /** Memory limit in bytes; the active worker always stays. */
  readonly residentBytes: number
  readonly eviction: 'when-needed' | 'after-each-crank'
  readonly trace: TraceSettings | null
  /** Whether the calling thread receives what vats write to their consoles; default: no. */
  readonly console?: 'reported'
  /** Contents of a new store; null when only opening one. */
  readonly seed: Seed | null
}

/** Everything needed to make a store. */
export interface Seed {
  readonly kernel: Uint8Array
  /** The worker version on which vats start. */
  readonly worker: WorkerCode
  readonly snapshotInterval: number
  readonly collectionInterval: number
  readonly collection: CollectionSchedule | null
  readonly computronsPerDelivery: string
  readonly heapLimitBytes: number
  readonly storageLimit: number
  readonly onFault: OnFault | null
  readonly maxVats: number | null
  readonly cleanupBudget: number
  readonly foundation: Foundation
}

/** A limit of a run. */
export type LimitName = 'computrons' | 'cranks' | 'deliveries' | 'vatsCreated' | 'cleanups'

export interface RunLimits {
  /** The run ends after the crank that reaches this. */
  readonly computrons: bigint | null
  readonly cranks: number | null
  readonly deliveries: number | null
  readonly vatsCreated: number | null
  /** Number of cranks that clean up after terminated vats. */
  readonly cleanups: number | null
  readonly onCrank: 'nothing' | 'record'
  /** Shared with the calling thread: the run ends after the crank in which the first element becomes 1. */
  readonly interrupt?: Int32Array<SharedArrayBuffer>
}

/** One recorded crank of a run. */
export interface CrankRecord {
  readonly crank: number
  readonly activityHash: Hash
  readonly vat: VatId | null
  /** Heap hash of the vat that ran, or null when none did. */
  readonly heapHash: Hash | null
}

/** `Rejection`: the form that crosses threads, or the form for the host. */
export interface RunReport<Rejection = ReportedRejection> {
  /**
   * `idle`: no work is left; `limit`: a limit of the run was reached; `paused`: the kernel is paused;
   * `interrupted`: the signal was aborted.
   */
  readonly ended: 'idle' | 'limit' | 'paused' | 'interrupted'
  /** The limit that ended the run; null when none did. */
  readonly limit: LimitName | null
  readonly cranks: number
  /** Cranks that cleaned up after terminated vats. */
  readonly cleanups: number
  /** Cranks in which a vat ran. */
  readonly deliveries: number
  /** Starts of vats, including failed ones. */
  readonly vatsCreated: number
  readonly computrons: bigint
  readonly recorded: readonly CrankRecord[]
  /** Rejected results of requests with `onRejection`, in order. */
  readonly rejections: readonly Rejection[]
}

/** A rejected result of a request with a rejection policy. */
export interface LoggedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly data: ReasonData
}

/** A result rejected in a run, of a request that asked for a report. */
export interface ReportedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly reason: unknown
  /** The rejecting party, as in `Status`. */
  readonly by: 'kernel' | 'vat'
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
  readonly state: { readonly kind: 'ready' } | { readonly kind: 'faulted'; readonly message: string }
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

/** Calls about ports and time (`channels.ts`). */
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

/** Trial calls, whose effects are undone (`trials.ts`). */
export interface TrialCalls {
  checkUpgrade(
    vat: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    salvage: Salvage | null,
  ): UpgradeCheck
  /** The warnings of a check that need no trial upgrade. */
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
}

/** The machine's own calls. Each throws only `CodedError`s. */
export interface OwnCalls {
  installBundle(
    kind: BundleKind,
    bytes: Uint8Array,
    label: string | null,
    map?: Uint8Array | null,
    made?: MadeOfBundle,
  ): InstalledBundle
  /**
   * The stack of an error with this message, with bundle places mapped to sources. Without a stack, that of
   * the last error with this name and message (`RangeError: no b`) that left a vat; empty when there is none.
   */
  readableStack(stack: string | null, message: string): string
  bundleNamed(label: string): BundleId
  installWorker(code: WorkerCode, use: 'default' | 'on-demand'): WorkerVersion
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
  /** Null when the result is settled or the kernel does not report a reason. */
  whyPending(sequence: number): PendingReason | null
  forget(sequence: number): void
  run(limits: RunLimits): RunReport<LoggedRejection>
  commit(): BlockReport
  vats(): readonly VatView[]
  vat(nameOrId: string): VatView
  vatAdmin(): ObjectKref
  heapHash(nameOrId: string): Hash
  getHostState(key: string): string | null
  setHostState(key: string, value: string | null): void
  evictWorkers(): void
  setTrace(settings: TraceSettings | null): void
  testLog(): readonly string[]
  status(): StoreStatus
  verify(how: Verification): void
  /** Runs the store's kernel, or the one in the bytes. Null when the store's kernel cannot audit. */
  audit(depth: AuditDepth, by: Uint8Array | null): AuditReport | null
  /** As `audit`. */
  /** History of the vat, oldest first; null when the store's kernel keeps none. */
  history(vat: string): readonly HistoryEntry[] | null
  cycles(by: Uint8Array | null): readonly CycleGroup[] | null
  /** `faulted`: the thread must not be reused. */
  close(): 'clean' | 'faulted'
}

/** Calls about prepared replays (`preparations.ts`). */
export interface PreparationCalls {
  beginPreparation(vat: string, bundle: string): PreparationPlan
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
    ChannelCalls,
    CollectingCalls,
    PreparationCalls,
    PruneCalls,
    StatisticsCalls,
    TrialCalls {}

export type CallName = keyof MachineCalls

export interface CallMessage {
  readonly kind: 'call'
  readonly number: number
  readonly name: CallName
  readonly args: readonly unknown[]
}

/** A refusal in the form that crosses threads. */
export interface RefusalData {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type ReplyMessage =
  | { readonly kind: 'done'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly number: number; readonly refusal: RefusalData }

/** A line that a vat wrote to its console; it arrives before the answer of the call that wrote it. */
export interface VatConsoleLine {
  readonly vat: VatId
  /** Name of the vat. */
  readonly name: string
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error'
  /** Stacks are mapped to the sources. */
  readonly text: string
}

export interface ConsoleMessage {
  readonly kind: 'console'
  readonly line: VatConsoleLine
}

/** Message that opens a machine in an idle thread. */
export interface OpenMessage {
  readonly kind: 'open'
  readonly options: MachineOptions
}

/** The answer: opened, or why not. */
export type OpenReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly refusal: RefusalData }

