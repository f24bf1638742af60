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
import type { BundleId, Hash } from '../base/ids.ts'
import type { VatView } from '../kernel/events.ts'
import { refuse } from '../protocol/codes.ts'
import type { HistoryEntry } from '../protocol/history.ts'
import type { OnRejection } from '../protocol/inbox.ts'
import type { PendingReason } from '../protocol/pending.ts'
import type { ResumeResult, SuspendResult, TerminateResult, UpgradeResult } from '../protocol/results.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../protocol/upgradeCheck.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { TimerService } from '../vat/timer.ts'
import type { VatAdmin } from '../vat/vatAdmin.ts'
import type { BundledVat } from './bundler/bundleVat.ts'
import { installable, type EndoBundle } from './bundler/endoBundle.ts'
import type { BlockReport, CrankRecord, InstalledBundle, RunReport, SendTarget } from './calls.ts'
import {
  checkCollection, checkCount, checkEngine, checkLabel, checkOneOf, checkReason, checkRemote, checkText,
  checkTime,
} from './checks.ts'
import type { CollectionOptions } from './creationOptions.ts'
import type { ConfigWarning } from './foundation.ts'
import type { Link } from './link.ts'
import {
  checkChangeable, checkCreate, checkPreparation, checkRunning, checkSalvaging, checkSending, checkSignature, checkTrace,
  checkUpgrade,
} from './optionChecks.ts'
import type {
  ChangeableOptions, CheckOptions, CreatedVat, CreateOptions, PrepareOptions, ResultHandle, RunOptions,
  SalvageOptions, SendOptions, SignatureOptions, Status, UpgradeOptions,
} from './options.ts'
import { Port, type Ask } from './port.ts'
import { Preparing, type PreparationReport } from './preparing.ts'
import { readAnswer, readableReason, withPlaces } from './reasons.ts'
import type { EngineName } from './release/engineNames.ts'
import { workerCode } from './release/release.ts'
import type { AnswerOf, ArgumentsOf, MethodOf, Target } from './remoteTypes.ts'
import { mapOfBundle } from './stacks.ts'
import { StoreCalls } from './storeCalls.ts'
import type { TraceOptions } from './trace.ts'
import { encodeValue, krefOf, Remote } from './values.ts'

