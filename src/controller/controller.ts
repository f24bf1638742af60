/**
 * The host API: a store with its kernel, open for work.
 *
 * Every call that is refused is refused with a `CodedError` whose code is in `protocol/codes.ts`,
 * and has changed nothing. While a `run` or `commit` is under way every other call is refused with
 * `api/busy`; after `shutdown` with `api/shut-down`.
 *
 * Nothing is durable before `commit`: what was accepted and run since the last one is gone when the
 * process dies, all of it. Whoever drives a controller keeps its own place with `setHostState`,
 * which is in the same block.
 */
import { assert } from '../base/errors.ts'
import type { BundleId, Hash } from '../base/ids.ts'
import type { VatView } from '../kernel/events.ts'
import type { AuditDepth, AuditReport } from '../protocol/audit.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { HistoryEntry } from '../protocol/history.ts'
import { rejectionPolicies, type OnRejection } from '../protocol/inbox.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { Signature, UpgradeCheck } from '../protocol/upgradeCheck.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { Retention } from '../protocol/retention.ts'
import type { StoreSize, Verification } from '../store/store.ts'
import type { BundledVat } from './bundler/bundleVat.ts'
import { installable, type EndoBundle } from './bundler/endoBundle.ts'
import type { BlockReport, CrankRecord, InstalledBundle, RunReport, SendTarget, StoreStatus } from './calls.ts'
import {
  checkCollection, checkCount, checkEngine, checkHostValue, checkKey, checkLabel, checkOneOf, checkReason, checkRecord,
  checkRemote, checkText, checkTime, checkTrace,
} from './checks.ts'
import type { CollectionOptions } from './creationOptions.ts'
import type { ConfigWarning } from './foundation.ts'
import type { Link } from './link.ts'
import { checkChangeable, checkCheck, checkCreate, checkPreparation, checkRun, checkSalvageLimits, checkUpgrade } from './options.ts'
import type {
  ChangeableOptions, CheckOptions, CreateOptions, PrepareOptions, ResultHandle, RunOptions, SalvageOptions, SendOptions, Status, UpgradeOptions,
} from './options.ts'
import { Port, type Ask } from './port.ts'
import { Preparing, type PreparationReport } from './preparing.ts'
import { Pruning } from './pruning.ts'
import type { PruneOptions, PruneReport } from './pruning.ts'
import { readAnswer, readableReason, withPlaces } from './reasons.ts'
import { engineBytes, kernelBytes, supervisorBytes } from './release.ts'
import type { EngineName } from './release.ts'
import { mapOfBundle } from './stacks.ts'
import type { Stats } from './stats.ts'
import { storeSize } from './survey.ts'
import type { TraceOptions } from './trace.ts'
import { encodeValue, krefOf, Remote } from './values.ts'

const verifications = ['lazy', 'live', 'all'] as const satisfies readonly Verification[]

