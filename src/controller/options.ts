/** What can be chosen in the calls of the host API, and how a request stands. */
import type { WorkerId } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import { areTags, failurePolicies, parameterSources, upgradeModes } from '../protocol/inbox.ts'
import type { ChangeableOptions as StoredOptions, Drain, OnFailure, OnRejection, ParametersFrom, UpgradeChoices, UpgradeMode, VatOptions } from '../protocol/inbox.ts'
import { abandonLimits, mostDrainCranks } from '../protocol/limits.ts'
import { faultPolicies, importances } from '../protocol/results.ts'
import type { Importance, OnFault } from '../protocol/results.ts'
import type { RolledBack, Verification } from '../store/store.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { CheckChoices, RunLimits } from './calls.ts'
import type { SalvageLimits } from './salvaging.ts'
import { checkBigint, checkCollection, checkComputrons, checkCount, checkCountOrNone, checkHeap, checkOneOf, checkRecord, checkSalvage, checkStorage, checkText } from './checks.ts'
import type { StoreConfig } from './config.ts'
import type { CollectionOptions } from './creationOptions.ts'
import type { TraceOptions } from './trace.ts'

export interface OpenOptions {
  readonly directory: string
  /**
   * `read` opens a private copy of the last block, so that no permission to write is needed and somebody else may have
   * the store open. Everything can be called, but `commit` is refused, and what was done is lost when it is closed.
   */
  readonly access?: 'write' | 'read'
  /** Whether a store is made; `if-missing` unless said otherwise, `never` with `access: 'read'`. */
  readonly make?: 'never' | 'if-missing' | 'always'
  readonly config?: StoreConfig
  /**
   * Kernels, supervisors, engines and base images that are trusted besides those of the releases and those that
   * this host installed in the store: ids of bundles, or their hashes. The store remembers them.
   */
  readonly trust?: readonly string[]
  /** What is checked before anything runs; `live` unless said otherwise. */
  readonly verify?: Verification
  /**
   * What becomes of a store that is behind its last commit, or whose record of it is lost; `refuse` unless said
   * otherwise. `accept` opens it at the block that it is at, and gives up what was committed since. Nothing accepts
   * a store whose pages are of several blocks.
   */
  readonly rolledBack?: RolledBack
  /** The most workers in memory; 100 if not given. Changes nothing but time and memory. */
  readonly residentWorkers?: number
  /** The most bytes that workers in memory take; 1 GiB if not given. The one at work stays, however large. Changes nothing but time and memory. */
  readonly residentBytes?: number
  /** `after-each-crank` is for tests: it must change nothing. */
  readonly eviction?: 'when-needed' | 'after-each-crank'
  /** A file to which the trace is appended, as JSON lines: `trace` with nothing but a file. */
  readonly traceFile?: string
  readonly trace?: TraceOptions
}

/** The host's claim to the answer of a request. */
export interface ResultHandle {
  readonly sequence: number
}

export type Status =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly value: unknown }
  /**
   * `reason` may be anything that a vat rejects with; the kernel itself rejects with a `Rejection` or a `Disconnection`,
   * and then `by` says so. A kernel of release 0.1.0 did not keep who decided; of it everything is said to be by a vat.
   */
  | { readonly kind: 'rejected'; readonly reason: unknown; readonly by: 'kernel' | 'vat' }

/** What can be chosen for a vat, and changed while it lives. */
export interface ChangeableOptions {
  readonly computronsPerDelivery?: bigint
  /** More is there at once; less is from the next incarnation on. */
  readonly heapLimitBytes?: number
  /** The most that the vat may store, in UTF-16 code units of keys and values, and 32 for each entry. */
  readonly storageLimit?: number
  /** What becomes of the vat when a delivery fails by its own doing; `reject` if not given. */
  readonly onFault?: OnFault
  /** A fault of a `critical` vat pauses the kernel; `ordinary` if not given. */
  readonly importance?: Importance
}

export interface CreateOptions extends ChangeableOptions {
  readonly parameters?: unknown
  readonly worker?: WorkerId
  /** What is left out is as the store has it. */
  readonly collection?: CollectionOptions
}

