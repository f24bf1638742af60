/** Replays the recorded histories of vats on another worker version or another bundle, and reports. */
import { availableParallelism } from 'node:os'
import { assert, CodedError } from '../base/errors.ts'
import type { BundleId, VatId } from '../base/ids.ts'
import { checkBoundedCount, checkOneOf, checkText, badArgument } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import { coded } from '../machine/threads/refusal.ts'
import { checkTrust } from '../machine/opening/trust.ts'
import { roundMs } from '../machine/trace/trace.ts'
import type { RolledBack } from '../protocol/store/views.ts'
import { ownCode } from '../release/release.ts'
import { estimateRollout } from './estimate.ts'
import { withImported } from './imported.ts'
import type { Plan, PlannedVat, PlanOrder } from './plan.ts'
import { isPassed, type ReplayReport } from './report.ts'
import { planInThread } from './threads/planInThread.ts'
import { replayInThreads, type HistoryOutcome } from './threads/replayPool.ts'
import { vatReplayOf } from './vatReplay.ts'
import { workerChoiceOf, type WorkerSpecifier } from './workerChoice.ts'

/** How far a validation is. */
export interface ReplayProgress {
  /** Vats whose replay has ended, of how many. */
  readonly vats: number
  readonly ofVats: number
  /** Deliveries whose outcome is known, of how many; those after a difference are known too. */
  readonly deliveries: number
  readonly ofDeliveries: number
  /** How long the rest takes; null while nothing was replayed. */
  readonly leftMs: number | null
}

/** Options of a validation. */
export interface ReplayOptions {
  /** The directory of a store, which another process may have open; or with `from`, of an export. */
  readonly directory: string
  /** Default: `store`. An export is imported to a temporary directory, which is removed at the end. */
  readonly from?: 'store' | 'export'
  /** Names or ids; default: `all`. */
  readonly vats?: 'all' | readonly string[]
  readonly worker: WorkerSpecifier
  /** The id or label of an installed bundle; default: the one that each vat has. */
  readonly bundle?: string
  /** How many replays run at once; default: as many as there are cores. Each takes the memory of its vat. */
  readonly threads?: number
  /** As for `openController`. */
  readonly trust?: readonly string[]
  /** As for `openController`: whether to accept a store that was rolled back. */
  readonly rolledBack?: RolledBack
  readonly onProgress?: (progress: ReplayProgress) => void
}

const optionNames: Names<ReplayOptions> = {
  directory: true,
  from: true,
  vats: true,
  worker: true,
  bundle: true,
  threads: true,
  trust: true,
  rolledBack: true,
  onProgress: true,
}

const maxThreads = 1_000

/** The checked options. */
interface Checked {
  readonly order: Omit<PlanOrder, 'directory'>
  readonly threads: number
  readonly onProgress: (progress: ReplayProgress) => void
}

/**
 * Replays the history of each vat, from the start of its incarnation, on the worker and the bundle, and
 * reports whether it repeats everything. Writes nothing to the store.
 */
export const replayVats = (options: ReplayOptions): Promise<ReplayReport> => coded(replay(options))

async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { directory, from = 'store', trust = [] } = checkOptions(options, optionNames)
  checkText(directory, 'directory')
  const checked = await check(options)
  return checkOneOf(from, 'from', ['store', 'export']) === 'store'
    ? validate(directory, checked)
    : withImported(directory, trust, (imported) => validate(imported, checked))
}

async function check(options: ReplayOptions): Promise<Checked> {
  const { vats = 'all', worker, bundle, threads = availableParallelism(), trust = [] } = options
  const { rolledBack = 'refuse', onProgress = () => {} } = options
  if (typeof onProgress !== 'function') return badArgument('onProgress', 'a function', onProgress)
  const order = {
    vats: checkVats(vats),
    bundle: bundle === undefined ? null : checkText(bundle, 'bundle'),
    rolledBack: checkOneOf(rolledBack, 'rolledBack', ['refuse', 'accept']),
    trust: [...checkTrust(trust), ...(await ownCode())] satisfies readonly BundleId[],
    worker: await workerChoiceOf(worker),
  }
  return { order, threads: checkBoundedCount(threads, 'threads', maxThreads), onProgress }
}

