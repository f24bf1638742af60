/** What a rehearsal found. The page is `docs/rehearsal.md`. */
import type { Hash } from '../base/ids.ts'
import type { RehearsalStart } from '../host/plans/certificate.ts'
import type { PlanCode, PlanDifference, PlanStepReport, PlanView } from '../protocol/machine/plans.ts'
import type { Plan } from '../protocol/plan/plan.ts'
import type { SweepReport } from '../protocol/reports/sweep.ts'
import type { Calibration } from './calibration.ts'
import type { StepCheck } from './before/checks.ts'
import type { StepReplay } from './before/replays.ts'
import type { InvariantsReport } from './during/invariants.ts'
import type { StepObservation } from './during/observations.ts'
import type { SentItems } from './during/sentItems.ts'
import type { StateChange } from './during/stateChanges.ts'
import type { FastForwardReport } from './fastForward/report.ts'
import type { Finding } from './findings.ts'
import type { Kills } from './kills/kills.ts'

/**
 * What a block of the plan cost on this machine; the report of the plan has what is the same on every
 * machine.
 */
export interface StepCost {
  /** The steps that were over in it: one, and a step before it that put a kernel in place. */
  readonly steps: readonly string[]
  /** Wall time, in milliseconds. */
  readonly ms: number
}

/** All that a rehearsal found. */
export interface RehearsalReport {
  readonly plan: Plan
  readonly start: RehearsalStart
  readonly differences: readonly PlanDifference[]
  /** What the names of code in the plan stand for. */
  readonly code: PlanCode
  /** The activity hash after each crank of the plan. */
  readonly crankHashes: readonly Hash[]
  /** Before the plan: what the steps would meet. */
  readonly checks: readonly StepCheck[]
  /** Before the plan: the vats that steps would replay. */
  readonly replays: readonly StepReplay[]
  /** Null when the plan was refused. */
  readonly run: PlanView | null
  /** What was seen of each step. */
  readonly observations: readonly StepObservation[]
  /** Vats whose stored state has other numbers after the plan. */
  readonly changes: readonly StateChange[]
  /** Of each vat that the plan has upgraded, afterwards. */
  readonly sweeps: readonly SweepReport[]
  /** What the steps sent through ports, which no host took. */
  readonly sent: SentItems
  /** What was to hold before the plan and after each step. */
  readonly invariants: InvariantsReport
  /** The same plan under another id, afterwards: every step is skipped that is so already. */
  readonly again: readonly Pick<PlanStepReport, 'name' | 'kind' | 'outcome' | 'code' | 'message'>[]
  readonly costs: readonly StepCost[]
  /** How fast this machine is; the costs of another one are in proportion to its own figure. */
  readonly calibration: Calibration
  /** Bytes by which the file has grown, in both runs. */
  readonly growth: number
  /** The activity hash when the plan was over. */
  readonly end: Hash | null
  /** Null if none was asked for, or the plan was not done. */
  readonly fastForward: FastForwardReport | null
  /** How often the process that ran the plan was killed, and another went on; on forks of their own. */
  readonly kills: Kills
  /** Empty: nothing speaks against the plan. */
  readonly findings: readonly Finding[]
  /** Wall time of it all, in milliseconds. */
  readonly ms: number
}

/** Whether nothing speaks against the plan. */
export const isRehearsed = ({ findings }: RehearsalReport): boolean => findings.length === 0

/** Milliseconds of the plan on this machine: all blocks that ended with a step. */
export const planMs = ({ costs }: Pick<RehearsalReport, 'costs'>): number =>
  costs.reduce((sum, { ms }) => sum + ms, 0)

/** The seconds of the block that ended with the step, for people; empty for one that ended none. */
export function secondsOf({ costs }: RehearsalReport, step: string): string {
  const ms = costs.find(({ steps }) => steps.at(-1) === step)?.ms
  return ms === undefined ? '' : (ms / 1000).toFixed(2)
}
