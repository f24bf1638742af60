/**
 * Rehearses an upgrade plan on forks of a store, which may be open and running.
 *
 * Reh1. Nothing is written to the store: a fork is a copy of its last block, with an identity of its own, in
 *       a temporary directory that is removed at the end.
 * Reh2. The plan is run as it would be for real, block by block; what its report says is what a real run from
 *       the same block reports.
 * Reh3. It is run a second time, under another id: a step that is not skipped then is not idempotent, and is
 *       named.
 * Reh4. Afterwards every durable record of the vats that it has upgraded is read with their new code
 *       (`machine/dryRuns/sweep`), which changes nothing.
 */
import { join } from 'node:path'
import { badArgument, checkBoolean, checkBoundedCount, checkText, checkWhole } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import { readPlan } from '../host/plans/readPlan.ts'
import { coded } from '../machine/threads/refusal.ts'
import type { PlanView } from '../protocol/machine/plans.ts'
import type { Plan } from '../protocol/plan/plan.ts'
import type { SweepProgress } from '../protocol/reports/sweep.ts'
import type { ReplayProgress } from '../replay/index.ts'
import { calibrate } from './calibration.ts'
import { readBefore } from './before/before.ts'
import { checkFindings, checkSteps } from './before/checks.ts'
import { replayBefore, replayFindings } from './before/replays.ts'
import { invariantFindings, Invariants, readInvariants } from './during/invariants.ts'
import { runOnFork } from './during/forkRun.ts'
import type { PlanRun } from './during/planRun.ts'
import {
  checkFastForward,
  earlierCopy,
  fastForward,
  type FastForwardOptions,
  type FastForwardOrder,
  type FastForwardProgress,
} from './fastForward/fastForward.ts'
import { forwardFindings, type FastForwardReport } from './fastForward/report.ts'
import { killAndRestart, type KillChoices, type KilledRuns, type Kills } from './kills/kills.ts'
import { planMs, type RehearsalReport } from './report.ts'
import { forkStore } from '../store/store.ts'
import { Stage } from './stage.ts'

/** What is rehearsed, and where. */
export interface RehearsalOptions {
  /** The directory of the store. */
  readonly directory: string
  /** JSON, or the parsed value. */
  readonly plan: unknown
  /** What must hold before the plan and after each step: a list of steps of a plan, or its JSON. */
  readonly invariants?: unknown
  /** Whether the process that runs the plan is also killed after each block. Default: false. */
  readonly interrupt?: boolean
  /** How often it is also killed at a random moment, and restarted. Default: 0. */
  readonly kills?: number
  /** Of the random moments. Default: 1. */
  readonly seed?: number
  /**
   * Also gives the fork what the store has got since, and compares the answers. Default: false. With `true`
   * the blocks that it has.
   */
  readonly fastForward?: boolean | FastForwardOptions
  /** With `fastForward`: an earlier copy or an export of the store, where the rehearsal begins. */
  readonly from?: string
  /** Ids of code to trust. */
  readonly trust?: readonly string[]
  readonly onProgress?: (progress: RehearsalProgress) => void
}

/** How far a rehearsal is. */
export interface RehearsalProgress {
  readonly part:
    | 'forking'
    | 'replaying'
    | 'checking'
    | 'running'
    | 'again'
    | 'auditing'
    | 'sweeping'
    | 'forwarding'
    | 'killing'
  readonly plan: PlanView | null
  /** While vats are replayed. */
  readonly replay?: ReplayProgress
  /** While a vat is swept. */
  readonly sweep?: SweepProgress
  /** While it forwards. */
  readonly forward?: FastForwardProgress
  /** While the process is killed again and again. */
  readonly kills?: Kills
}

const maxKills = 10_000

type OnProgress = (progress: RehearsalProgress) => void

const names: Names<RehearsalOptions> = {
  directory: true,
  plan: true,
  invariants: true,
  interrupt: true,
  kills: true,
  seed: true,
  fastForward: true,
  from: true,
  trust: true,
  onProgress: true,
}

