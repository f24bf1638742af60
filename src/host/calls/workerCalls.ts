/** Calls of a controller about worker versions: engine and supervisor under the vats. */
import { isBundleId, type BundleId } from '../../base/ids.ts'
import {
  badArgument,
  checkCount,
  checkLabel,
  checkOneOf,
  checkReason,
  checkText,
} from '../../api/checks.ts'
import type { RolloutVat, RolloutView } from '../../protocol/worker/rollout.ts'
import type { WorkerUpgradeResult, WorkerView } from '../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import { isEngineName, type EngineName } from '../../protocol/worker/engineNames.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import { workerParts, type WorkerPart } from '../../protocol/bundle/bundle.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { buildInThread, buildMilliseconds } from '../threads/building.ts'
import {
  checkRollout,
  checkWorkerUpgrade,
  type RolloutOptions,
  type WorkerUpgradeOptions,
} from '../config/workerOptions.ts'
import type { ResultHandle } from '../config/options.ts'
import { handleOf } from './handles.ts'
import { inPieces, type Calling } from './calling.ts'
import type { Ask } from './port.ts'
import { VatCalls } from './vatCalls.ts'
import { codeOf, type WorkerSource } from '../config/workerCode.ts'

/** A worker version to install. */
export interface InstallWorkerOptions extends WorkerSource {
  /** A name for people, 1 to 100 characters. Default: none. */
  readonly label?: string
  /** `default`: new vats and next incarnations start on it. Default: `on-demand`. */
  readonly use?: 'default' | 'on-demand'
  /** The base image that other nodes have; any other is refused. */
  readonly image?: BundleId
  /** The most milliseconds that the build may take; default: 120,000. */
  readonly timeoutMs?: number
  /** Cancels the build; nothing is installed then. */
  readonly signal?: AbortSignal
}

const installOptions: Names<InstallWorkerOptions> = {
  engine: true,
  supervisor: true,
  label: true,
  use: true,
  image: true,
  timeoutMs: true,
  signal: true,
}

