/**
 * The calls between the host's thread and the machine thread, and what they give.
 * Everything here is plain data that can be cloned from one thread to the other.
 */
import type { BundleId, Hash, ObjectKref, VatId } from '../base/ids.ts'
import type { PinView, VatView } from '../kernel/events.ts'
import type { Pause } from '../kernel/tables/records.ts'
import type { AuditDepth, AuditReport } from '../protocol/audit.ts'
import type { MadeOfBundle } from './installing.ts'
import type { BundleKind } from '../protocol/bundle.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { CollectionSchedule } from '../protocol/collection.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { HistoryEntry } from '../protocol/history.ts'
import type { ChangeableOptions, OnRejection, ProvidedService, UpgradeChoices, VatOptions, WatchPolicy } from '../protocol/inbox.ts'
import type { FailureView, PortView } from '../protocol/port.ts'
import type { PendingReason } from '../protocol/pending.ts'
import type { OnFault, ReasonData, ResultStatus } from '../protocol/results.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../protocol/upgradeCheck.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { PrunedCounts, Retention } from '../protocol/retention.ts'
import type { BlockRecord, FreedPages, PruneStep, RolledBack, StoreAccess, Verification } from '../store/store.ts'
import type { TraceSettings, TraceStatus } from './trace.ts'
import type { Foundation } from './foundation.ts'
import type { PreparationPlan, Prepared, PreparedView } from './preparation.ts'
import type { WorkerCode } from './release/worker.ts'
import type { SalvageLimits } from './salvaging.ts'
import type { Stats } from './stats.ts'
import type { SnapshotReport } from './workers.ts'

export interface MachineOptions {
  readonly directory: string
  readonly access: StoreAccess
  readonly make: 'never' | 'if-missing' | 'always'
  readonly verify: Verification
  /** `refuse` if not given. */
  readonly rolledBack?: RolledBack
  /** Code that is trusted beyond what the store and the releases say; none if not given. */
  readonly trust?: readonly BundleId[]
  readonly residentWorkers: number
  /** The most bytes that they take; the one at work stays in any case. */
  readonly residentBytes: number
  readonly eviction: 'when-needed' | 'after-each-crank'
  readonly trace: TraceSettings | null
  /** Whether the thread that asks is told what vats write to their consoles; no if not given. */
  readonly console?: 'told'
  /** What a new store is given; null where one is only opened. */
  readonly seed: Seed | null
}

/** All that is needed to make a store. */
export interface Seed {
  readonly kernel: Uint8Array
  /** On which vats start. */
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
  /** The run ends after the crank with which this is reached. */
  readonly computrons: bigint | null
  readonly cranks: number | null
  readonly deliveries: number | null
  readonly vatsCreated: number | null
  /** Of cranks that clean up after vats that have ended. */
  readonly cleanups: number | null
  readonly onCrank: 'nothing' | 'record'
  /** Shared with the thread that asks: the run ends after the crank in which the first element becomes 1. */
  readonly interrupt?: Int32Array<SharedArrayBuffer>
}

/** One crank of a run that was recorded. */
export interface CrankRecord {
  readonly crank: number
  readonly activityHash: Hash
  readonly vat: VatId | null
  /** The heap of the vat that ran, or null when none did. */
  readonly heapHash: Hash | null
}

/** `Rejection`: as it crosses the threads, or as the host gets it. */
export interface RunReport<Rejection = ReportedRejection> {
  /**
   * `idle`: nothing is left to do; `limit`: a limit of the run was reached; `paused`: the kernel runs nothing until it is
   * resumed; `interrupted`: its signal was aborted.
   */
  readonly ended: 'idle' | 'limit' | 'paused' | 'interrupted'
  /** Which limit that was; null when none ended the run. */
  readonly limit: LimitName | null
  readonly cranks: number
  /** Cranks that cleaned up after vats that have ended. */
  readonly cleanups: number
  /** Cranks in which a vat ran. */
  readonly deliveries: number
  /** Starts of vats, those that failed too. */
  readonly vatsCreated: number
  readonly computrons: bigint
  readonly recorded: readonly CrankRecord[]
  /** Results of requests with `onRejection` that were rejected, in their order. */
  readonly rejections: readonly Rejection[]
}

/** A result that was rejected, of a request that was sent with a policy for that. */
export interface LoggedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly data: ReasonData
}

/** A result that was rejected in a run, of a request that asked for a report. */
export interface ReportedRejection {
  readonly sequence: number
  readonly onRejection: WatchPolicy
  readonly reason: unknown
  /** Who rejected it, as in `Status`. */
  readonly by: 'kernel' | 'vat'
}

/** A block that was committed, and the snapshots that were made for it. */
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
  /** What the workers in memory take, with the instances that are kept for the next ones. */
  readonly residentBytes: number
  readonly kernel: BundleId
  readonly workers: readonly WorkerVersion[]
  readonly trace: TraceStatus
  /** How much of the past is kept. */
  readonly retention: Retention
  /** Why the kernel runs nothing, or null when it runs. */
  readonly paused: Pause | null
  /** How many vats that have ended are not cleaned up yet. */
  readonly cleanups: number
  /** Replays that were prepared and are kept in memory, the oldest first. */
  readonly prepared: readonly PreparedView[]
  readonly state: { readonly kind: 'ready' } | { readonly kind: 'faulted'; readonly message: string }
}

export interface InstalledBundle {
  readonly id: BundleId
  readonly size: number
}

