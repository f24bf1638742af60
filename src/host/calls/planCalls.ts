/** Calls of a controller about upgrade plans. */
import { badArgument, checkBoolean, checkCount, checkOneOf, checkReason } from '../../api/checks.ts'
import { checkOptions, type Names } from '../../api/optionNames.ts'
import {
  deviationPolicies,
  type CertifiedRun,
  type DeviationPolicy,
  type PlanCheck,
  type PlanProgress,
  type PlanView,
} from '../../protocol/machine/plans.ts'
import type { ReplayInWork } from '../../base/pulse.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import type { Calling } from './calling.ts'
import { PinCalls } from './pinCalls.ts'
import type { Ask } from './port.ts'

/** How a plan is run. */
export interface RunPlanOptions {
  /**
   * How many cranks of a step one block may have; default: 10,000. Each step ends a block,
   * except one that puts a kernel in place: the first run under it belongs to its trial.
   */
  readonly cranksPerBlock?: number
  /** Called when a block of the plan is committed. */
  readonly onProgress?: (progress: PlanProgress) => void
  /** Pauses the plan after the block in work. */
  readonly signal?: AbortSignal
  /** Whether `onProgress` gets the activity hash after each crank. Default: false. */
  readonly recordCranks?: boolean
  /**
   * A certificate of a rehearsal of this plan: JSON, or the parsed value. The names of code in the plan must
   * stand for the code that was certified, and each step is compared with its row.
   */
  readonly certificate?: unknown
  /**
   * What happens when a step does something else than the certificate says. `rollback` does all steps in one
   * block. Default: `stop`.
   */
  readonly onDeviation?: DeviationPolicy
}

const runNames: Names<RunPlanOptions> = {
  cranksPerBlock: true,
  onProgress: true,
  signal: true,
  recordCranks: true,
  certificate: true,
  onDeviation: true,
}
const defaultCranksPerBlock = 10_000

export class PlanCalls extends PinCalls {
  readonly #call: Ask
  readonly #assertReady: () => void
  readonly #commit: () => Promise<unknown>
  readonly #replay: () => ReplayInWork | null

  constructor(calling: Calling) {
    super(calling)
    this.#call = calling.later
    this.#assertReady = calling.assertReady
    this.#commit = calling.commit
    this.#replay = calling.replay
  }

  /**
   * The replay that the machine does at this moment, such as that of a vat that a plan upgrades; null if it
   * does none. Can be called while another call is under way.
   */
  replayInWork(): ReplayInWork | null {
    return this.#replay()
  }

  /** Whether what the plan expects holds now. Does nothing. */
  async checkPlan(plan: unknown): Promise<PlanCheck> {
    this.#assertReady()
    return this.#call('checkPlan', await read(plan))
  }

  /**
   * Runs a plan (`docs/wires/plan.md`): JSON, or the parsed value. Commits the open block first, and then
   * blocks of the plan, until it is over, waits for an item at a port, or stands. What waited for a kernel
   * that was returned in its trial is accepted in the open block. A plan of this id that is
   * active goes on; one that is done already is left alone (`was: 'ended'`).
   * @throws CodedError `plan/malformed`, `plan/bad-certificate`, `plan/conditions`, `plan/active`: nothing
   * was done
   */
  async runPlan(plan: unknown, options: RunPlanOptions = {}): Promise<PlanProgress> {
    this.#assertReady()
    const { onProgress = () => {}, ...rest } = checkOptions(options, runNames)
    const { cranksPerBlock = defaultCranksPerBlock, recordCranks = false, signal } = rest
    const pace = {
      cranks: checkCount(cranksPerBlock, 'cranksPerBlock'),
      recordCranks: checkBoolean(recordCranks, 'recordCranks'),
    }
    if (typeof onProgress !== 'function') badArgument('onProgress', 'a function', onProgress)
    const wanted = await read(plan)
    let progress = await this.#call('startPlan', wanted, await certifiedRun(wanted, rest))
    if (progress.was === 'ended' || isStanding(progress)) return progress
    if (progress.was === 'new') await this.#commit()
    for (;;) {
      progress = await this.#call('advancePlan', pace)
      // The return of a kernel has a block of its own; what was accepted after it is for the next, also when
      // the process died in between and the plan is found standing.
      if (progress.reason?.code !== 'kernel/returned') await this.#commit()
      onProgress(progress)
      if (progress.state !== 'running') return progress
      if (signal?.aborted !== true) continue
      const paused = await this.pausePlan('the signal was aborted')
      await this.#commit()
      return { ...paused, was: 'active', crankHashes: [] }
    }
  }

  /** The active plan; undefined when there is none. */
  async plan(): Promise<PlanView | undefined> {
    this.#assertReady()
    return (await this.#call('plan')) ?? undefined
  }

  /** Plans that are over, oldest first. */
  async planHistory(): Promise<readonly PlanView[]> {
    this.#assertReady()
    return this.#call('planHistory')
  }

  /** A plan that runs or waits stands from now on, and what waits for the kernel is accepted. */
  async pausePlan(reason: string): Promise<PlanView> {
    this.#assertReady()
    return this.#call('pausePlan', checkReason(reason))
  }

  /**
   * A plan that stands runs again with the next `runPlan`: from the step that failed, or with `skip` after
   * it.
   * @throws CodedError `plan/conditions` when what the plan expects was changed meanwhile
   */
  async resumePlan(options: { readonly skip?: boolean } = {}): Promise<PlanView> {
    this.#assertReady()
    const { skip = false } = checkOptions(options, { skip: true } as const)
    if (typeof skip !== 'boolean') badArgument('skip', 'true or false', skip)
    return this.#call('resumePlan', skip)
  }

  /** Ends the plan where it is. What it did stays. */
  async abandonPlan(reason: string): Promise<PlanView> {
    this.#assertReady()
    return this.#call('abandonPlan', checkReason(reason))
  }
}

const isStanding = ({ state }: PlanProgress): boolean => state === 'paused' || state === 'stopped'

/** The schema is loaded only by those who use plans. */
async function read(plan: unknown): Promise<Plan> {
  const { readPlan } = await import('../plans/readPlan.ts')
  return readPlan(plan)
}

async function certifiedRun(
  plan: Plan,
  { certificate, onDeviation }: Pick<RunPlanOptions, 'certificate' | 'onDeviation'>,
): Promise<CertifiedRun | null> {
  if (onDeviation !== undefined) checkOneOf(onDeviation, 'onDeviation', deviationPolicies)
  if (certificate === undefined) {
    if (onDeviation !== undefined) badArgument('onDeviation', 'given only with a certificate', onDeviation)
    return null
  }
  const { certifiedRunOf } = await import('../plans/certifiedRun.ts')
  return certifiedRunOf(plan, certificate, onDeviation ?? 'stop')
}
