/** What a rehearsal found. The page is `docs/rehearsal.md`. */
import type { Hash } from '../base/ids.ts'
import type { RehearsalStart } from '../host/plans/certificate.ts'
import type { PlanCode, PlanDifference, PlanStepReport, PlanView } from '../protocol/machine/plans.ts'
import type { Plan } from '../protocol/plan/plan.ts'
import type { FastForwardReport } from './fastForward/report.ts'

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

/** One thing that speaks against the plan. */
export interface Finding {
  readonly code:
    | 'conditions'
    | 'step-failed'
    | 'not-complete'
    | 'not-idempotent'
    | 'audit'
    | 'interrupted-differs'
    | 'answers-differ'
    | 'fast-forward-failed'
  readonly subject: string
  readonly message: string
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
  /** Null when the plan was refused. */
  readonly run: PlanView | null
  /** The same plan under another id, afterwards: every step is skipped that is so already. */
  readonly again: readonly Pick<PlanStepReport, 'name' | 'kind' | 'outcome' | 'code' | 'message'>[]
  readonly costs: readonly StepCost[]
  /** Bytes by which the file has grown, in both runs. */
  readonly growth: number
  /** The activity hash when the plan was over. */
  readonly end: Hash | null
  /** How often the plan was interrupted and went on, each time on a fork of its own. */
  readonly interruptions: number
  /** Null if none was asked for, or the plan was not done. */
  readonly fastForward: FastForwardReport | null
  /** Empty: nothing speaks against the plan. */
  readonly findings: readonly Finding[]
  /** Wall time of it all, in milliseconds. */
  readonly ms: number
}

/** Whether nothing speaks against the plan. */
export const isRehearsed = ({ findings }: RehearsalReport): boolean => findings.length === 0

/** The seconds of the block that ended with the step, for people; empty for one that ended none. */
export function secondsOf({ costs }: RehearsalReport, step: string): string {
  const ms = costs.find(({ steps }) => steps.at(-1) === step)?.ms
  return ms === undefined ? '' : (ms / 1000).toFixed(2)
}