export class WorkerCalls extends VatCalls {
  readonly #ask: Ask
  readonly #assertReady: () => void

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
    this.#assertReady = calling.assertReady
  }

  // --- versions

  /**
   * Installs a worker version, in addition to the existing ones: an engine with a supervisor, whose base
   * image is built in a thread. An engine of the release may be named by itself. Installing a version again
   * changes its label and its use.
   * @throws CodedError `engine/…` for code that cannot be a worker, with all that is missing;
   *   `worker/build-ended`; `worker/image-differs`. Nothing is kept then
   */
  async installWorker(
    what: EngineName | InstallWorkerOptions,
    use?: 'default' | 'on-demand',
  ): Promise<WorkerVersion> {
    this.#assertReady()
    const options = checkInstall(what, use)
    const { label, timeoutMs = buildMilliseconds, signal } = options
    const code = await codeOf(options, { timeoutMs, ...(signal === undefined ? {} : { signal }) }, this.#ask)
    return this.#ask('installWorker', code, options.use ?? 'on-demand', label ?? null, options.image ?? null)
  }

  /**
   * Installs an engine or a supervisor by itself: vats with the power to install worker versions
   * (`vats.vatAdmin` of a bootstrap vat) name it by its bundle cap or its id.
   */
  async installWorkerPart(part: WorkerPart, bytes: Uint8Array, label?: string): Promise<InstalledBundle> {
    this.#assertReady()
    checkOneOf(part, 'part', workerParts)
    if (label !== undefined) checkLabel(label)
    if (!(bytes instanceof Uint8Array)) badArgument('bytes', 'the bytes of the part', bytes)
    const code =
      part === 'engine'
        ? await buildInThread({ kind: 'engine', bytes }, { timeoutMs: buildMilliseconds })
        : bytes
    return this.#ask('installWorkerPart', part, code, label ?? null)
  }

  /** The installed versions, oldest first, with the number of vats on each. */
  async workers(): Promise<readonly WorkerView[]> {
    return this.#ask('workers')
  }

  /** A version by its id, the beginning of it, its label, or `default`. */
  async worker(nameOrId: string): Promise<WorkerView> {
    return this.#ask('worker', checkText(nameOrId, 'worker'))
  }

  /** New vats and next incarnations start on the version. */
  async useWorker(nameOrId: string): Promise<void> {
    return this.#ask('useWorker', checkText(nameOrId, 'worker'))
  }

  /**
   * Retires a version. Rejected with `worker-in-use` while it is the default, or vats or a rollout need it.
   * Its bytes are freed by `prune`.
   */
  async retireWorker(nameOrId: string): Promise<ResultHandle<{ readonly worker: string }>> {
    return handleOf(await this.#ask('retireWorker', checkText(nameOrId, 'worker')))
  }

  // --- moving vats

  /**
   * Moves a vat to another version, also one whose code can never be upgraded. Its result is a
   * `WorkerUpgradeResult`, or a `Rejection` that leaves the vat on its version.
   */
  async upgradeWorker(
    vat: string,
    worker: string,
    options: WorkerUpgradeOptions = {},
  ): Promise<ResultHandle<WorkerUpgradeResult>> {
    const choices = checkWorkerUpgrade(options)
    return handleOf(
      await this.#ask('upgradeWorker', checkText(vat, 'vat'), checkText(worker, 'worker'), choices),
    )
  }

  /** Begins to move a set of vats to a version, one after the other. Its result is a `RolloutView`. */
  async startRollout(worker: string, options: RolloutOptions = {}): Promise<ResultHandle<RolloutView>> {
    const { selection, choices } = checkRollout(options)
    return handleOf(await this.#ask('startRollout', checkText(worker, 'worker'), selection, choices))
  }

  /** No further vat is moved until it is resumed. */
  async pauseRollout(reason: string): Promise<ResultHandle<RolloutView>> {
    return handleOf(await this.#ask('controlRollout', 'pause', checkReason(reason)))
  }

  /** Continues a rollout that was paused, or that stopped at a vat, with that vat. */
  async resumeRollout(): Promise<ResultHandle<RolloutView>> {
    return handleOf(await this.#ask('controlRollout', 'resume', ''))
  }

  /** Ends the rollout; the vats that were moved stay where they are. */
  async abortRollout(reason: string): Promise<ResultHandle<RolloutView>> {
    return handleOf(await this.#ask('controlRollout', 'abort', checkReason(reason)))
  }

  /** The last rollout; undefined when there was none. */
  async rollout(): Promise<RolloutView | undefined> {
    return (await this.#ask('rollout')) ?? undefined
  }

  /** What became of each vat of the last rollout, in its order. */
  async rolloutVats(): Promise<readonly RolloutVat[]> {
    return inPieces((vats, atMost) => this.#ask('rolloutVats', vats.length, atMost))
  }
}

function checkInstall(
  what: EngineName | InstallWorkerOptions,
  use: 'default' | 'on-demand' | undefined,
): InstallWorkerOptions {
  const options: InstallWorkerOptions =
    typeof what === 'string' || typeof what !== 'object' || what === null
      ? { engine: checkName(what), use: use ?? 'on-demand' }
      : checkOptions(what, installOptions)
  const { label, image, timeoutMs } = options
  checkOneOf(options.use ?? 'on-demand', 'use', ['default', 'on-demand'])
  if (label !== undefined) checkLabel(label)
  if (timeoutMs !== undefined) checkCount(timeoutMs, 'timeoutMs')
  if (image !== undefined && (typeof image !== 'string' || !isBundleId(image)))
    badArgument('image', 'the id of a base image', image)
  return options
}

const checkName = (what: unknown): EngineName =>
  typeof what === 'string' && isEngineName(what) ? what : badArgument('engine', 'the name of an engine of the release', what)