/** The host API, as `openController` returns it. */
export class Controller extends StoreCalls {
  readonly #link: Link
  readonly #preparing: Preparing
  #state: 'ready' | 'busy' | 'shut-down' = 'ready'
  readonly #ask: Ask = async (name, ...args) => {
    this.#assertReady()
    return this.#link.call(name, ...args)
  }
  /** The answer of `bootstrap`, when the store was made from a configuration that has it. */
  readonly bootstrapResult: ResultHandle | undefined
  /** Of the sources that the configuration names, when the store was made from it just now. */
  readonly bundleWarnings: readonly ConfigWarning[]

  constructor(link: Link, bootstrapResult: ResultHandle | undefined, bundleWarnings: readonly ConfigWarning[]) {
    super((name, ...args) => this.#ask(name, ...args), (name, ...args) => link.call(name, ...args))
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
    const code = await workerCode(checkEngine(engine))
    checkOneOf(use, 'use', ['default', 'on-demand'])
    return this.#link.call('installWorker', code, use)
  }

  // --- requests

  /** Asks for a vat. Its result is `{ root, adminNode }`, or a `Rejection` that says why it did not start. */
  async createVat<Root = unknown>(name: string, bundle: string, options: CreateOptions = {}): Promise<ResultHandle<CreatedVat<Root>>> {
    this.#assertReady()
    const { parameters, chosen } = checkCreate(options)
    return { sequence: await this.#link.call('createVat', checkText(name, 'name'), checkText(bundle, 'bundle'), encodeValue(parameters), chosen) }
  }

  /** Asks for the vat's next incarnation. Its result is an `UpgradeResult`, or a `Rejection` and the old one is as it was. */
  async upgradeVat(vat: string, bundle: string, options: UpgradeOptions = {}): Promise<ResultHandle<UpgradeResult>> {
    this.#assertReady()
    const { parameters, choices, salvage } = checkUpgrade(options)
    return { sequence: await this.#link.call('upgradeVat', checkText(vat, 'vat'), checkText(bundle, 'bundle'), encodeValue(parameters), choices, salvage) }
  }

  /**
   * What the upgrade would come to if it were made now, and why. It is made and undone, so that nothing has changed.
   * @throws CodedError `upgrade/check-failed` when the kernel, an engine or the store fails in it
   */
  async checkUpgrade(vat: string, bundle: string, options: CheckOptions = {}): Promise<UpgradeCheck> {
    const { parameters, choices, salvage } = checkUpgrade(options)
    return this.#busy(() => this.#link.call('checkUpgrade', checkText(vat, 'vat'), checkText(bundle, 'bundle'), encodeValue(parameters), choices, salvage))
  }

  /** What is worth a second look before the upgrade is made: what `checkUpgrade` gives as its warnings, without trying it out. */
  async upgradeWarnings(vat: string, bundle: string, options: CheckOptions = {}): Promise<readonly UpgradeWarning[]> {
    const { parameters, choices, salvage } = checkUpgrade(options)
    return this.#busy(() => this.#link.call('upgradeWarnings', checkText(vat, 'vat'), checkText(bundle, 'bundle'), encodeValue(parameters), choices, salvage))
  }

  /**
   * Lets the bundle look through a copy of the vat's heap, and gives what it found, to be handed to an upgrade. The
   * bundle exports `salvage(root, exports)`. Nothing changes by it.
   * @throws CodedError `salvage/…`, `worker/too-old`
   */
  async salvage(vat: string, bundle: string, options: SalvageOptions = {}): Promise<Salvage> {
    const limits = checkSalvaging(options)
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

  /** What the bundle does with an empty estate: it is started, and the start is undone. */
  async signature(bundle: string, options: SignatureOptions = {}): Promise<Signature> {
    const { parameters, of } = checkSignature(options)
    return this.#busy(() => this.#link.call('signature', checkText(bundle, 'bundle'), encodeValue(parameters), of))
  }

  // --- the life of a vat; each takes effect when it is accepted

  /** Delivers nothing to the vat from now on; what comes for it waits. Its result is a `SuspendResult`. */
  async suspendVat(vat: string, reason: string): Promise<ResultHandle<SuspendResult>> {
    this.#assertReady()
    return { sequence: await this.#link.call('suspendVat', checkText(vat, 'vat'), checkReason(reason)) }
  }

  /** Delivers to the vat again, first what has waited. Its result is a `ResumeResult`. */
  async resumeVat(vat: string): Promise<ResultHandle<ResumeResult>> {
    this.#assertReady()
    return { sequence: await this.#link.call('resumeVat', checkText(vat, 'vat')) }
  }

  /** Ends the vat. Those who wait for its end get an error that says the reason. Its result is a `TerminateResult`. */
  async terminateVat(vat: string, reason: string): Promise<ResultHandle<TerminateResult>> {
    this.#assertReady()
    return { sequence: await this.#link.call('terminateVat', checkText(vat, 'vat'), encodeValue(Object.freeze(new Error(checkReason(reason))))) }
  }

  /** Its result is undefined. */
  async changeVatOptions(vat: string, options: ChangeableOptions): Promise<ResultHandle<undefined>> {
    this.#assertReady()
    return { sequence: await this.#link.call('changeVatOptions', checkText(vat, 'vat'), checkChangeable(options)) }
  }

  /** Runs no crank until `resumeKernel`; requests are accepted meanwhile. Twice is fine: the first reason stands. */
  async pauseKernel(reason: string): Promise<void> {
    this.#assertReady()
    return this.#link.call('pauseKernel', checkReason(reason))
  }

  /** Runs cranks again. Twice is fine. */
  async resumeKernel(): Promise<void> {
    this.#assertReady()
    return this.#link.call('resumeKernel')
  }

  /**
   * Sends to a vat's root, by the vat's name or id, or to any object that the host has. Where the interface of the target
   * is known (`controller.root<Bank>('bank')`), the compiler checks the message and knows the answer.
   */
  async send<To extends Target, Name extends MethodOf<To>>(
    target: To, method: Name, args?: ArgumentsOf<To, Name>, options: SendOptions = {},
  ): Promise<ResultHandle<AnswerOf<To, Name>>> {
    return { sequence: await this.#send(target, method, args ?? [], 'keep', checkSending(options)) }
  }

  /** The same without a result. */
  async sendOnly<To extends Target, Name extends MethodOf<To>>(target: To, method: Name, args?: ArgumentsOf<To, Name>): Promise<void> {
    await this.#send(target, method, args ?? [], 'ignore', 'ignore')
  }

  /** How a request stands: pending, fulfilled with its answer, or rejected with a reason. */
  async status<Answer>(result: ResultHandle<Answer>): Promise<Status<Answer>> {
    this.#assertReady()
    const status = await this.#link.call('result', checkCount(result?.sequence, 'result.sequence'))
    if (status.kind === 'pending') return status
    if (status.kind === 'rejected') return { kind: 'rejected', reason: await this.#withPlaces(readableReason(status.data)), by: status.data.by ?? 'vat' }
    return readAnswer<Answer>(status.data)
  }

  /** Why the result is pending, as far as the kernel knows; undefined when it is not. */
  async whyPending(result: ResultHandle): Promise<PendingReason | undefined> {
    return (await this.#ask('whyPending', checkCount(result?.sequence, 'result.sequence'))) ?? undefined
  }

  /** Lets go of a result; the kernel need not keep it. */
  async forget(result: ResultHandle): Promise<void> {
    this.#assertReady()
    return this.#link.call('forget', checkCount(result?.sequence, 'result.sequence'))
  }

  // --- garbage and pins

  /** Asks every vat that runs to collect its garbage, in the next run. */
  async collectAll(): Promise<void> {
    this.#assertReady()
    return this.#link.call('collectAll')
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
    this.#assertReady()
    return (await this.#link.call('pins')).map(({ object, pins }) => ({ object: new Remote(object), pins }))
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
  async timer(): Promise<Remote<TimerService>> {
    return new Remote(await this.#ask('timer'), 'Alleged: timer')
  }

  // --- running

  /** Runs cranks until nothing is left to do, or to a limit. Never commits. */
  async run(options: RunOptions = {}): Promise<RunReport> {
    const limits = checkRunning(options)
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
    this.#assertReady()
    return this.#link.call('vats')
  }

  async vat(nameOrId: string): Promise<VatView> {
    this.#assertReady()
    return this.#link.call('vat', checkText(nameOrId, 'vat'))
  }

  /** The vat's incarnations, and the attempts to begin one that failed, the oldest first. */
  async history(nameOrId: string): Promise<readonly HistoryEntry[]> {
    this.#assertReady()
    const history = await this.#link.call('history', checkText(nameOrId, 'vat'))
    return history ?? refuse('kernel/too-old', 'the kernel of the store does not record history', { needed: 'history' })
  }

  /** A vat's root, with the interface that the vat declares: `controller.root<Bank>('bank')`. */
  async root<T = unknown>(nameOrId: string): Promise<Remote<T>> {
    return new Remote((await this.vat(nameOrId)).root, 'Alleged: root')
  }

  /** The kernel's own service that makes vats. */
  async vatAdmin(): Promise<Remote<VatAdmin>> {
    this.#assertReady()
    return new Remote(await this.#link.call('vatAdmin'), 'Alleged: vatAdmin')
  }

  /** The key with which a vat that holds it makes critical vats. Refused with `kernel/too-old` by a kernel without it. */
  async criticalVatKey(): Promise<Remote> {
    this.#assertReady()
    return new Remote(await this.#link.call('provided', 'criticalVatKey'), 'Alleged: criticalVatKey')
  }

  /** The identity of the vat's heap as it is now. */
  async heapHash(nameOrId: string): Promise<Hash> {
    this.#assertReady()
    return this.#link.call('heapHash', checkText(nameOrId, 'vat'))
  }

  /** What vats wrote with `vatPowers.testLog` since the store was opened: the last 10,000 lines. */
  async testLog(): Promise<readonly string[]> {
    this.#assertReady()
    return this.#link.call('testLog')
  }

  /** Switches the trace on, off (`null`) or over. Refused with `trace/unwritable`, it stays as it was. */
  async setTrace(options: TraceOptions | null): Promise<void> {
    this.#assertReady()
    return this.#link.call('setTrace', options === null ? null : checkTrace(options))
  }

  /** Drops all workers from memory. Changes nothing but time. */
  async evictWorkers(): Promise<void> {
    this.#assertReady()
    return this.#link.call('evictWorkers')
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
    return withPlaces(reason, this.#link)
  }

  async #send(target: Target, method: string, args: readonly unknown[], result: 'keep' | 'ignore', onRejection: OnRejection): Promise<number> {
    this.#assertReady()
    checkText(method, 'method')
    if (!Array.isArray(args)) refuse('api/bad-argument', 'the arguments of a message must be a list')
    const methargs = encodeValue([method, args])
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
    if (this.#state === 'busy') refuse('api/busy', 'a run or a commit is in progress; await it first')
    if (this.#state === 'shut-down') refuse('api/shut-down', 'this controller was shut down')
  }
}

export type { CrankRecord }
