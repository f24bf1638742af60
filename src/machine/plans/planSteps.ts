/** Does the steps of a plan, phase by phase, and decides what follows from how one ends. */
import { CodedError, unreachable } from '../../base/errors.ts'
import type { CertifiedRun, PlanStepReport } from '../../protocol/machine/plans.ts'
import { hasRollback, type Plan, type PlanStep } from '../../protocol/plan/plan.ts'
import type { Store } from '../../store/store.ts'
import { deviationOf } from './certified.ts'
import type { PlanCursor, PlanRows, StepProgress } from './planRows.ts'
import type { Phase, StepParts } from './stepAction.ts'
import { advanceStep, vatsOf } from './steps/actions.ts'
import { lostSubscriptions } from './subscriptions.ts'

/** What follows from a phase of a step. */
export type After =
  | { readonly kind: 'goes-on'; readonly cursor: PlanCursor }
  | { readonly kind: 'waits'; readonly cursor: PlanCursor }
  /** The cursor in the store is as it was. */
  | { readonly kind: 'again' }
  | ({ readonly kind: 'stands' } & EndedEarly)
  | ({ readonly kind: 'rolls-back' } & EndedEarly)

/** Why the plan does not go on. */
export interface EndedEarly {
  readonly cursor: PlanCursor
  readonly code: string
  readonly message: string
}

export interface PlanStepsParts extends StepParts {
  readonly store: Store
}

/** A plan with what it is compared with. */
export interface ActivePlan {
  readonly plan: Plan
  readonly certified: CertifiedRun | undefined
}

type Failure = Extract<Phase, { kind: 'failed' }>
type Ending = Extract<Phase, { kind: 'done' | 'skipped' | 'failed' }>

/** Whether all steps are done in one block, which is taken back when one of them fails. */
export const isOneBlock = ({ plan, certified }: ActivePlan): boolean =>
  hasRollback(plan) || certified?.onDeviation === 'rollback'

export class PlanSteps {
  readonly #parts: PlanStepsParts
  readonly #rows: PlanRows

  constructor(parts: PlanStepsParts, rows: PlanRows) {
    this.#parts = parts
    this.#rows = rows
  }

  /** The next phase of the step: nothing is left to run after the one before. */
  phase(active: ActivePlan, step: PlanStep, cursor: PlanCursor): After {
    const progress = cursor.step ?? this.fresh
    const phase = this.#attempt(step, progress)
    switch (phase.kind) {
      case 'requested':
        this.forget(progress.requests)
        return goesOn({
          ...cursor,
          step: { ...progress, phase: progress.phase + 1, requests: phase.requests },
        })
      case 'again':
        return phase
      case 'pending':
        return this.#pending(active, step, cursor)
      case 'skipped':
      case 'done':
        return this.ended(active, cursor, step, phase, phase.kind)
      case 'failed':
        return this.#failed(active, step, cursor, phase, 'over')
      default:
        return unreachable(phase, 'a step ends its phase in a way that is not known')
    }
  }

  /** Pln3. The work that was left before the first step has the budget of a step. */
  exhausted(
    active: ActivePlan,
    step: PlanStep | undefined,
    cursor: PlanCursor,
  ): Exclude<After, { kind: 'again' }> {
    const { cranks, computrons } = cursor.step ?? this.fresh
    const what = step === undefined ? 'the work that was left when the plan began' : `the step ${step.name}`
    const message = `${what} did not end within ${cranks} cranks and ${computrons} computrons`
    if (step === undefined) return { kind: 'stands', cursor, code: 'plan/budget', message }
    return this.#failed(active, step, cursor, failure('plan/budget', message), 'at-work')
  }

  /** The step is over: its report is recorded, and the cursor is after it. */
  ended(
    active: ActivePlan,
    cursor: PlanCursor,
    step: PlanStep,
    phase: Ending,
    outcome: PlanStepReport['outcome'],
  ): Exclude<After, { kind: 'again' }> {
    const progress = cursor.step ?? this.fresh
    const report = this.#reportOf(active, step, progress, phase, outcome)
    this.#rows.addReport(cursor.ended + 1, report)
    if (phase.kind === 'failed') this.endFunctions([step])
    const kept = phase.kind === 'done' ? phase.request : null
    if (kept !== null) this.#rows.setResult(step.name, kept)
    this.forget(progress.requests.filter((request) => request !== kept))
    const after = { ...cursor, ended: cursor.ended + 1, step: null }
    const onDeviation = report.deviation === null ? 'continue' : active.certified?.onDeviation
    if (onDeviation === 'continue' || onDeviation === undefined) return goesOn(after)
    return {
      kind: onDeviation === 'stop' ? 'stands' : 'rolls-back',
      cursor: after,
      code: 'plan/deviates',
      message: `${step.name} has done something else than its certificate says`,
    }
  }

  /** The vat of a function that has not answered in time ends when its step fails, or else with the plan. */
  endFunctions(steps: readonly PlanStep[]): void {
    for (const { kind, name } of steps)
      if (kind === 'evaluate') this.#endFunction(this.#parts.vatNameOf(name))
  }

  /** Ends the vats that had not started when their steps were over. Returns whether there were any. */
  endStarted(): boolean {
    const vats = this.#rows.starting()
    for (const vat of vats) {
      this.#rows.deleteStarting(vat)
      this.#endFunction(vat)
    }
    return vats.length > 0
  }

