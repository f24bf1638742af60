/**
 * Upgrade plans: an ordered list of steps, as data. The page is `docs/wires/plan.md`.
 *
 * A plan is JSON. Values in it (parameters, arguments, answers) are JSON too; a record whose first name
 * begins with `@` stands for something else (`PlanReference`).
 */
import type { BundleId } from '../../base/ids.ts'
import type { Drain, ParametersFrom, UpgradeMode } from '../host/inbox.ts'
import type { RolloutOrder } from '../worker/rollout.ts'
import type { WorkerMode } from '../worker/versions.ts'

/** What a plan does about a step that fails. */
export const planPolicies = ['stop', 'continue', 'suspend', 'rollback'] as const
/**
 * `stop`: the plan stands until it is resumed or abandoned. `continue`: the next step begins. `suspend`: the
 * vats of the step are suspended, and the next step begins. `rollback`: all that the plan did is undone; a
 * plan in which a step has it is done in one block.
 */
export type PlanPolicy = (typeof planPolicies)[number]

/** How much a step may do until nothing is left to run. */
export interface PlanBudget {
  readonly cranks: number
  /** Decimal digits; null means unlimited. */
  readonly computrons: string | null
}

/** JSON. */
export type PlanValue =
  | null
  | boolean
  | number
  | string
  | readonly PlanValue[]
  | { readonly [name: string]: PlanValue }

/** Something that JSON does not have. */
export type PlanReference =
  /** The result of an earlier step, or what is at the path in it. */
  | { readonly '@result': string; readonly path?: readonly (string | number)[] }
  /** The root object of a vat, by its name. */
  | { readonly '@root': string }
  /** A bigint, in decimal digits. */
  | { readonly '@bigint': string }

/** What must hold before a plan begins. Absent members are not checked. */
export interface PlanConditions {
  readonly kernel?: BundleId
  /** The default worker version, and others that must be installed: ids or labels. */
  readonly defaultWorker?: string
  readonly workers?: readonly string[]
  /** Bundles that must be installed: ids or labels. */
  readonly bundles?: readonly string[]
  readonly vats?: readonly VatCondition[]
}

/** What must hold of each vat of this name or pattern, in which `*` stands for any text. */
export interface VatCondition {
  readonly vat: string
  readonly incarnation?: number
  /** An id or a label. */
  readonly bundle?: string
  readonly worker?: string
  readonly status?: 'running' | 'suspended'
}

interface StepOf<Kind extends string> {
  readonly kind: Kind
  /** Unique in the plan: later steps refer to the result by it. */
  readonly name: string
  /** Default: the plan's. */
  readonly onFailure?: PlanPolicy
  /** Default: the plan's. */
  readonly budget?: PlanBudget
}

/** Puts an installed kernel in place. */
export interface KernelStep extends StepOf<'kernel'> {
  readonly bundle: BundleId
}

/** A rollout of a worker version; the defaults are those of `startRollout`. */
export interface WorkerStep extends StepOf<'worker'> {
  /** Id or label. */
  readonly worker: string
  /** Names or ids of vats, or a pattern of names; without either, all. */
  readonly vats?: readonly string[]
  readonly pattern?: string
  readonly mode?: WorkerMode
  readonly order?: RolloutOrder
  /** Also the default version for new vats and incarnations. Default: false. */
  readonly makeDefault?: boolean
}

/** The upgrade of one vat; the defaults are those of `upgradeVat`. */
export interface VatUpgrade {
  readonly vat: string
  /** An id or a label. */
  readonly bundle: string
  readonly parameters?: PlanValue
  readonly parametersFrom?: ParametersFrom
  readonly mode?: UpgradeMode
  readonly drain?: Drain
  readonly upgradeMessage?: string
  readonly abandonKinds?: readonly string[]
  /** A bundle that salvages data of the old incarnation for the heir. */
  readonly salvage?: string
}

export interface VatStep extends StepOf<'vat'>, VatUpgrade {}

/** Upgrades of several vats, requested together. */
export interface TogetherStep extends StepOf<'together'> {
  readonly upgrades: readonly VatUpgrade[]
}

/** Runs an installed function bundle, in a vat of its own, with the powers that are named. */
export interface EvaluateStep extends StepOf<'evaluate'> {
  readonly bundle: string
  readonly parameters?: PlanValue
  readonly powers?: PlanPowers
  /** Whether the step is done while the answer is pending; `wait` waits for it. Default: false. */
  readonly settlesLater?: boolean
}

/** Each list has names, under which the function finds the power. */
export interface PlanPowers {
  readonly roots?: readonly string[]
  readonly adminNodes?: readonly string[]
  readonly ports?: readonly string[]
  readonly vatAdmin?: boolean
}

/** Sets a governed parameter by its governor. */
export interface ParameterStep extends StepOf<'parameter'> {
  readonly governor: PlanValue
  readonly value: PlanValue
}

export interface CreateStep extends StepOf<'create'> {
  readonly vat: string
  readonly bundle: string
  readonly parameters?: PlanValue
}

export interface TerminateStep extends StepOf<'terminate'> {
  readonly vat: string
  readonly reason?: string
}

/** Retires a worker version or a bundle of vats, one of both; their bytes can be pruned then. */
export interface RetireStep extends StepOf<'retire'> {
  readonly worker?: string
  readonly bundle?: string
}

/** A message whose answer must match a pattern. */
export interface ProbeStep extends StepOf<'probe'> {
  readonly to: PlanValue
  readonly method: string
  readonly args?: readonly PlanValue[]
  /** Default: any answer will do. */
  readonly answer?: PlanPattern
  readonly settlesLater?: boolean
}

/**
 * JSON that an answer must equal. A record may have other members; `{ "@any": true }` matches anything, and
 * `{ "@type": "number" }` any value of the type.
 */
export type PlanPattern = PlanValue

/** Waits until the pending answer of an earlier step is settled. */
export interface WaitStep extends StepOf<'wait'> {
  readonly for: string
}

/** One step of a plan. */
export type PlanStep =
  | KernelStep
  | WorkerStep
  | VatStep
  | TogetherStep
  | EvaluateStep
  | ParameterStep
  | CreateStep
  | TerminateStep
  | RetireStep
  | ProbeStep
  | WaitStep

export type PlanStepKind = PlanStep['kind']

/** An upgrade plan. */
export interface Plan {
  /** Unique in a store: a plan that is done is not run again. */
  readonly id: string
  readonly about: string
  readonly expects: PlanConditions
  readonly steps: readonly PlanStep[]
  /** Of steps that have none of their own. */
  readonly onFailure: PlanPolicy
  readonly budget: PlanBudget
  /** After this many blocks in which nothing else was accepted, the plan stops. */
  readonly maxBlocks: number
}

export const planLimits = {
  /** Characters of the JSON. */
  text: 1_000_000,
  steps: 1_000,
  /** Vats of one `together`. */
  together: 1_000,
  /** Characters of an id or of a step's name. */
  name: 100,
} as const

/** Whether a failing step takes the whole plan back: then all steps are done in one block. */
export const hasRollback = ({ onFailure, steps }: Pick<Plan, 'onFailure' | 'steps'>): boolean =>
  onFailure === 'rollback' || steps.some((step) => step.onFailure === 'rollback')

/** The default budget of a step. */
export const planDefaults = {
  onFailure: 'stop',
  budget: { cranks: 1_000_000, computrons: null },
  maxBlocks: 1_000,
} as const satisfies Pick<Plan, 'onFailure' | 'budget' | 'maxBlocks'>
