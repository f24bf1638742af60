/**
 * Invariants: steps of the kinds `probe` and `evaluate` that must be done before a plan and after each of its
 * blocks that ends a step.
 *
 * Inv1. They are run on a copy of the block, as a plan of their own, and the copy is thrown away: nothing of
 *       them is in the run that is looked at, nor in the next copy.
 * Inv2. Each must be `done`: its answer matches, within its budget. They are run in order, on one copy.
 */
import { refuse } from '../../protocol/codes.ts'
import type { PlanStepReport, PlanView } from '../../protocol/machine/plans.ts'
import type { Plan, PlanValue } from '../../protocol/plan/plan.ts'
import { readPlan } from '../../host/plans/readPlan.ts'
import type { Controller } from '../../host/controller.ts'
import type { Finding } from '../findings.ts'
import type { Stage } from '../stage.ts'

/** An invariant that did not hold. */
export interface BrokenInvariant {
  readonly name: string
  /** The step after which it was run; null: before the plan. */
  readonly after: string | null
  readonly code: string
  readonly message: string
  readonly answer: PlanValue
}

/** What became of the invariants. */
export interface InvariantsReport {
  /** How often all of them were run. */
  readonly rounds: number
  readonly broken: readonly BrokenInvariant[]
}

/**
 * A list of steps as in a plan: JSON, or the parsed value.
 * @throws CodedError `plan/malformed`
 */
export function readInvariants(given: unknown): Plan {
  const steps: unknown = typeof given === 'string' ? parsed(given) : given
  if (!Array.isArray(steps)) return malformed('', 'the invariants are a list of steps')
  const plan = readPlan({ id: 'invariants', onFailure: 'continue', steps })
  for (const [index, { kind }] of plan.steps.entries())
    if (kind !== 'probe' && kind !== 'evaluate')
      malformed(`steps[${index}].kind`, `an invariant is a probe or an evaluate, not a ${kind}`)
  return plan
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return malformed('', `not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const malformed = (path: string, why: string): never =>
  refuse('plan/malformed', `the invariants cannot be read${path === '' ? '' : `, at ${path}`}: ${why}`, { path })

/** Runs invariants again and again while a plan is run. */
export class Invariants {
  readonly #stage: Stage
  readonly #plan: Plan | null
  readonly #broken: BrokenInvariant[] = []
  #rounds = 0
  /** Steps of the plan that had ended at the last round. */
  #ended = 0

  /** Null: there are none. */
  constructor(stage: Stage, plan: Plan | null) {
    this.#stage = stage
    this.#plan = plan
  }

  get report(): InvariantsReport {
    return { rounds: this.#rounds, broken: this.#broken }
  }

  /** Before the plan. `directory`: the store that is about to run it. */
  async before(directory: string): Promise<void> {
    await this.#round(directory, null)
  }

  /** After a block of the plan; nothing to do if it has ended no step. */
  async after(directory: string, { reports }: PlanView): Promise<void> {
    const last = reports.at(-1)
    if (last === undefined || reports.length === this.#ended) return
    this.#ended = reports.length
    await this.#round(directory, last.name)
  }

  /** Inv1. */
  async #round(directory: string, after: string | null): Promise<void> {
    const plan = this.#plan
    if (plan === null) return
    const fork = this.#stage.fork('invariants', directory)
    const reports = await this.#stage.open(fork, (controller) => runAlone(controller, plan))
    this.#stage.remove(fork)
    this.#rounds += 1
    this.#broken.push(...reports.filter(({ outcome }) => outcome !== 'done').map((each) => brokenOf(each, after)))
  }
}

/** The plan of the copy ends where it is. */
async function runAlone(controller: Controller, plan: Plan): Promise<readonly PlanStepReport[]> {
  if ((await controller.plan()) !== undefined) await controller.abandonPlan('its invariants are looked at')
  const { reports } = await controller.runPlan(plan)
  return reports
}

/** Inv2. */
const brokenOf = (
  { name, code, message, result }: PlanStepReport,
  after: string | null,
): BrokenInvariant => ({ name, after, code: code ?? '', message: message ?? '', answer: result })

export const invariantFindings = ({ broken }: InvariantsReport): readonly Finding[] =>
  broken.map(({ name, after, code, message }) => ({
    code: 'invariant',
    subject: name,
    message: `${after === null ? 'before the plan' : `after the step ${after}`}: ${code}: ${message}`,
  }))
