/**
 * Rehearses an upgrade plan on forks of a store, which may be open and running.
 *
 * Reh1. Nothing is written to the store: a fork is a copy of its last block, with an identity of its own, in
 *       a temporary directory that is removed at the end.
 * Reh2. The plan is run as it would be for real, block by block; what its report says is what a real run from
 *       the same block reports.
 * Reh3. It is run a second time, under another id: a step that is not skipped then is not idempotent, and is
 *       named.
 */
import { checkBoolean, checkText } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import { readPlan } from '../host/plans/readPlan.ts'
import type { PlanProgress } from '../protocol/machine/plans.ts'
import type { Plan } from '../protocol/plan/plan.ts'
import type { ReplayProgress } from '../replay/index.ts'
import { readBefore } from './before/before.ts'
import { checkFindings, checkSteps } from './before/checks.ts'
import { replayBefore, replayFindings } from './before/replays.ts'
import { runPlanOn, type PlanRun } from './during/planRun.ts'
import { interrupt, noInterruptions } from './kills/interrupt.ts'
import type { RehearsalReport } from './report.ts'
import { fileSize, Stage } from './stage.ts'

/** What is rehearsed, and where. */
export interface RehearsalOptions {
  /** The directory of the store. */
  readonly directory: string
  /** JSON, or the parsed value. */
  readonly plan: unknown
  /** Whether the plan is also interrupted after each of its blocks. Default: false. */
  readonly interrupt?: boolean
  /** Ids of code to trust. */
  readonly trust?: readonly string[]
  readonly onProgress?: (progress: RehearsalProgress) => void
}

/** How far a rehearsal is. */
export interface RehearsalProgress {
  readonly part: 'forking' | 'replaying' | 'checking' | 'running' | 'again' | 'auditing' | 'interrupting'
  readonly plan: PlanProgress | null
  /** While vats are replayed. */
  readonly replay?: ReplayProgress
}

type OnProgress = (progress: RehearsalProgress) => void

const names: Names<RehearsalOptions> = {
  directory: true,
  plan: true,
  interrupt: true,
  trust: true,
  onProgress: true,
}

/** @throws CodedError `plan/malformed`; `store/…` for a store that cannot be read */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  const { directory, plan: given, trust = [], onProgress = () => {} } = checkOptions(options, names)
  checkText(directory, 'directory')
  const isInterrupted = checkBoolean(options.interrupt ?? false, 'interrupt')
  const plan = readPlan(given)
  const began = performance.now()
  onProgress({ part: 'forking', plan: null })
  return Stage.with(directory, trust, async (stage) => {
    const before = await lookBefore(stage, plan, onProgress)
    const { growth, ...run } = await runOnFork(stage, plan, onProgress)
    const interruptions =
      isInterrupted && run.run !== null ? await interrupt(stage, plan, run.end, onProgress) : noInterruptions
    return {
      plan,
      ...run,
      ...before,
      growth,
      interruptions: interruptions.count,
      findings: [
        ...checkFindings(before.checks, run.run?.reports ?? []),
        ...replayFindings(before.replays),
        ...run.findings,
        ...interruptions.findings,
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

/** Reh2, Reh3. The log of the file is part of it once the store is closed. */
async function runOnFork(
  stage: Stage,
  plan: Plan,
  onProgress: OnProgress,
): Promise<PlanRun & Pick<RehearsalReport, 'growth'>> {
  const fork = stage.fork('run')
  const before = fileSize(fork)
  const run = await stage.open(fork, (controller) =>
    runPlanOn(controller, plan, {
      afterBlock: () => {},
      onProgress: (part, progress) => onProgress({ part, plan: progress }),
    }),
  )
  return { ...run, growth: fileSize(fork) - before }
}