export interface UpgradeOptions {
  readonly parameters?: unknown
  /** `kept`: those of the incarnation before, and none are given; `given` if not said. */
  readonly parametersFrom?: ParametersFrom
  /** Told to those whose promises end with the old incarnation. */
  readonly upgradeMessage?: string
  /** How the new code takes over; `durable` if not given. */
  readonly mode?: UpgradeMode
  /** What becomes of the vat when the heir cannot start; `keep` if not given. */
  readonly onFailure?: OnFailure
  /** The vat is given the answers that it waits for first, for so many cranks at most, while messages to it wait. */
  readonly drain?: Drain
  /** Tags of durable kinds that end with the old incarnation, where the heir does not define them; none if not given. */
  readonly abandonKinds?: readonly string[]
  /** Put into the baggage of the heir under `salvage`: what `controller.salvage` gave, or the same out of a file. */
  readonly salvage?: Salvage
}

/** What a salvage may take; what is not given is as the vat has it. */
export interface SalvageOptions {
  readonly computrons?: bigint
  /** Less than the vat has is as much as the vat has. */
  readonly heapLimitBytes?: number
}

/** As for the upgrade that is checked. */
export type CheckOptions = Pick<UpgradeOptions, 'parameters' | 'mode' | 'abandonKinds' | 'salvage'>

export interface PrepareOptions {
  /** The mode of the upgrade that will be asked for; both are prepared alike. `replay` if not given. */
  readonly mode?: Exclude<UpgradeMode, 'durable'>
}

export interface SendOptions {
  /** What is done when the result is rejected; `ignore` if not given. `log`: the run's report and the trace say so; `fault`: the kernel is paused besides. */
  readonly onRejection?: OnRejection
}

/** The run ends after the crank with which a limit is reached; its report says which. */
export interface RunOptions {
  readonly computrons?: bigint
  readonly cranks?: number
  /** Cranks in which a vat ran. */
  readonly deliveries?: number
  /** Starts of vats. */
  readonly vatsCreated?: number
  /** The most cranks that clean up after vats that have ended; with 0 none does. */
  readonly cleanups?: number
  /** `record` hashes the heap of the vat that ran after every crank; it is slow. */
  readonly onCrank?: 'nothing' | 'record'
}

/** How an upgrade is done, as the inbox has it: what is as if it were not given is not there, so that an older kernel takes it. */
export function checkUpgrade(options: UpgradeOptions): { readonly parameters: unknown; readonly choices: UpgradeChoices; readonly salvage: Salvage | null } {
  const { parameters, parametersFrom = 'given', upgradeMessage = 'vat upgraded', mode = 'durable', onFailure = 'keep', drain, abandonKinds, salvage } = checkRecord(options, 'options')
  const from = checkOneOf(parametersFrom, 'parametersFrom', parameterSources)
  if (from === 'kept' && parameters !== undefined) refuse('api/bad-argument', "parameters are given, and parametersFrom is 'kept'; give one of them", { argument: 'parametersFrom' })
  const choices: UpgradeChoices = {
    upgradeMessage: checkText(upgradeMessage, 'upgradeMessage'),
    ...(checkOneOf(mode, 'mode', upgradeModes) === 'durable' ? {} : { mode }),
    ...(from === 'given' ? {} : { parametersFrom: from }),
    ...(checkOneOf(onFailure, 'onFailure', failurePolicies) === 'keep' ? {} : { onFailure }),
    ...(drain === undefined ? {} : { drain: checkDrain(drain) }),
    ...checkAbandonKinds(abandonKinds, mode),
  }
  return { parameters, choices, salvage: checkSalvage(salvage) }
}

/** Not there when nothing is abandoned. */
function checkAbandonKinds(tags: unknown, mode: UpgradeMode): Pick<UpgradeChoices, 'abandonKinds'> {
  if (tags === undefined) return {}
  if (!areTags(tags)) {
    const { tags: most, tag } = abandonLimits
    return refuse('api/bad-argument', `abandonKinds is a list of at most ${most} tags, well-formed texts of at most ${tag} characters`, { argument: 'abandonKinds' })
  }
  if (tags.length === 0) return {}
  if (mode === 'replay') refuse('api/bad-argument', 'a replay abandons no kinds: the incarnation goes on with all of them; use the mode durable or auto', { argument: 'abandonKinds' })
  return { abandonKinds: [...tags] }
}

