/**
 * The host API: an open store with its kernel.
 *
 * Every refused call throws a `CodedError` with a code of `protocol/codes.ts` and has changed nothing. During
 * a `run` or `commit` every other call is refused with `api/busy`; after `shutdown` with `api/shut-down`.
 *
 * Nothing is durable before `commit`: when the process dies, everything accepted and run since the last
 * commit is lost. A program that drives a controller records its own progress with `setHostState`, in the
 * same block.
 */
import { assert } from '../base/errors.ts'
import type { BundleId } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import type { OnRejection } from '../protocol/host/inbox.ts'
import type { PendingReason } from '../protocol/host/pending.ts'
import type { UpgradeResult } from '../protocol/results.ts'
import type { Salvage } from '../protocol/worker/salvage.ts'
import type { SweepReport } from '../protocol/reports/sweep.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../protocol/reports/upgradeCheck.ts'
import type { VatAdmin } from '../vat/vatAdmin.ts'
import type { BundledVat } from '../bundler/bundleVat.ts'
import { installable, type EndoBundle } from '../bundler/endoBundle.ts'
import type { BlockReport, InstalledBundle, SendTarget } from '../protocol/machine/reports.ts'
import type { CrankRecord, RunReport } from '../protocol/machine/runs.ts'
import {
  checkCount,
  checkLabel,
  checkReason,
  checkText,
} from '../api/checks.ts'
import type { ConfigWarning } from '../protocol/machine/genesis.ts'
import type { Link } from './threads/link.ts'
import {
  checkCreate,
  checkPreparation,
  checkRunning,
  checkSalvaging,
  checkSending,
  checkSignature,
  checkTrace,
  checkUpgrade,
} from './config/optionChecks.ts'
import type {
  CheckOptions,
  CreatedVat,
  CreateOptions,
  PrepareOptions,
  ResultHandle,
  RunOptions,
  SalvageOptions,
  SendOptions,
  SignatureOptions,
  Status,
  UpgradeOptions,
} from './config/options.ts'
import { handleOf } from './calls/handles.ts'
import { checkSweep, sweep, type SweepOptions } from './sweeping.ts'
import type { Ask } from './calls/port.ts'
import { Preparing, type PreparationReport } from './threads/preparing.ts'
import { readAnswer, readableReason, withPlaces } from './calls/reasons.ts'
import { loaderBytes } from '../release/release.ts'
import type { AnswerOf, ArgumentsOf, MethodOf, Target } from '../api/remoteTypes.ts'
import { mapOfBundle } from '../machine/stacks/stacks.ts'
import { isBundledKernel, type BundledKernel } from './bundleKernel.ts'
import { PlanCalls } from './calls/planCalls.ts'
import type { TraceOptions } from '../protocol/machine/traceSettings.ts'
import { encodeValue, krefOf, Remote } from '../api/values.ts'

