/** Upgrade plans as hosts see them: what a check finds, how far a plan is, and what each step did. */
import type { Hash } from '../../base/ids.ts'
import type { PlanPolicy, PlanStepKind, PlanValue } from '../plan/plan.ts'

/** Something that a plan expects and that does not hold. */
export interface PlanDifference {
  /** Such as `kernel` or `vats[0].incarnation (of bank)`. */
  readonly subject: string
  readonly expected: string
  /** `none` if there is nothing of the kind. */
  readonly found: string
}

/** Whether a plan could begin now. */
export interface PlanCheck {
  /** Empty if it can begin. */
  readonly differences: readonly PlanDifference[]
}

/**
 * `running`: it goes on with the next `run` of the plan. `waiting`: it needs the host's answer at a port.
 * `paused`: by the host. `stopped`: a step failed. While it runs or waits, nothing else is accepted.
 */
export const planStates = ['running', 'waiting', 'paused', 'stopped', 'done', 'abandoned'] as const
/** One of `planStates`. */
export type PlanState = (typeof planStates)[number]

/** What became of a step. `skipped`: it was so already. `suspended`: it failed, and its vats wait. */
export const stepOutcomes = ['done', 'skipped', 'failed', 'suspended'] as const
/** One of `stepOutcomes`. */
export type StepOutcome = (typeof stepOutcomes)[number]

/** One step that has ended. Nothing in it depends on the machine. */
export interface PlanStepReport {
  readonly name: string
  readonly kind: PlanStepKind
  readonly outcome: StepOutcome
  /** Why it was skipped or failed: for a failure with a code. */
  readonly code: string | null
  readonly message: string | null
  readonly cranks: number
  /** Decimal digits. */
  readonly computrons: string
  /** The heights of the blocks in which it began and ended. */
  readonly began: number
  readonly ended: number
  /** The activity hash after its last crank. */
  readonly hash: Hash
  /** The answer, the result of an upgrade, and the like, in JSON form; null if there is none. */
  readonly result: PlanValue
}

/** A plan of the store. */
export interface PlanView {
  readonly id: string
  readonly about: string
  readonly state: PlanState
  /** Of a plan that is paused or stopped: why. */
  readonly reason: { readonly code: string; readonly message: string } | null
  /** How many steps have ended, of how many. */
  readonly ended: number
  readonly steps: number
  /** The step that has begun and not ended. */
  readonly current: { readonly name: string; readonly kind: PlanStepKind; readonly cranks: number } | null
  /** The height of the block after which it began. */
  readonly after: number
  readonly reports: readonly PlanStepReport[]
}

/** What one call did for a plan. */
export interface PlanProgress extends PlanView {
  /** What the plan was before this call. If it was over, nothing was done. */
  readonly was: 'new' | 'active' | 'ended'
}

/**
 * How much a plan may do before the block is to be committed. A step that is over ends the
 * block too, except one that puts a kernel in place.
 */
export interface PlanPace {
  readonly cranks: number | null
}

export type { PlanPolicy }