export class Controller {
  readonly #link: Link
  readonly #preparing: Preparing
  #state: 'ready' | 'busy' | 'shut-down' = 'ready'
  readonly #ask: Ask = async (name, ...args) => {
    this.#assertReady()
    return this.#link.call(name, ...args)
  }
  readonly #pruning = new Pruning(this.#ask)
  /** The answer of `bootstrap`, when the store was made from a configuration that has it. */
  readonly bootstrapResult: ResultHandle | undefined
  /** Of the sources that the configuration names, when the store was made from it just now. */
  readonly bundleWarnings: readonly ConfigWarning[]

  constructor(link: Link, bootstrapResult: ResultHandle | undefined, bundleWarnings: readonly ConfigWarning[]) {
    this.#link = link
    this.#preparing = new Preparing(link)
    this.bootstrapResult = bootstrapResult
    this.bundleWarnings = bundleWarnings
  }

  // --- code

  /**
   * Installs code: what `bundleVat` gives, or a bundle of `@endo/bundle-source`. Vats are made of it, and read it by
   * its bundle cap. The same again gives the same id; a label moves to what it was given last.
   */
  async installBundle(bundle: BundledVat | EndoBundle, label?: string): Promise<InstalledBundle> {
    this.#assertReady()
    if (label !== undefined) checkLabel(label)
    const { bytes, ...made } = await installable(bundle)
    return this.#link.call('installBundle', 'vat', bytes, label ?? null, mapOfBundle(bundle), made)
  }

  async bundleNamed(label: string): Promise<BundleId> {
    this.#assertReady()
    return this.#link.call('bundleNamed', checkText(label, 'label'))
  }

  /** Installs an engine of this release with this release's supervisor, beside those that are there. */
  async installWorker(engine: EngineName, use: 'default' | 'on-demand' = 'on-demand'): Promise<WorkerVersion> {
    this.#assertReady()
    const bytes = engineBytes(checkEngine(engine))
    checkOneOf(use, 'use', ['default', 'on-demand'])
    return this.#link.call('installWorker', bytes, await supervisorBytes(), use)
  }

  // --- requests

  /** Asks for a vat. Its result is `{ root, adminNode }`, or a `Rejection` that says why it did not start. */
  async createVat(name: string, bundle: string, options: CreateOptions = {}): Promise<ResultHandle> {
    this.#assertReady()
    const { parameters, choices } = checkCreate(options)
    return { sequence: await this.#link.call('createVat', checkText(name, 'name'), checkText(bundle, 'bundle'), encodeValue(parameters), choices) }
  }

  /** Asks for the vat's next incarnation. Its result is an `UpgradeResult`, or a `Rejection` and the old one is as it was. */
  async upgradeVat(vat: string, bundle: string, options: UpgradeOptions = {}): Promise<ResultHandle> {
    this.#assertReady()
    const { parameters, choices, salvage } = checkUpgrade(options)
    return { sequence: await this.#link.call('upgradeVat', checkText(vat, 'vat'), checkText(bundle, 'bundle'), encodeValue(parameters), choices, salvage) }
  }

  /**
   * What the upgrade would come to if it were made now, and why. It is made and undone, so that nothing has changed.
   * @throws CodedError `upgrade/check-failed` when the kernel, an engine or the store fails in it
   */
  async checkUpgrade(vat: string, bundle: string, options: CheckOptions = {}): Promise<UpgradeCheck> {
    const { parameters, choices, salvage } = checkCheck(options)
    return this.#busy(() => this.#link.call('checkUpgrade', checkText(vat, 'vat'), checkText(bundle, 'bundle'), encodeValue(parameters), choices, salvage))
  }

  /**
   * Lets the bundle look through a copy of the vat's heap, and gives what it found, to be handed to an upgrade. The
   * bundle exports `salvage(root, exports)`. Nothing changes by it.
   * @throws CodedError `salvage/…`, `worker/too-old`
   */
  async salvage(vat: string, bundle: string, options: SalvageOptions = {}): Promise<Salvage> {
    const limits = checkSalvageLimits(options)
    return this.#busy(() => this.#link.call('salvage', checkText(vat, 'vat'), checkText(bundle, 'bundle'), limits))
  }

  /**
   * Replays the vat's incarnation, as far as it is committed, on the code of the bundle, in a thread of its own while
   * the kernel goes on. An upgrade in the mode `replay` or `auto` goes on from there, and comes to the same as without.
   * Again, it goes on with what came since; for a bundle that is being prepared it gives that same report.
   */
  async prepareUpgrade(vat: string, bundle: string, options: PrepareOptions = {}): Promise<PreparationReport> {
    this.#assertReady()
    checkPreparation(options)
    return this.#preparing.prepare(checkText(vat, 'vat'), checkText(bundle, 'bundle'))
  }

  /** What the bundle does with an empty estate: it is started without parameters, and the start is undone. */
  async signature(bundle: string): Promise<Signature> {
    return this.#busy(() => this.#link.call('signature', checkText(bundle, 'bundle')))
  }

  // --- the life of a vat; each takes effect when it is accepted

  /** Delivers nothing to the vat from now on; what comes for it waits. Its result is a `SuspendResult`. */
  async suspendVat(vat: string, reason: string): Promise<ResultHandle> {
    this.#assertReady()
    return { sequence: await this.#link.call('suspendVat', checkText(vat, 'vat'), checkReason(reason)) }
  }

  /** Delivers to the vat again, first what has waited. Its result is a `ResumeResult`. */
  async resumeVat(vat: string): Promise<ResultHandle> {
    this.#assertReady()
    return { sequence: await this.#link.call('resumeVat', checkText(vat, 'vat')) }
  }

  /** Ends the vat. Those who wait for its end get an error that says the reason. Its result is a `TerminateResult`. */
  async terminateVat(vat: string, reason: string): Promise<ResultHandle> {
    this.#assertReady()
    return { sequence: await this.#link.call('terminateVat', checkText(vat, 'vat'), encodeValue(Object.freeze(new Error(checkReason(reason))))) }
  }

  /** Its result is undefined. */
  async changeVatOptions(vat: string, options: ChangeableOptions): Promise<ResultHandle> {
    this.#assertReady()
    return { sequence: await this.#link.call('changeVatOptions', checkText(vat, 'vat'), checkChangeable(checkRecord(options, 'options'))) }
  }

  /** Runs no crank until `resumeKernel`; requests are accepted meanwhile. Twice is fine: the first reason stands. */
  async pauseKernel(reason: string): Promise<void> {
    this.#assertReady()
    return this.#link.call('pauseKernel', checkReason(reason))
  }

  /** Runs cranks again. Twice is fine. */
  async resumeKernel(): Promise<void> {
    return this.#ask('resumeKernel')
  }

  /** Sends to a vat's root (by name or id) or to any object that the host holds. */
  async send(target: string | Remote, method: string, args: readonly unknown[] = [], options: SendOptions = {}): Promise<ResultHandle> {
    const { onRejection = 'ignore' } = checkRecord(options, 'options')
    return { sequence: await this.#send(target, method, args, 'keep', checkOneOf(onRejection, 'onRejection', rejectionPolicies)) }
  }

  /** The same; nobody will ask for the result. */
  async sendOnly(target: string | Remote, method: string, args: readonly unknown[] = []): Promise<void> {
    await this.#send(target, method, args, 'ignore', 'ignore')
  }

  async status(result: ResultHandle): Promise<Status> {
    this.#assertReady()
    const status = await this.#link.call('result', checkCount(result?.sequence, 'result.sequence'))
    if (status.kind === 'pending') return status
    if (status.kind === 'rejected') return { kind: 'rejected', reason: await this.#withPlaces(readableReason(status.data)), by: status.data.by ?? 'vat' }
    return readAnswer(status.data)
  }

  /** Lets go of a result; the kernel need not keep it. */
  async forget(result: ResultHandle): Promise<void> {
    this.#assertReady()
    return this.#link.call('forget', checkCount(result?.sequence, 'result.sequence'))
  }

  // --- garbage and pins

  /** Asks every vat that runs to collect its garbage, in the next run. */
  async collectAll(): Promise<void> {
    return this.#ask('collectAll')
  }

  /** Gives the vat a schedule of its own, in the place of what it had; what is left out is as the store has it. */
  async setCollection(vat: string, collection: CollectionOptions): Promise<void> {
    this.#assertReady()
    return this.#link.call('setCollection', checkText(vat, 'vat'), checkCollection(collection))
  }

  /** Holds the object, whoever else does, until it was unpinned as often as it was pinned. */
  async pin(object: Remote): Promise<void> {
    this.#assertReady()
    return this.#link.call('pin', checkRemote(object))
  }

  async unpin(object: Remote): Promise<void> {
    this.#assertReady()
    return this.#link.call('unpin', checkRemote(object))
  }

  /** What is pinned, and how often. */
  async pins(): Promise<readonly { readonly object: Remote; readonly pins: number }[]> {
    return (await this.#ask('pins')).map(({ object, pins }) => ({ object: new Remote(object), pins }))
  }

  // --- ports and time

  /** Opens a port, or finds it open. */
  async openPort(name: string): Promise<Port> {
    await this.#ask('openPort', checkText(name, 'name'))
    return this.port(name)
  }

  /** A port that is open. That there is none of the name is found out when it is used. */
  port(name: string): Port {
    return new Port(checkText(name, 'name'), this.#ask)
  }

  async ports(): Promise<readonly string[]> {
    return this.#ask('portNames')
  }

  /** It is later now, in whatever unit this host tells time. What is due happens in the next run. */
  async advanceTime(now: bigint): Promise<void> {
    return this.#ask('advanceTime', checkTime(now))
  }

  async currentTime(): Promise<bigint> {
    return this.#ask('currentTime')
  }

  /** The kernel's own service that wakes vats. */
  async timer(): Promise<Remote> {
    return new Remote(await this.#ask('timer'), 'Alleged: timer')
  }

  // --- running

  /** Runs cranks until nothing is left to do, or to a limit. Never commits. */
  async run(options: RunOptions = {}): Promise<RunReport> {
    const limits = checkRun(options)
    const report = await this.#busy(() => this.#link.call('run', limits))
    const rejections = report.rejections.map(async ({ data, ...rejection }) => ({ ...rejection, reason: await this.#withPlaces(readableReason(data)), by: data.by ?? ('vat' as const) }))
    return { ...report, rejections: await Promise.all(rejections) }
  }

  /** Makes everything since the last block durable, as the next block. */
  commit(): Promise<BlockReport> {
    return this.#busy(() => this.#link.call('commit'))
  }

  // --- reading

  async vats(): Promise<readonly VatView[]> {
    return this.#ask('vats')
  }

  async vat(nameOrId: string): Promise<VatView> {
    this.#assertReady()
    return this.#link.call('vat', checkText(nameOrId, 'vat'))
  }

  /** The vat's incarnations, and the attempts to begin one that failed, the oldest first. */
  async history(nameOrId: string): Promise<readonly HistoryEntry[]> {
    this.#assertReady()
    const history = await this.#link.call('history', checkText(nameOrId, 'vat'))
    return history ?? refuse('kernel/too-old', 'the kernel of the store keeps no history', { needed: 'history' })
  }

  async root(nameOrId: string): Promise<Remote> {
    return new Remote((await this.vat(nameOrId)).root, 'Alleged: root')
  }

  /** The kernel's own service that makes vats. */
  async vatAdmin(): Promise<Remote> {
    this.#assertReady()
    return new Remote(await this.#link.call('vatAdmin'), 'Alleged: vatAdmin')
  }

  /**
   * The key with which a vat that holds it makes critical vats.
   * @throws CodedError `kernel/too-old`
   */
  async criticalVatKey(): Promise<Remote> {
    this.#assertReady()
    return new Remote(await this.#link.call('provided', 'criticalVatKey'), 'Alleged: criticalVatKey')
  }

  /** The identity of the vat's heap as it is now. */
  async heapHash(nameOrId: string): Promise<Hash> {
    this.#assertReady()
    return this.#link.call('heapHash', checkText(nameOrId, 'vat'))
  }

  async storeStatus(): Promise<StoreStatus> {
    return this.#ask('status')
  }

  /** What takes how much of the store's last block, by part and by vat. It is measured beside the machine, and takes longer for a larger store. */
  async storeSize(): Promise<StoreSize> {
    return storeSize((await this.storeStatus()).directory)
  }

  /** What each vat has done and takes: counts as of now, and what this process has measured since it opened the store. */
  async stats(): Promise<Stats> {
    return this.#ask('stats')
  }

  /** Sets how much of the past is kept from now on; what is left out stays as it is. Durable when it returns; each commit then removes a bounded part. */
  async setRetention(retention: Partial<Retention>): Promise<void> {
    return this.#pruning.setRetention(retention)
  }

  /**
   * Removes what is no longer to be kept: as the retention of the store says, or the options. Durable step by step; other
   * calls come between. The block at work, the state and all hashes are as they were.
   * @throws CodedError `store/opened-for-reading`
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    return this.#pruning.prune(options)
  }

  /** Checks the store as opening it would. */
  async verify(how: Verification): Promise<void> {
    this.#assertReady()
    return this.#link.call('verify', checkOneOf(how, 'how', verifications))
  }

  /** Counts again everything that is counted, and tells all that is not as it should be. Changes nothing. */
  async audit(options: { readonly depth?: AuditDepth } = {}): Promise<AuditReport> {
    this.#assertReady()
    const depth = checkOneOf(checkRecord(options, 'options').depth ?? 'kernel', 'depth', ['kernel', 'all'])
    const report = (await this.#link.call('audit', depth, null)) ?? (await this.#link.call('audit', depth, await kernelBytes()))
    assert(report !== null, "this release's kernel audits")
    return report
  }

  /** Groups of vats that hold each other's objects and that nobody else holds: circles between vats are never collected. */
  async cycles(): Promise<readonly CycleGroup[]> {
    this.#assertReady()
    const groups = (await this.#link.call('cycles', null)) ?? (await this.#link.call('cycles', await kernelBytes()))
    assert(groups !== null, "this release's kernel finds circles")
    return groups
  }

  // --- the host's own data, in the same block as everything else

  async getHostState(key: string): Promise<string | undefined> {
    this.#assertReady()
    return (await this.#link.call('getHostState', checkKey(key))) ?? undefined
  }

  async setHostState(key: string, value: string | undefined): Promise<void> {
    this.#assertReady()
    return this.#link.call('setHostState', checkKey(key), checkHostValue(value))
  }

  /** What vats wrote with `vatPowers.testLog` since the store was opened: the last 10,000 lines. */
  async testLog(): Promise<readonly string[]> {
    return this.#ask('testLog')
  }

  /** Switches the trace on, off (`null`) or over. Refused with `trace/unwritable`, it stays as it was. */
  async setTrace(options: TraceOptions | null): Promise<void> {
    this.#assertReady()
    return this.#link.call('setTrace', options === null ? null : checkTrace(options))
  }

  /** Drops all workers from memory. Changes nothing but time. */
  async evictWorkers(): Promise<void> {
    return this.#ask('evictWorkers')
  }

  /** Closes the store at its last block. Twice is fine. */
  async shutdown(): Promise<void> {
    if (this.#state === 'shut-down') return
    this.#assertReady()
    this.#state = 'shut-down'
    await this.#preparing.end()
    await this.#link.close()
  }

  #withPlaces(reason: unknown): Promise<unknown> {
    return withPlaces(reason, (stack) => this.#link.call('readableStack', stack))
  }

  async #send(target: string | Remote, method: string, args: readonly unknown[], result: 'keep' | 'ignore', onRejection: OnRejection): Promise<number> {
    this.#assertReady()
    checkText(method, 'method')
    if (!Array.isArray(args)) refuse('api/bad-argument', 'the arguments of a message are a list')
    const methargs: CapData = encodeValue([method, args])
    const to: SendTarget = target instanceof Remote ? { kind: 'object', kref: krefOf(target) } : { kind: 'root', vat: checkText(target, 'target') }
    return this.#link.call('send', to, methargs, result, onRejection)
  }

  async #busy<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#assertReady()
    this.#state = 'busy'
    try {
      return await work()
    } finally {
      this.#state = 'ready'
    }
  }

  #assertReady(): void {
    if (this.#state === 'busy') refuse('api/busy', 'a run or a commit is under way; await it first')
    if (this.#state === 'shut-down') refuse('api/shut-down', 'this controller was shut down')
  }
}

export type { CrankRecord }
