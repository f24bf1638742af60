/** What a host imports: `import { openController, bundleVat } from 'heirloom'`. */
export { CodedError } from '../base/errors.ts'
export { codes } from '../protocol/codes.ts'
export { upgradeModes } from '../protocol/inbox.ts'
export type { UpgradeMode } from '../protocol/inbox.ts'
export type { Code } from '../protocol/codes.ts'
export type {
  Disconnection, Divergence, DurableUpgrade, GoneCode, GoneError, KernelRejection, Rejection, RejectionCode, ReplayRefusal, ReplayUpgrade,
  StartRefusal, StartRefusalCode, UpgradeResult,
} from '../protocol/results.ts'
export type { VatStatus } from '../kernel/tables/records.ts'
export type { VatView } from '../kernel/events.ts'
export { bundleVat } from './bundler/bundleVat.ts'
export type { BundledVat } from './bundler/bundleVat.ts'
export type { BlockReport, CrankRecord, RunReport, StoreStatus } from './calls.ts'
export { Controller, isDisconnection, isRejection, openController } from './controller.ts'
export type { CreateOptions, OpenOptions, ResultHandle, RunOptions, Status, StoreConfig, UpgradeOptions } from './controller.ts'
export { engineNames } from './release.ts'
export type { EngineName } from './release.ts'
export { forkStore } from '../store/store.ts'
export type { SnapshotReport } from './workers.ts'
export { Remote, RemotePromise } from './values.ts'