export function checkPreparation(options: PrepareOptions): void {
  const { mode = 'replay', ...others } = checkRecord(options, 'options')
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) refuse('api/bad-argument', `there is no option ${JSON.stringify(unknown)}`, { argument: unknown })
  checkOneOf(mode, 'mode', ['replay', 'auto'])
}

function checkDrain(drain: Drain): Drain {
  const { maxCranks, ...others } = checkRecord(drain, 'drain')
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) refuse('api/bad-argument', `there is no option drain.${unknown}`, { argument: 'drain' })
  if (checkCount(maxCranks, 'drain.maxCranks') > mostDrainCranks) refuse('api/bad-argument', `drain.maxCranks is at most ${mostDrainCranks}`, { argument: 'drain.maxCranks' })
  return { maxCranks }
}

/** Options as the inbox has them; one that there is not is refused by its name. */
export function checkChangeable(options: ChangeableOptions): StoredOptions {
  const { computronsPerDelivery, heapLimitBytes, storageLimit, onFault, importance, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) refuse('api/bad-argument', `there is no option ${JSON.stringify(unknown)}`, { argument: unknown })
  return {
    ...(computronsPerDelivery === undefined ? {} : { computronsPerDelivery: checkComputrons(computronsPerDelivery) }),
    ...(heapLimitBytes === undefined ? {} : { heapLimitBytes: checkHeap(heapLimitBytes) }),
    ...(storageLimit === undefined ? {} : { storageLimit: checkStorage(storageLimit) }),
    ...(onFault === undefined ? {} : { onFault: checkOneOf(onFault, 'onFault', faultPolicies) }),
    ...(importance === undefined ? {} : { importance: checkOneOf(importance, 'importance', importances) }),
  }
}

/** What a vat is made with, besides its bundle. */
export function checkCreate(options: CreateOptions): { readonly parameters: unknown; readonly choices: VatOptions } {
  const { parameters, worker, collection, ...changeable } = checkRecord(options, 'options')
  const choices = {
    ...checkChangeable(changeable),
    ...(worker === undefined ? {} : { worker: checkText(worker, 'worker') as WorkerId }),
    ...(collection === undefined ? {} : { collection: checkCollection(collection) }),
  }
  return { parameters, choices }
}

/** What a check of an upgrade is about. */
export function checkCheck(options: CheckOptions): { readonly parameters: unknown; readonly choices: CheckChoices; readonly salvage: Salvage | null } {
  const { parameters, mode = 'durable', abandonKinds, salvage } = checkRecord(options, 'options')
  return { parameters, choices: { mode: checkOneOf(mode, 'mode', upgradeModes), ...checkAbandonKinds(abandonKinds, mode) }, salvage: checkSalvage(salvage) }
}

export function checkRun(options: RunOptions): RunLimits {
  const { computrons, cranks, cleanups, deliveries, vatsCreated, onCrank = 'nothing' } = checkRecord(options, 'options')
  return {
    computrons: computrons === undefined ? null : checkBigint(computrons, 'computrons'),
    cranks: cranks === undefined ? null : checkCount(cranks, 'cranks'),
    deliveries: deliveries === undefined ? null : checkCount(deliveries, 'deliveries'),
    vatsCreated: vatsCreated === undefined ? null : checkCount(vatsCreated, 'vatsCreated'),
    cleanups: cleanups === undefined ? null : checkCountOrNone(cleanups, 'cleanups'),
    onCrank: checkOneOf(onCrank, 'onCrank', ['nothing', 'record']),
  }
}

export function checkSalvageLimits(options: SalvageOptions): SalvageLimits {
  const { computrons, heapLimitBytes } = checkRecord(options, 'options')
  return {
    computrons: computrons === undefined ? null : checkBigint(computrons, 'computrons'),
    heapLimitBytes: heapLimitBytes === undefined ? null : checkHeap(heapLimitBytes),
  }
}
