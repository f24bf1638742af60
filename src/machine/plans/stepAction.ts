/**
 * How a step is done: in phases, between which the kernel runs until nothing is left.
 *
 * Act1. A phase makes requests, or ends the step. It is called once when nothing is left to run after the
 *       phase before, with the results of that phase's requests; a process that dies goes on with the phase
 *       that the last block recorded.
 * Act2. A refusal (`CodedError`) ends the step as failed, with its code.
 */
import type { CapData } from '../../protocol/capdata.ts'
import type { PlanStep, PlanStepKind, PlanValue } from '../../protocol/plan/plan.ts'
import type { ResultStatus } from '../../protocol/results.ts'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import type { WorkerVersions } from '../calls/workerVersions.ts'
import type { Requesting } from '../calls/requesting.ts'
import type { KernelUpgrades } from '../kernelUpgrades/kernelUpgrades.ts'
import type { Lookups } from '../lookups/lookups.ts'

/** What steps work with. Requests are accepted at once, before anything that waits. */
export interface StepParts {
  readonly requests: Requesting
  readonly versions: WorkerVersions
  readonly kernelUpgrades: KernelUpgrades
  readonly lookups: Lookups
  readonly kernelId: () => string
  /** Evaluates a salvage bundle in a copy of the vat's heap. */
  readonly salvage: (vat: string, bundle: string) => Salvage
  readonly encode: (value: PlanValue) => CapData
  /** The status of the result of an earlier step. */
  readonly resultOf: (step: string) => ResultStatus
  /** The name of the vat in which a step's function runs. */
  readonly vatNameOf: (step: string) => string
}

export type Phase =
  /** The next phase begins when nothing is left to run. */
  | { readonly kind: 'requested'; readonly requests: readonly number[] }
  /** It is so already. */
  | { readonly kind: 'skipped'; readonly why: string }
  /** `request`: the one whose result is that of the step. */
  | { readonly kind: 'done'; readonly result: PlanValue; readonly request: number | null }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly result: PlanValue }
  /** It has committed blocks of its own: the phase is called again, as by a process that begins there. */
  | { readonly kind: 'again' }
  /** Its answer is pending; nothing but the host's items at ports can settle it. */
  | { readonly kind: 'pending' }

/** The requests of the phase before, with their results. */
export interface Settled {
  readonly requests: readonly number[]
  /** Undefined where none was made. */
  readonly statuses: readonly (ResultStatus | undefined)[]
  /** The height of the block after which the step began. */
  readonly began: number
}

export interface StepAction<Step extends PlanStep> {
  /** `phase` counts from 0; `before` is empty in phase 0. */
  advance(step: Step, phase: number, before: Settled, parts: StepParts): Phase
  /** Vats that the policy `suspend` suspends. */
  vatsOf(step: Step): readonly string[]
}

export type StepActions = {
  readonly [Kind in PlanStepKind]: StepAction<Extract<PlanStep, { kind: Kind }>>
}