/** @throws CodedError `plan/malformed`; `store/…` for a store that cannot be read */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  const { directory, plan: given, trust = [], onProgress = () => {} } = checkOptions(options, names)
  checkText(directory, 'directory')
  const choices: KillChoices = {
    atBoundaries: checkBoolean(options.interrupt ?? false, 'interrupt'),
    within: options.kills === undefined ? 0 : checkBoundedCount(options.kills, 'kills', maxKills),
    seed: checkWhole(options.seed ?? 1, 'seed'),
  }
  const plan = readPlan(given)
  const order = checkFastForward(options.fastForward)
  const from = options.from === undefined ? undefined : checkText(options.from, 'from')
  if (from !== undefined && order === null) badArgument('from', 'given only with fastForward', from)
  const toHold = options.invariants === undefined ? null : readInvariants(options.invariants)
  const began = performance.now()
  onProgress({ part: 'forking', plan: null })
  const calibration = await calibrate()
  const copy = (to: string): void | Promise<void> =>
    from === undefined ? forkStore(directory, to) : earlierCopy(from, directory, to, trust)
  return Stage.onCopy(copy, trust, async (stage) => {
    const before = await lookBefore(stage, plan, onProgress)
    const invariants = new Invariants(stage, toHold)
    const run = await runOnFork(stage, plan, invariants, {
      onProgress: (part, progress) => onProgress({ part, plan: progress }),
      onSweep: (sweep) => onProgress({ part: 'sweeping', plan: null, sweep }),
      keepAs: order === null ? null : afterPlan,
    })
    const forwarded =
      order === null || run.run?.state !== 'done'
        ? null
        : await forwardOnForks(stage, directory, order, onProgress)
    const killed = await killOnForks(stage, run, choices, { plan, onProgress })
    return {
      plan,
      start: run.start,
      differences: run.differences,
      code: run.code,
      crankHashes: run.crankHashes,
      ...before,
      run: run.run,
      invariants: invariants.report,
      again: run.again,
      costs: run.costs,
      calibration,
      growth: run.growth,
      observations: run.observations,
      changes: run.changes,
      sweeps: run.sweeps,
      sent: run.sent,
      end: run.end,
      fastForward: forwarded,
      kills: killed.kills,
      findings: [
        ...checkFindings(before.checks, run.run?.reports ?? []),
        ...replayFindings(before.replays),
        ...run.findings,
        ...invariantFindings(invariants.report),
        ...(forwarded === null ? [] : forwardFindings(forwarded)),
        ...killed.findings,
      ],
      ms: performance.now() - began,
    }
  })
}

/** Replays and checks, on a fork of their own. */
async function lookBefore(
  stage: Stage,
  plan: Plan,
  onProgress: OnProgress,
): Promise<Pick<RehearsalReport, 'checks' | 'replays'>> {
  const fork = stage.fork('before')
  const found = await stage.open(fork, async (controller) => {
    const before = await readBefore(controller, plan)
    const replays = await replayBefore(plan, before, {
      directory: fork,
      trust: stage.trust,
      onProgress: (replay) => onProgress({ part: 'replaying', plan: null, replay }),
    })
    onProgress({ part: 'checking', plan: null })
    return { replays, checks: await checkSteps(controller, plan, before, replays) }
  })
  stage.remove(fork)
  return found
}

/** The fork as the plan has left it. */
const afterPlan = 'after'

/** Runs what the store has got since on that fork. */
async function forwardOnForks(
  { place, base, trust }: Stage,
  living: string,
  order: FastForwardOrder,
  onProgress: OnProgress,
): Promise<FastForwardReport> {
  const where = { living, before: base, after: join(place, afterPlan), place, trust }
  return coded(
    fastForward(where, order, (forward) => onProgress({ part: 'forwarding', plan: null, forward })),
  )
}

async function killOnForks(
  stage: Stage,
  { run, end, figures, costs }: PlanRun,
  choices: KillChoices,
  { plan, onProgress }: { readonly plan: Plan; readonly onProgress: OnProgress },
): Promise<KilledRuns> {
  if (run === null || end === null) return { kills: { atBoundaries: 0, within: 0, seed: choices.seed }, findings: [] }
  const ms = planMs({ costs })
  const { state, reports } = run
  const onKill = (kills: Kills): void => onProgress({ part: 'killing', plan: null, kills })
  return killAndRestart({ stage, plan, expected: { state, reports, figures, end, ms }, onKill }, choices)
}
