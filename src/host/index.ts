/** The entry of the host package: `import { openController, bundleVat } from 'heirloom'`. */
import './nodeVersion.ts'
export { CodedError } from '../base/errors.ts'
export { codes } from '../protocol/codes.ts'
export type { CycleGroup, CycleObject } from '../protocol/reports/cycles.ts'
export type {
  HistoryEntry,
  HistoryOutcome,
  HistoryParameters,
  Requester,
  UpgradeNote,
} from '../protocol/reports/history.ts'
export { failurePolicies, parameterSources, upgradeModes } from '../protocol/host/inbox.ts'
export type { Drain, OnFailure, ParametersFrom, UpgradeMode } from '../protocol/host/inbox.ts'
export type { Code } from '../protocol/codes.ts'
export { kernelAuditCodes, storeAuditCodes } from '../protocol/reports/audit.ts'
export type { AuditCode, AuditDepth, AuditReport, Deviation } from '../protocol/reports/audit.ts'
export type {
  AbandonedExport,
  AbandonedKind,
  CancelledError,
  DisconnectedPromise,
  MigratedKind,
  Disconnection,
  Divergence,
  DurableUpgrade,
  FaultCode,
  GoneCode,
  GoneError,
  Importance,
  KernelRejection,
  OnFault,
  PauseCode,
  Rejection,
  RejectionCode,
  ReplayRefusal,
  ReplayUpgrade,
  ResumeResult,
  StartRefusal,
  StartRefusalCode,
  SuspendResult,
  SuspensionCause,
  TerminateResult,
  UpgradeResult,
} from '../protocol/results.ts'
export type { PendingReason } from '../protocol/host/pending.ts'
export type {
  EstateChanges,
  Expectation,
  Finding,
  KindSignature,
  Migrating,
  Signature,
  UpgradeCheck,
  UpgradeWarning,
} from '../protocol/reports/upgradeCheck.ts'
export type { Pause, VatStatus } from '../protocol/kernel/views.ts'
export type { CleanupView, VatView } from '../protocol/kernel/views.ts'
export type { SweepOptions } from './sweeping.ts'
export type {
  SweepFailure,
  SweepFailureCode,
  SweepProgress,
  SweepReport,
  SweptKind,
} from '../protocol/reports/sweep.ts'
export type { Salvage, SalvageEntry, SalvageSummary } from '../protocol/worker/salvage.ts'
export { bundleFunction, bundleSalvage, bundleVat } from '../bundler/bundleVat.ts'
export type { BundledVat, BundleOptions } from '../bundler/bundleVat.ts'
export { dataLoaders } from '../bundler/modules/loaders.ts'
export type { DataLoader, Loaders } from '../bundler/modules/loaders.ts'
export type { BundleWarning } from '../protocol/bundle/warning.ts'
export { readEndoBundle } from '../bundler/endoBundle.ts'
export type { EndoBundle } from '../bundler/endoBundle.ts'
export type { VatConsoleLine } from '../protocol/machine/messages.ts'
export type { BlockReport, StoreStatus, Taken } from '../protocol/machine/reports.ts'
export type { CrankRecord, LimitName, ReportedRejection, RunReport } from '../protocol/machine/runs.ts'
export type {
  PlanCheck,
  PlanDifference,
  PlanProgress,
  PlanState,
  PlanStepReport,
  PlanView,
  StepOutcome,
} from '../protocol/machine/plans.ts'
export type { Plan, PlanStep, PlanValue } from '../protocol/plan/plan.ts'
export type { RunPlanOptions } from './calls/planCalls.ts'
export type { ReplayInWork } from '../base/pulse.ts'
export { deviationPolicies } from '../protocol/machine/plans.ts'
export { Controller } from './controller.ts'
export type { ConfigWarning } from '../protocol/machine/genesis.ts'
export { openController } from './open.ts'
export type { Watchdog } from './threads/watch.ts'
export { isDisconnection, isRejection } from './calls/reasons.ts'
export type {
  AuditOptions,
  ChangeableOptions,
  CheckOptions,
  CreatedVat,
  CreateOptions,
  OpenOptions,
  PrepareOptions,
  ResultHandle,
  RunOptions,
  SalvageOptions,
  SendOptions,
  SignatureOptions,
  Status,
  UpgradeOptions,
} from './config/options.ts'
export type { RolloutOptions, WorkerUpgradeOptions } from './config/workerOptions.ts'
export type { InstallWorkerOptions } from './calls/workerCalls.ts'
export type { EngineSource, SupervisorSource, WorkerSource } from './config/workerCode.ts'
export type {
  RolloutOrder,
  RolloutPolicy,
  RolloutSelection,
  RolloutState,
  RolloutVat,
  RolloutView,
  VatOutcome,
} from '../protocol/worker/rollout.ts'
export type {
  OnDivergence,
  WorkerMode,
  WorkerNote,
  WorkerUpgradeResult,
  WorkerView,
} from '../protocol/worker/versions.ts'
export type { FaultEvent, KernelFaultView, SetAsideItem, WaitingItem } from '../protocol/machine/faults.ts'
export type {
  KernelCheck,
  KernelFlaw,
  KernelHistoryEntry,
  KernelProbation,
  KernelReturn,
  KernelTrialView,
  KernelUpgradeReport,
  KernelView,
  MigrationView,
} from '../protocol/machine/kernelUpgrades.ts'
export type { MigratedRows, PlannedStep } from '../protocol/kernel/events.ts'
export type { UpgradeKernelOptions } from './calls/kernelCalls.ts'
export { bundleKernel } from './bundleKernel.ts'
export type { BundledKernel, KernelBundleOptions } from './bundleKernel.ts'
export { reinitialize, setKernelBundleID } from './reinitialize.ts'
export type { ReinitializeReport } from './reinitialize.ts'
export { isTraceKind, traceKinds } from '../protocol/reports/trace.ts'
export type { TraceEvent, TraceKind, TraceLine } from '../protocol/reports/trace.ts'
export type { TraceOptions, TraceStatus } from '../protocol/machine/traceSettings.ts'
export type { PreparedView } from '../protocol/machine/preparation.ts'
export type { PreparationReport } from './threads/preparing.ts'
export { Port } from './calls/port.ts'
export type { PortFailure, PortItem, PortStatus, Stretch } from './calls/port.ts'
export { loadConfig } from './config/config.ts'
export type { CodeSource, StaticVat, StoreConfig } from './config/config.ts'
export type { CollectionOptions, CreationOptions } from './config/creationOptions.ts'
export { engineNames } from '../protocol/worker/engineNames.ts'
export type { EngineName } from '../protocol/worker/engineNames.ts'
export { forkStore } from '../store/store.ts'
export type { ExportProgress, ImportProgress } from '../store/store.ts'
export { exportModes } from '../protocol/store/export.ts'
export type { ExportMode } from '../protocol/store/export.ts'
export type { KeptTranscripts, PrunedCounts, Retention } from '../protocol/store/retention.ts'
export { partWords, storeParts } from '../protocol/store/kernelRows.ts'
export type { StorePart } from '../protocol/store/kernelRows.ts'
export type { PartSize, StoreSize, VatSize } from '../protocol/store/views.ts'
export type { PruneOptions, PruneReport } from './calls/pruning.ts'
export type { Stats, StoredStats, StoredVatStats, VatStats } from '../protocol/machine/stats.ts'
export { storeSize, storeStats, surveyPruning } from './calls/survey.ts'
export type { VatFault, VatTally } from '../protocol/machine/stats.ts'
export { exportStore, importStore } from './threads/transfer.ts'
export type { ExportOptions, ImportOptions, TransferReport } from './threads/transfer.ts'
export type { SnapshotReport } from '../protocol/machine/reports.ts'
export { Remote, RemotePromise } from '../api/values.ts'
export type { AnswerOf, ArgumentsOf, Hosted, MethodOf, Target } from '../api/remoteTypes.ts'
