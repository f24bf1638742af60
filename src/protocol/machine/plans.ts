/** Upgrade plans as hosts see them: what a check finds, how far a plan is, and what each step did. */
import type { BundleId, Hash, WorkerId } from '../../base/ids.ts'
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
  readonly code: PlanCode
}

/** What the names of code in the steps of a plan stand for; what is not installed is absent. */
export interface PlanCode {
  readonly bundles: Readonly<Record<string, BundleId>>
  readonly workers: Readonly<Record<string, WorkerId>>
}

/**
 * `running`: it goes on with the next `run` of the plan. `waiting`: it needs the host's answer at a port.
 * `paused`: by the host. `stopped`: a step failed. While it runs or waits, nothing else is accepted.
 * `rolled-back`: a step failed, and all that the plan did was undone.
 */
export const planStates = [
  'running',
  'waiting',
  'paused',
  'stopped',
  'done',
  'abandoned',
  'rolled-back',
] as const
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
  /** Vats that lost a promise of a vat that the step upgraded. */
  readonly subscriptions: readonly LostSubscriptions[]
  /** What the certificate says instead, in a run under one; null if it says the same, and without one. */
  readonly deviation: string | null
}

/** Vats that waited for promises of a vat, which ended with its incarnation. */
export interface LostSubscriptions {
  readonly vat: string
  /** Names of the vats that lost a promise, as far as the result of the upgrade lists them. */
  readonly lost: readonly string[]
  /** Which of them wait for a promise of the vat again, when the step ends. */
  readonly again: readonly string[]
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
  /** The hash of the certificate under which it is run; null without one. */
  readonly certificate: Hash | null
  readonly reports: readonly PlanStepReport[]
}

/** What one call did for a plan. */
export interface PlanProgress extends PlanView {
  /** What the plan was before this call. If it was over, nothing was done. */
  readonly was: 'new' | 'active' | 'ended'
  /** The activity hash after each crank of this call, if they were asked for. */
  readonly crankHashes: readonly Hash[]
}

/**
 * How much a plan may do before the block is to be committed. A step that is over ends the
 * block too, except one that puts a kernel in place.
 */
export interface PlanPace {
  readonly cranks: number | null
  /** Whether the activity hash after each crank is reported. */
  readonly recordCranks: boolean
}

/** What a run does about a step that does something else than its certificate says. */
export const deviationPolicies = ['stop', 'rollback', 'continue'] as const
/** One of `deviationPolicies`. */
export type DeviationPolicy = (typeof deviationPolicies)[number]

/** What a certificate says of the steps of a plan, for a run that is compared with it. */
export interface CertifiedRun {
  /** The hash of the certificate. */
  readonly certificate: Hash
  readonly code: PlanCode
  readonly steps: readonly CertifiedRow[]
  readonly onDeviation: DeviationPolicy
}

/** What a step does. */
export type CertifiedRow = Pick<PlanStepReport, 'name' | 'kind' | 'outcome' | 'code' | 'result'>

export type { PlanPolicy }