  /** A vat that has not started cannot be terminated yet. */
  #endFunction(name: string): void {
    const { lookups, requests, encode } = this.#parts
    const view = lookups.read.vatNamed(name)
    if (view === undefined || view.status.kind === 'terminated') return
    if (view.status.kind === 'starting') this.#rows.addStarting(name)
    else this.forget([requests.terminateVat(name, encode('the step that made it is over'))])
  }

  /** Results that no later step may refer to: what is in them lives no longer for the plan's sake. */
  forget(requests: readonly number[]): void {
    for (const request of requests) if (request > 0) this.#parts.requests.forget(request)
  }

  /** Ports through which vats have sent since the plan began. */
  sentThrough({ sentBefore }: PlanCursor): readonly string[] {
    return this.#parts.lookups.read
      .ports()
      .filter(({ name, sent }) => sent > (sentBefore[name] ?? 0))
      .map(({ name }) => name)
  }

  /** The progress of a step that has done nothing yet. */
  get fresh(): StepProgress {
    return { phase: 0, requests: [], cranks: 0, computrons: '0', began: this.#parts.store.blocks.height }
  }

  /** Act2. */
  #attempt(step: PlanStep, { phase, requests, began }: StepProgress): Phase {
    const statuses = requests.map((request) =>
      request === 0 ? undefined : this.#parts.requests.result(request),
    )
    try {
      return advanceStep(step, phase, { requests, statuses, began }, this.#parts)
    } catch (error) {
      if (!(error instanceof CodedError) || isOfMachine(error)) throw error
      return failure(error.code, error.message)
    }
  }

  /**
   * The answer can come only as an item at a port through which the plan has sent. To a plan of one block it
   * cannot: the host has seen nothing of what it sent.
   */
  #pending(active: ActivePlan, step: PlanStep, cursor: PlanCursor): After {
    if (!isOneBlock(active) && this.sentThrough(cursor).length > 0) return { kind: 'waits', cursor }
    const message = `nothing is left to run, and the answer to ${step.name} is pending`
    return this.#failed(active, step, cursor, failure('plan/never-settles', message), 'at-work')
  }

  /** `at-work`: its requests are not settled, and a step that is begun anew does not make them again. */
  #failed(
    active: ActivePlan,
    step: PlanStep,
    cursor: PlanCursor,
    phase: Failure,
    state: 'over' | 'at-work',
  ): Exclude<After, { kind: 'again' }> {
    const policy = isTakenBack(active, step) ? 'rollback' : (step.onFailure ?? active.plan.onFailure)
    const { code, message } = phase
    switch (policy) {
      case 'rollback': {
        const after = this.ended(active, cursor, step, phase, 'failed')
        return { kind: 'rolls-back', cursor: after.cursor, code, message: `${step.name}: ${message}` }
      }
      case 'stop':
        if (state === 'over') this.forget(cursor.step?.requests ?? [])
        return {
          kind: 'stands',
          cursor: state === 'over' ? { ...cursor, step: null } : cursor,
          code,
          message: `${step.name}: ${message}`,
        }
      case 'suspend':
        this.#suspend(step)
        return this.ended(active, cursor, step, phase, 'suspended')
      case 'continue':
        return this.ended(active, cursor, step, phase, 'failed')
    }
  }

  #suspend(step: PlanStep): void {
    const { lookups, requests } = this.#parts
    for (const name of vatsOf(step)) {
      const view = lookups.read.vatNamed(name)
      if (view?.status.kind === 'running' || view?.status.kind === 'draining')
        this.forget([requests.suspendVat(name, `the step ${step.name} of a plan failed`)])
    }
  }

  #reportOf(
    { certified }: ActivePlan,
    step: PlanStep,
    progress: StepProgress,
    phase: Ending,
    outcome: PlanStepReport['outcome'],
  ): PlanStepReport {
    const { store, lookups } = this.#parts
    const result = phase.kind === 'skipped' ? null : phase.result
    const row = {
      name: step.name,
      kind: step.kind,
      outcome,
      code: phase.kind === 'failed' ? phase.code : null,
      result,
    }
    return {
      ...row,
      message: phase.kind === 'done' ? null : phase.kind === 'failed' ? phase.message : phase.why,
      cranks: progress.cranks,
      computrons: progress.computrons,
      began: progress.began,
      ended: store.blocks.height + 1,
      hash: store.blocks.activityHash,
      subscriptions: lostSubscriptions(step, result, lookups),
      deviation: certified === undefined ? null : deviationOf(certified, row),
    }
  }
}

/** Certified plans have no step that fails, except those that were to go on. */
const isTakenBack = ({ certified }: ActivePlan, step: PlanStep): boolean =>
  certified?.onDeviation === 'rollback' &&
  certified.steps.every(({ name, outcome }) => name !== step.name || outcome === 'done' || outcome === 'skipped')

const goesOn = (cursor: PlanCursor): Extract<After, { kind: 'goes-on' }> => ({ kind: 'goes-on', cursor })

const failure = (code: string, message: string): Failure => ({ kind: 'failed', code, message, result: null })

/** A failure of the kernel or below it is none of the step. */
const isOfMachine = ({ code }: CodedError): boolean =>
  code === 'kernel/fault' || code === 'kernel/returned' || code.startsWith('machine/')