function checkVats(vats: unknown): 'all' | readonly string[] {
  if (vats === 'all') return vats
  if (!Array.isArray(vats)) return badArgument('vats', 'all, or a list of names or ids', vats)
  return vats.map((vat: unknown, index) => checkText(vat, `vats[${index}]`))
}

async function validate(directory: string, { order, threads, onProgress }: Checked): Promise<ReplayReport> {
  const began = performance.now()
  const plan = await planInThread({ ...order, directory })
  const chosen = plan.vats.filter((vat) => vat.chosen)
  const outcomes = await replayChosen(directory, plan, chosen, { threads, onProgress })
  const vats = chosen.map((vat) => vatReplayOf(vat, outcomes.get(vat.vat), plan.worker))
  return {
    passed: vats.every(isPassed),
    height: plan.height,
    worker: 'version' in plan.worker ? plan.worker.version.id : null,
    threads,
    ms: roundMs(performance.now() - began),
    vats,
    rollout: estimateRollout(plan.vats, vats, threads),
  }
}

async function replayChosen(
  directory: string,
  { worker }: Plan,
  chosen: readonly PlannedVat[],
  { threads, onProgress }: Pick<Checked, 'threads' | 'onProgress'>,
): Promise<ReadonlyMap<VatId, HistoryOutcome>> {
  const outcomes = new Map<VatId, HistoryOutcome>()
  if (!('version' in worker)) return outcomes
  const orders = chosen.flatMap(({ history }) => (history === null ? [] : [history]))
  const counter = new ProgressCounter(chosen, onProgress)
  await replayInThreads({ directory, worker }, orders, {
    threads,
    onProgress: (vat, deliveries) => counter.count(vat, deliveries),
    onOutcome: (outcome) => {
      assertReported(outcome)
      outcomes.set(outcome.vat, outcome)
      counter.end(outcome.vat)
    },
  })
  assert(outcomes.size === orders.length, 'every history has an outcome')
  return outcomes
}

/** Damage concerns one vat, and is in the report; everything else ends the validation. */
function assertReported(outcome: HistoryOutcome): void {
  if (outcome.kind !== 'refused' || outcome.refusal.code.startsWith('store/')) return
  const { code, message, detail } = outcome.refusal
  throw new CodedError(code, message, detail)
}

class ProgressCounter {
  readonly #began = performance.now()
  readonly #report: Checked['onProgress']
  readonly #lengths: ReadonlyMap<VatId, number>
  readonly #deliveries = new Map<VatId, number>()
  readonly #total: number
  #ended = 0

  constructor(chosen: readonly PlannedVat[], report: Checked['onProgress']) {
    const kept = chosen.filter(({ history }) => history !== null)
    this.#report = report
    this.#lengths = new Map(kept.map(({ vat, deliveries }) => [vat, deliveries]))
    this.#total = kept.reduce((sum, { deliveries }) => sum + deliveries, 0)
  }

  count(vat: VatId, deliveries: number): void {
    this.#deliveries.set(vat, deliveries)
    this.#show()
  }

  end(vat: VatId): void {
    this.#ended += 1
    this.count(vat, this.#lengths.get(vat) ?? 0)
  }

  #show(): void {
    const deliveries = [...this.#deliveries.values()].reduce((sum, each) => sum + each, 0)
    const spent = performance.now() - this.#began
    this.#report({
      vats: this.#ended,
      ofVats: this.#lengths.size,
      deliveries,
      ofDeliveries: this.#total,
      leftMs: deliveries === 0 ? null : roundMs((spent / deliveries) * (this.#total - deliveries)),
    })
  }
}