/** The host API, as `openController` returns it. */
export class Controller extends PlanCalls {
  readonly #link: Link
  readonly #preparing: Preparing
  #state: 'ready' | 'busy' | 'shut-down' = 'ready'
  /** The height of the last block that this controller committed. */
  #height = 0
  readonly #ask: Ask = async (name, ...args) => {
    this.#assertReady()
    return this.#link.call(name, ...args)
  }
  /** The answer of `bootstrap`, if the store's configuration has a bootstrap vat. */
  readonly bootstrapResult: ResultHandle | undefined
  /** For the configuration's sources, if the store was just made from it. */
  readonly bundleWarnings: readonly ConfigWarning[]

  constructor(
    link: Link,
    bootstrapResult: ResultHandle | undefined,
    bundleWarnings: readonly ConfigWarning[],
  ) {
    super({
      ask: (name, ...args) => this.#ask(name, ...args),
      later: (name, ...args) => link.call(name, ...args),
      assertReady: () => this.#assertReady(),
      commit: () => this.commit(),
      replay: () => (link.isGone ? null : link.replay),
    })
    this.#link = link
    this.#preparing = new Preparing(link)
    this.bootstrapResult = bootstrapResult
    this.bundleWarnings = bundleWarnings
  }

  // --- code

  /**
   * Installs code: the result of `bundleVat`, or a bundle of `@endo/bundle-source`. Vats are made of it, and
   * read it by its bundle cap. The same code gets the same id; a label moves to its latest bundle. A result
   * of `bundleKernel` is installed as by `installKernel`, without a label.
   */
  async installBundle(
    bundle: BundledVat | EndoBundle | BundledKernel,
    label?: string,
  ): Promise<InstalledBundle> {
    this.#assertReady()
    if (label !== undefined) checkLabel(label)
    if (isBundledKernel(bundle)) {
      if (label !== undefined) refuse('api/bad-argument', 'a kernel has no label', { argument: 'label' })
      return this.installKernel(bundle.bytes)
    }
    const { bytes, ...made } = await installable(bundle, loaderBytes)
    return this.#link.call('installBundle', 'vat', bytes, label ?? null, mapOfBundle(bundle), made)
  }

  async bundleNamed(label: string): Promise<BundleId> {
    this.#assertReady()
    return this.#link.call('bundleNamed', checkText(label, 'label'))
  }

  // --- faults

  /**
   * After a local fault (`machine/…`) opens the store again at its last block; handles of committed requests
   * stay valid. After a fault of the kernel, also one that another process ended, the waiting items are
   * accepted, in order. Idempotent.
   * @throws CodedError `kernel/fault` when the kernel fails again, recorded anew; `store/…` from the opening
   */
  async retryKernel(): Promise<void> {
    await this.#busy(async () => {
      if (!this.#link.isGone && (await this.#link.call('retryKernel')) === 'done') return
      await this.#preparing.cancel()
      await this.#link.reopen()
    })
  }

  // --- requests

  /**
   * Requests a vat. Its result is `{ root, adminNode }`, or a `Rejection` with the reason why it did not
   * start.
   */
  async createVat<Root = unknown>(
    name: string,
    bundle: string,
    options: CreateOptions = {},
  ): Promise<ResultHandle<CreatedVat<Root>>> {
    this.#assertReady()
    const { parameters, chosen } = checkCreate(options)
    const sequence = await this.#link.call(
      'createVat',
      checkText(name, 'name'),
      checkText(bundle, 'bundle'),
      encodeValue(parameters),
      chosen,
    )
    return handleOf(sequence)
  }

  /**
   * Requests the vat's next incarnation. Its result is an `UpgradeResult`, or a `Rejection` that leaves the
   * old one unchanged.
   */
  async upgradeVat(
    vat: string,
    bundle: string,
    options: UpgradeOptions = {},
  ): Promise<ResultHandle<UpgradeResult>> {
    this.#assertReady()
    const { parameters, choices, salvage } = checkUpgrade(options)
    const sequence = await this.#link.call(
      'upgradeVat',
      checkText(vat, 'vat'),
      checkText(bundle, 'bundle'),
      encodeValue(parameters),
      choices,
      salvage,
    )
    return handleOf(sequence)
  }

  /**
   * Returns the outcome that the upgrade would have now, and why. The upgrade is tried and undone, so nothing
   * changes.
   * @throws CodedError `upgrade/check-failed` when the kernel, an engine or the store fails during it
   */
  async checkUpgrade(vat: string, bundle: string, options: CheckOptions = {}): Promise<UpgradeCheck> {
    const { parameters, choices, salvage } = checkUpgrade(options)
    return this.#busy(() =>
      this.#link.call(
        'checkUpgrade',
        checkText(vat, 'vat'),
        checkText(bundle, 'bundle'),
        encodeValue(parameters),
        choices,
        salvage,
      ),
    )
  }

  /** Points to review before the upgrade: the warnings of `checkUpgrade`, without a dry run. */
  async upgradeWarnings(
    vat: string,
    bundle: string,
    options: CheckOptions = {},
  ): Promise<readonly UpgradeWarning[]> {
    const { parameters, choices, salvage } = checkUpgrade(options)
    return this.#busy(() =>
      this.#link.call(
        'upgradeWarnings',
        checkText(vat, 'vat'),
        checkText(bundle, 'bundle'),
        encodeValue(parameters),
        choices,
        salvage,
      ),
    )
  }

  /**
   * Runs the bundle on a copy of the vat's heap, and returns what it found, for use in an upgrade. The bundle
   * exports `salvage(root, exports)`. Changes nothing.
   * @throws CodedError `salvage/…`, `worker/too-old`
   */
  async salvage(vat: string, bundle: string, options: SalvageOptions = {}): Promise<Salvage> {
    const limits = checkSalvaging(options)
    return this.#busy(() =>
      this.#link.call('salvage', checkText(vat, 'vat'), checkText(bundle, 'bundle'), limits),
    )
  }

  /**
   * Reads every durable record of the vat with its present code, in a copy, and reports those that cannot be
   * read. Changes nothing.
   */
  async sweepVat(vat: string, options: SweepOptions = {}): Promise<SweepReport> {
    const order = checkSweep(options)
    const ask: Ask = async (name, ...args) => this.#link.call(name, ...args)
    return this.#busy(() => sweep(ask, checkText(vat, 'vat'), order))
  }

  /**
   * Replays the committed part of the vat's incarnation on the code of the bundle, in a separate thread while
   * the kernel runs on. An upgrade in mode `replay` or `auto` continues from there, with the same outcome as
   * without. A repeated call continues with newer entries; for a bundle in preparation it returns that same
   * report.
   */
  async prepareUpgrade(
    vat: string,
    bundle: string,
    options: PrepareOptions = {},
  ): Promise<PreparationReport> {
    this.#assertReady()
    checkPreparation(options)
    return this.#preparing.prepare(checkText(vat, 'vat'), { bundle: checkText(bundle, 'bundle') })
  }

  /** As `prepareUpgrade`, for `upgradeWorker` in mode `replay` or `auto`, and for a rollout. */
  async prepareWorkerUpgrade(vat: string, worker: string): Promise<PreparationReport> {
    this.#assertReady()
    return this.#preparing.prepare(checkText(vat, 'vat'), { worker: checkText(worker, 'worker') })
  }

  /** Reports what the bundle defines on an empty estate: it is started, and the start is undone. */
  async signature(bundle: string, options: SignatureOptions = {}): Promise<Signature> {
    const { parameters, of } = checkSignature(options)
    return this.#busy(() =>
      this.#link.call('signature', checkText(bundle, 'bundle'), encodeValue(parameters), of),
    )
  }

  // --- the kernel

  /** Runs no crank until `resumeKernel`; requests are still accepted. Idempotent: the first reason stands. */
  async pauseKernel(reason: string): Promise<void> {
    this.#assertReady()
    return this.#link.call('pauseKernel', checkReason(reason))
  }

  /** Runs cranks again. Idempotent. */
  async resumeKernel(): Promise<void> {
    this.#assertReady()
    return this.#link.call('resumeKernel')
  }

  /**
   * Sends to a vat's root, by the vat's name or id, or to any object that the host has. If the target's
   * interface is known (`controller.root<Bank>('bank')`), the compiler checks the message and infers the
   * answer.
   */
  async send<To extends Target, Name extends MethodOf<To>>(
    target: To, method: Name, args?: ArgumentsOf<To, Name>, options: SendOptions = {},
  ): Promise<ResultHandle<AnswerOf<To, Name>>> {
    return handleOf(await this.#send(target, method, args ?? [], 'keep', checkSending(options)))
  }

  /** Like `send`, without a result. */
  async sendOnly<To extends Target, Name extends MethodOf<To>>(
    target: To,
    method: Name,
    args?: ArgumentsOf<To, Name>,
  ): Promise<void> {
    await this.#send(target, method, args ?? [], 'ignore', 'ignore')
  }

  /** The state of a request: pending, fulfilled with its answer, or rejected with a reason. */
  async status<Answer>(result: ResultHandle<Answer>): Promise<Status<Answer>> {
    this.#assertReady()
    const status = await this.#link.call('result', checkCount(result?.sequence, 'result.sequence'))
    if (status.kind === 'pending') return status
    if (status.kind === 'rejected')
      return {
        kind: 'rejected',
        reason: await this.#withPlaces(readableReason(status.data)),
        by: status.data.by ?? 'vat',
      }
    return readAnswer<Answer>(status.data)
  }

  /** Why the result is pending, if the kernel knows; undefined when it is not pending. */
  async whyPending(result: ResultHandle): Promise<PendingReason | undefined> {
    return (await this.#ask('whyPending', checkCount(result?.sequence, 'result.sequence'))) ?? undefined
  }

  /** Releases a result; the kernel may delete it. */
  async forget(result: ResultHandle): Promise<void> {
    this.#assertReady()
    return this.#link.call('forget', checkCount(result?.sequence, 'result.sequence'))
  }

  // --- running

  /** Runs cranks until no work is left or a limit is reached. Commits the end of a migration, and faults. */
  async run(options: RunOptions = {}): Promise<RunReport> {
    const limits = checkRunning(options)
    const report = await this.#busy(() => this.#link.call('run', limits))
    assert((report.ended === 'limit') === (report.limit !== null), 'a run that ends at a limit names it')
    assert(report.recorded.length <= report.cranks, 'a crank is recorded at most once')
    const rejections = report.rejections.map(async ({ data, ...rejection }) => ({
      ...rejection,
      reason: await this.#withPlaces(readableReason(data)),
      by: data.by ?? ('vat' as const),
    }))
    return { ...report, rejections: await Promise.all(rejections) }
  }

  /** Makes everything since the last block durable, as the next block. */
  async commit(): Promise<BlockReport> {
    const report = await this.#busy(() => this.#link.call('commit'))
    assert(report.height > this.#height, 'each block is higher than the one before')
    this.#height = report.height
    return report
  }

  // --- reading

  async vatAdmin(): Promise<Remote<VatAdmin>> {
    this.#assertReady()
    return new Remote(await this.#link.call('vatAdmin'), 'Alleged: vatAdmin')
  }

  /** The key with which its holder creates critical vats. Kernels without it refuse with `kernel/too-old`. */
  async criticalVatKey(): Promise<Remote> {
    this.#assertReady()
    return new Remote(await this.#link.call('provided', 'criticalVatKey'), 'Alleged: criticalVatKey')
  }

  /** What vats wrote with `vatPowers.testLog` since the store was opened: the last 10,000 lines. */
  async testLog(): Promise<readonly string[]> {
    this.#assertReady()
    return this.#link.call('testLog')
  }

  /**
   * Switches the trace on or off (`null`), or redirects it. After a `trace/unwritable` refusal it is
   * unchanged.
   */
  async setTrace(options: TraceOptions | null): Promise<void> {
    this.#assertReady()
    return this.#link.call('setTrace', options === null ? null : checkTrace(options))
  }

  /** Drops all workers from memory. Affects only time. */
  async evictWorkers(): Promise<void> {
    this.#assertReady()
    return this.#link.call('evictWorkers')
  }

  /** Closes the store at its last block. Idempotent. */
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

  async #send(
    target: Target,
    method: string,
    args: readonly unknown[],
    result: 'keep' | 'ignore',
    onRejection: OnRejection,
  ): Promise<number> {
    this.#assertReady()
    checkText(method, 'method')
    if (!Array.isArray(args)) refuse('api/bad-argument', 'the arguments of a message must be a list')
    const methargs = encodeValue([method, args])
    const to: SendTarget =
      target instanceof Remote
        ? { kind: 'object', kref: krefOf(target) }
        : { kind: 'root', vat: checkText(target, 'target') }
    return this.#link.call('send', to, methargs, result, onRejection)
  }

  async #busy<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#assertReady()
    this.#state = 'busy'
    try {
      return await work()
    } finally {
      assert(this.#state === 'busy', 'nothing ends a run or a commit but itself')
      this.#state = 'ready'
    }
  }

  #assertReady(): void {
    if (this.#state === 'busy') refuse('api/busy', 'a run or a commit is in progress; await it first')
    if (this.#state === 'shut-down') refuse('api/shut-down', 'this controller was shut down')
  }
}

export type { CrankRecord }
