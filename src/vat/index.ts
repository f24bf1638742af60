/**
 * The entry for authors of vats: `import { E, Far, defineKind } from 'heirloom/vat'`. Types and thin
 * functions only; the worker's supervisor does the work.
 */
export { makeMapStore, makeSetStore, makeWeakMapStore, makeWeakSetStore } from './kinds/collections.ts'
export type {
  MapStore,
  SetStore,
  StoreOptions,
  StorePatterns,
  WeakMapStore,
  WeakSetStore,
} from './kinds/collections.ts'
export {
  canBeDurable, defineDurableKind, defineDurableKindMulti, defineKind, defineKindMulti, defineVirtualKind,
  defineVirtualKindMulti, findKindHandle, makeKindHandle, provide, provideKindHandle, sweepKind,
} from './kinds/durable.ts'
export { E } from './eventual.ts'
export type { EProxy, Sender, SendOnly, UntypedSender } from './eventual.ts'
export { governed } from './kinds/governed.ts'
export type {
  Governed,
  GovernedOptions,
  ParameterChange,
  ParameterGovernor,
  ParameterReader,
} from './kinds/governed.ts'
export { harden } from './hardened.ts'
export type {
  Baggage,
  Behaviour,
  CommonKindOptions,
  Context,
  DefineKind,
  DefineKindMulti,
  Facet,
  FacetsOf,
  KindFacets,
  KindHandle,
  KindMethods,
  KindMultiOptions,
  KindOptions,
  MultiBehaviour,
  MultiContext,
  OldRecord,
  ProvideKind,
  ProvideKindMulti,
  Swept,
  Thisful,
  VersionOptions,
  VirtualKindMultiOptions,
  VirtualKindOptions,
} from './kinds/kindTypes.ts'
export type { Meter, MeterReading } from './meters.ts'
export { patched } from './patched.ts'
export { M, matches, mustMatch } from './kinds/patterns.ts'
export type {
  AwaitArgGuard,
  InterfaceGuard,
  Limits,
  Matcher,
  MatcherNamespace,
  MethodGuard,
  MethodGuardMaker,
  Pattern,
  RawGuard,
  Resting,
  Returning,
} from './kinds/matchers.ts'
export type { Port, PortHandler } from './ports.ts'
export type {
  BootstrapDevices, BootstrapPowers, BootstrapVats, BuildRootObject, BundleReader, VatPowers,
} from './powers.ts'
export { Far } from './remotable.ts'
export { replaceable } from './replaceable.ts'
export type {
  FunctionGovernor,
  FunctionReader,
  InstalledFunction,
  Replaceable,
  ReplaceableOptions,
} from './replaceable.ts'
export type {
  CancelToken,
  Clock,
  Notifier,
  NotifierUpdate,
  RelativeTime,
  RelativeTimeLike,
  Repeater,
  TimerBrand,
  TimerIterator,
  TimerNotifier,
  TimerService,
  Timestamp,
  TimestampLike,
  WakeupHandler,
} from './timer.ts'
export type {
  AdminNode,
  AdminNodeStatus,
  CollectionSchedule,
  CreatedVat,
  CreateVatOptions,
  CriticalVatKey,
  UpgradeVatOptions,
  VatAdmin,
  VatAdminRoot,
  VatBound,
  VatBundle,
  VatOptions,
} from './vatAdmin.ts'
export type { BundleCap } from './bundleCap.ts'
export type { InstalledWorker, NewWorker, UpgradeWorkerOptions, WorkerAdmin } from './workers.ts'
export { providePromiseWatcher, watchPromise } from './watchers.ts'
export type { PromiseWatcher } from './watchers.ts'
export { Zone, durableZone } from './kinds/zone.ts'