/** Whom a message of the host goes to: an object that it holds, or the root of a vat by name or id. */
export type SendTarget = { readonly kind: 'object'; readonly kref: ObjectKref } | { readonly kind: 'root'; readonly vat: string }

/** What became of an item that the host delivered: a number that was taken before is not taken again. */
export interface Taken {
  readonly number: number
  readonly outcome: 'taken' | 'duplicate'
}

/** An item that a port sent to the host. */
export interface SentItem {
  readonly number: number
  readonly item: CapData
}

/** What is asked of ports and time (`channels.ts`). */
export interface ChannelCalls {
  openPort(name: string): void
  port(name: string): PortView
  portNames(): readonly string[]
  /** With null the item gets the next number. */
  deliverItem(name: string, item: CapData, number: number | null): Taken
  /** With null from the first that is not acknowledged. */
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

/** What is made and undone (`trials.ts`). */
export interface TrialCalls {
  checkUpgrade(vat: string, bundle: string, parameters: CapData, choices: UpgradeChoices, salvage: Salvage | null): UpgradeCheck
  /** What of a check needs no upgrade to be tried out. */
  upgradeWarnings(vat: string, bundle: string, parameters: CapData, choices: UpgradeChoices, salvage: Salvage | null): readonly UpgradeWarning[]
  /** `of` is a vat whose parameters are used instead of those given. */
  signature(bundle: string, parameters: CapData, of: string | null): Signature
  salvage(vat: string, bundle: string, limits: SalvageLimits): Salvage
}

/** What the machine does when it is asked. Each throws `CodedError`s only. */
export interface OwnCalls {
  installBundle(kind: BundleKind, bytes: Uint8Array, label: string | null, map?: Uint8Array | null, made?: MadeOfBundle): InstalledBundle
  /**
   * The stack of an error with this message, with the places of bundles as places of their sources. Without a stack, that
   * of the last error with this name and message (`RangeError: no b`) that left a vat; empty when there is none.
   */
  readableStack(stack: string | null, message: string): string
  bundleNamed(label: string): BundleId
  installWorker(code: WorkerCode, use: 'default' | 'on-demand'): WorkerVersion
  createVat(name: string, bundle: string, parameters: CapData, options: VatOptions): number
  upgradeVat(vat: string, bundle: string, parameters: CapData, choices: UpgradeChoices, salvage: Salvage | null): number
  send(target: SendTarget, methargs: CapData, result: 'keep' | 'ignore', onRejection: OnRejection): number
  suspendVat(vat: string, reason: string): number
  resumeVat(vat: string): number
  terminateVat(vat: string, reason: CapData): number
  changeVatOptions(vat: string, options: ChangeableOptions): number
  pauseKernel(reason: string): void
  resumeKernel(): void
  result(sequence: number): ResultStatus
  /** Null when the result is settled, or the kernel does not say. */
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
  /** By the store's kernel, or by that of the bytes. Null when the store's kernel cannot. */
  audit(depth: AuditDepth, by: Uint8Array | null): AuditReport | null
  /** As `audit`. */
  /** What has happened to the vat, the oldest first; null when the kernel of the store keeps no history. */
  history(vat: string): readonly HistoryEntry[] | null
  cycles(by: Uint8Array | null): readonly CycleGroup[] | null
  /** `faulted`: what is left in the thread is not to be used again. */
  close(): 'clean' | 'faulted'
}

/** What is asked of replays that are prepared (`preparations.ts`). */
export interface PreparationCalls {
  beginPreparation(vat: string, bundle: string): PreparationPlan
  keepPreparation(number: number, prepared: Prepared, ms: number): void
  /** Nothing comes of it. */
  forgetPreparation(number: number): void
}

/** What is kept of the past, and its removal step by step (`pruner.ts`). */
export interface PruneCalls {
  setRetention(retention: Retention): void
  /** Vats that could not be upgraded by replay any more if no more than this were kept. */
  vatsWithoutReplay(retention: Retention): readonly VatId[]
  pruneRows(retention: Retention, after: VatId | 'none'): PruneStep
  prunePages(): FreedPages
  pruneBundles(): Pick<PrunedCounts, 'bundles' | 'bundleBytes'>
  compactStore(): void
}

/** What the vats have done (`statistics.ts`). */
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

export interface MachineCalls extends OwnCalls, ChannelCalls, CollectingCalls, PreparationCalls, PruneCalls, StatisticsCalls, TrialCalls {}

export type CallName = keyof MachineCalls

export interface CallMessage {
  readonly kind: 'call'
  readonly number: number
  readonly name: CallName
  readonly args: readonly unknown[]
}

/** A refusal, as it crosses from one thread to the other. */
export interface RefusalData {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type ReplyMessage =
  | { readonly kind: 'done'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly number: number; readonly refusal: RefusalData }

/** A line that a vat wrote to its console; it comes before the answer of the call in which it was written. */
export interface VatConsoleLine {
  readonly vat: VatId
  /** Of the vat. */
  readonly name: string
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error'
  /** Stacks in it have places of the sources. */
  readonly text: string
}

export interface ConsoleMessage {
  readonly kind: 'console'
  readonly line: VatConsoleLine
}

/** What a thread without a machine is told. */
export interface OpenMessage {
  readonly kind: 'open'
  readonly options: MachineOptions
}

/** Its answer: open, or why not. */
export type OpenReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly refusal: RefusalData }

