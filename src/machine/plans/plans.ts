/**
 * Runs upgrade plans.
 *
 * Pln1. Each step is done in a run of its own, until nothing is left to run, before the next begins. While a
 *       plan runs or waits, the kernel accepts only what its steps request, and the host's items at ports
 *       through which its steps have sent; everything else waits in the inbox, in order.
 * Pln2. The cursor is a row of the store, written with what it is about: a process that dies goes on where
 *       the last block is, and does nothing twice.
 * Pln3. A step whose work does not end within its budget has failed: no vat can hold a plan without end.
 * Pln4. A plan that is over is not run again, and a step to what is so already is skipped.
 */
import { assert, CodedError, unreachable } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'
import type { CrankCleaning, KernelReport } from '../../protocol/kernel/events.ts'
import type { PlanCalls } from '../../protocol/machine/calls.ts'
import type {
  PlanCheck,
  PlanPace,
  PlanProgress,
  PlanStepReport,
  PlanView,
} from '../../protocol/machine/plans.ts'
import type { Plan, PlanStep } from '../../protocol/plan/plan.ts'
import type { Store } from '../../store/store.ts'
import { KernelReturned } from '../kernelUpgrades/kernelReturned.ts'
import { assertHolds, assertUnchanged, differences, stateOf, type Conditions } from './planConditions.ts'
import type { PlanGate } from './planGate.ts'
import { PlanRows, type PlanCursor, type StepProgress } from './planRows.ts'
import type { Phase, StepParts } from './stepAction.ts'
import { runUntilQuiet } from './quietRun.ts'
import { advanceStep, vatsOf } from './steps/actions.ts'

export interface PlanParts extends StepParts {
  readonly store: Store
  readonly assertReady: () => void
  /** Runs the next crank. */
  readonly crank: (cleaning: CrankCleaning) => KernelReport
  /** Has the kernel accept what waits, unless a plan holds it. */
  readonly takeAll: () => void
}

const freshStep: Omit<StepProgress, 'began'> = { phase: 0, requests: [], cranks: 0, computrons: '0' }

export class Plans implements PlanCalls, PlanGate {
  readonly #parts: PlanParts
  readonly #rows: PlanRows
  /** Whether a plan is active: saves every request of the host a look. */
  #isActive: boolean

  constructor(parts: PlanParts) {
    this.#parts = parts
    this.#rows = new PlanRows(parts.store.state)
    this.#isActive = this.#rows.plan() !== undefined
  }

  // --- called by the host

  plan(): PlanView | null {
    const [plan, cursor] = [this.#rows.plan(), this.#rows.cursor()]
    return plan === undefined || cursor === undefined ? null : this.#view(plan, cursor)
  }

  planHistory(): readonly PlanView[] {
    return this.#rows.allEnded()
  }

  checkPlan(plan: Plan): PlanCheck {
    return { differences: differences(plan.expects, this.#conditions()) }
  }

  startPlan(plan: Plan): PlanProgress {
    const before = this.#rows.allEnded().find(({ id, state }) => id === plan.id && state === 'done')
    if (before !== undefined) return { ...before, was: 'ended' }
    const active = this.plan()
    if (active?.id === plan.id) return { ...active, was: 'active' }
    if (active !== null)
      refuse('plan/active', `the plan ${active.id} is ${active.state}`, { plan: active.id, state: active.state })
    this.#parts.assertReady()
    assertHolds(plan, this.#conditions())
    const { height } = this.#parts.store.blocks
    this.#rows.setPlan(plan)
    this.#isActive = true
    const cursor: PlanCursor = {
      state: 'running',
      reason: null,
      ended: 0,
      step: { ...freshStep, began: height },
      prepared: false,
      after: height,
      blocks: 0,
      sentBefore: Object.fromEntries(this.#ports()),
      held: null,
    }
    return { ...this.#view(plan, this.#move(cursor)), was: 'new' }
  }

  /** Goes on with the active plan, until a step is over, the plan stands, or the block is full. */
  advancePlan(pace: PlanPace): PlanProgress {
    try {
      return this.#advance(pace)
    } catch (error) {
      // The store went back to the kernel before, and the plan stands.
      if (error instanceof KernelReturned) return { ...this.#viewNow(), was: 'active' }
      throw error
    }
  }

  #advance(pace: PlanPace): PlanProgress {
    const { plan, cursor } = this.#active()
    if (!holds(cursor)) return { ...this.#view(plan, cursor), was: 'active' }
    if (cursor.blocks >= plan.maxBlocks)
      return this.#stand(plan, cursor, 'plan/held-too-long', `${cursor.blocks} blocks have passed`)
    let left = pace.cranks ?? Infinity
    let now: PlanCursor = { ...cursor, state: 'running', blocks: cursor.blocks + 1 }
    for (;;) {
      if (now.prepared && now.ended === plan.steps.length) return this.#end(plan, now, 'done')
      const step = now.prepared ? plan.steps[now.ended] : undefined
      const began = now.step
      if (began !== null) {
        const { quiet, progress } = runUntilQuiet(this.#parts, began, step?.budget ?? plan.budget, left)
        left -= progress.cranks - began.cranks
        now = { ...now, step: progress }
        if (quiet === 'full') return { ...this.#view(plan, this.#move(now)), was: 'active' }
        if (quiet === 'paused') return this.#stand(plan, now, 'kernel/paused', 'the kernel is paused')
        if (quiet === 'budget') {
          const after = this.#exhausted(plan, step, now)
          if (after === 'stands') return { ...this.#viewNow(), was: 'active' }
          now = after
          continue
        }
      }
      if (step === undefined) {
        now = this.#move({ ...now, prepared: true, step: null })
        continue
      }
      const next = this.#phase(plan, step, now)
      if (next === 'stands') return { ...this.#viewNow(), was: 'active' }
      // A kernel is on trial until the next block: the first run under it belongs to its own.
      const endsBlock = next.ended > now.ended && step.kind !== 'kernel'
      now = next
      if (endsBlock && now.ended < plan.steps.length) return { ...this.#view(plan, now), was: 'active' }
    }
  }

  pausePlan(reason: string): PlanView {
    const { plan, cursor } = this.#active()
    if (!holds(cursor)) refuse('plan/state', `the plan ${plan.id} is ${cursor.state}`, { state: cursor.state })
    return this.#stand(plan, cursor, 'plan/paused', reason, 'paused')
  }

  /** Goes on with what failed, from its beginning, or with `skip` after it. */
  resumePlan(skip: boolean): PlanView {
    const { plan, cursor } = this.#active()
    if (holds(cursor)) refuse('plan/state', `the plan ${plan.id} is ${cursor.state}`, { state: cursor.state })
    this.#parts.assertReady()
    assertUnchanged(plan, cursor.held, this.#conditions())
    const { height } = this.#parts.store.blocks
    const fresh: PlanCursor = { ...cursor, state: 'running', reason: null, blocks: 0, held: null }
    const step = plan.steps[cursor.ended]
    if (!skip || step === undefined) {
      const again = cursor.step === null ? null : { ...cursor.step, cranks: 0, computrons: '0' }
      return this.#view(plan, this.#move({ ...fresh, step: again }))
    }
    // The work that was left when the plan began is left alone.
    if (!cursor.prepared) return this.#view(plan, this.#move({ ...fresh, prepared: true, step: null }))
    const { code, message } = cursor.reason ?? { code: 'plan/paused', message: '' }
    const progress = cursor.step ?? { ...freshStep, began: height }
    return this.#view(plan, this.#ended(fresh, step, progress, { kind: 'failed', code, message, result: null }, 'failed'))
  }

  abandonPlan(reason: string): PlanView {
    const { plan, cursor } = this.#active()
    return this.#end(plan, { ...cursor, reason: { code: 'plan/abandoned', message: reason } }, 'abandoned')
  }

  // --- called by the machine

  /** The number of the request whose result is the step's. */
  requestOf(step: string): number {
    return (
      this.#rows.resultOf(step) ??
      refuse('plan/result-missing', `the step ${step} has no result`, { step })
    )
  }

  /** Unique among the vats of the store: a name that no other plan's step has. */
  vatNameOf(step: string): string {
    const { plan } = this.#active()
    const index = plan.steps.findIndex(({ name }) => name === step)
    return `plan.${this.#rows.allEnded().length + 1}.${index + 1}`
  }

  /** Whether the kernel must not accept a request of the host now (Pln1). */
  holds(item: InboxItem): boolean {
    if (!this.#isActive) return false
    const cursor = this.#rows.cursor()
    if (cursor === undefined || !holds(cursor)) return false
    const port = portOf(item)
    return cursor.state !== 'waiting' || port === null || !this.#sentThrough(cursor).includes(port)
  }

  /** Whether a plan runs or waits. */
  get isHolding(): boolean {
    if (!this.#isActive) return false
    const cursor = this.#rows.cursor()
    return cursor !== undefined && holds(cursor)
  }

  /** Refuses what cannot wait while a plan runs. */
  assertNone(what: string): void {
    if (this.isHolding)
      refuse('plan/holds', `a plan is running, and ${what} cannot wait until it ends`, { request: what })
  }

  /** The kernel has failed, and what the current step did since the last block was taken back. */
  kernelFailed(code: 'kernel/fault' | 'kernel/returned', message: string): void {
    this.#isActive = this.#rows.plan() !== undefined
    const [plan, cursor] = [this.#rows.plan(), this.#rows.cursor()]
    if (plan === undefined || cursor === undefined || !holds(cursor)) return
    this.#rows.setCursor({ ...cursor, state: 'stopped', reason: { code, message } })
  }

  // --- steps

  /** The next phase of the step: nothing is left to run after the one before. */
  #phase(plan: Plan, step: PlanStep, cursor: PlanCursor): PlanCursor | 'stands' {
    const { store } = this.#parts
    const progress = cursor.step ?? { ...freshStep, began: store.blocks.height }
    const phase = this.#attempt(step, progress)
    switch (phase.kind) {
      case 'requested':
        this.#forget(progress.requests)
        return this.#move({
          ...cursor,
          step: { ...progress, phase: progress.phase + 1, requests: phase.requests },
        })
      case 'pending':
        return this.#pending(plan, step, cursor)
      case 'skipped':
      case 'done':
        return this.#ended(cursor, step, progress, phase, phase.kind)
      case 'failed':
        return this.#failed(plan, step, { ...cursor, step: null }, progress, phase)
      default:
        return unreachable(phase, 'a step ends its phase in a way that is not known')
    }
  }

  /** Act2. */
  #attempt(step: PlanStep, { phase, requests }: StepProgress): Phase {
    const statuses = requests.map((request) => this.#parts.requests.result(request))
    try {
      return advanceStep(step, phase, { requests, statuses }, this.#parts)
    } catch (error) {
      if (!(error instanceof CodedError) || isOfMachine(error)) throw error
      return { kind: 'failed', code: error.code, message: error.message, result: null }
    }
  }

  /** The answer can come only as an item at a port through which the plan has sent. */
  #pending(plan: Plan, step: PlanStep, cursor: PlanCursor): PlanCursor | 'stands' {
    if (this.#sentThrough(cursor).length > 0) {
      this.#move({ ...cursor, state: 'waiting' })
      return 'stands'
    }
    const progress = cursor.step ?? { ...freshStep, began: this.#parts.store.blocks.height }
    return this.#failed(plan, step, cursor, progress, {
      kind: 'failed',
      code: 'plan/never-settles',
      message: `nothing is left to run, and the answer to ${step.name} is pending`,
      result: null,
    })
  }

  /** Pln3. The work that was left before the first step has the budget of a step. */
  #exhausted(plan: Plan, step: PlanStep | undefined, cursor: PlanCursor): PlanCursor | 'stands' {
    const progress = cursor.step ?? { ...freshStep, began: this.#parts.store.blocks.height }
    const what = step === undefined ? 'the work that was left when the plan began' : `the step ${step.name}`
    const message = `${what} did not end within ${progress.cranks} cranks and ${progress.computrons} computrons`
    if (step !== undefined)
      return this.#failed(plan, step, cursor, progress, { kind: 'failed', code: 'plan/budget', message, result: null })
    this.#stand(plan, cursor, 'plan/budget', message)
    return 'stands'
  }

  #failed(
    plan: Plan,
    step: PlanStep,
    cursor: PlanCursor,
    progress: StepProgress,
    phase: Extract<Phase, { kind: 'failed' }>,
  ): PlanCursor | 'stands' {
    const policy = step.onFailure ?? plan.onFailure
    if (policy === 'stop') {
      if (cursor.step === null) this.#forget(progress.requests)
      this.#stand(plan, cursor, phase.code, `${step.name}: ${phase.message}`)
      return 'stands'
    }
    if (policy === 'suspend') this.#suspend(step)
    return this.#ended(cursor, step, progress, phase, policy === 'suspend' ? 'suspended' : 'failed')
  }

  #suspend(step: PlanStep): void {
    const { lookups, requests } = this.#parts
    for (const name of vatsOf(step)) {
      const view = lookups.read.vatNamed(name)
      if (view?.status.kind === 'running' || view?.status.kind === 'draining')
        this.#forget([requests.suspendVat(name, `the step ${step.name} of a plan failed`)])
    }
  }

  #ended(
    cursor: PlanCursor,
    step: PlanStep,
    progress: StepProgress,
    phase: Extract<Phase, { kind: 'done' | 'skipped' | 'failed' }>,
    outcome: PlanStepReport['outcome'],
  ): PlanCursor {
    const { store } = this.#parts
    const report: PlanStepReport = {
      name: step.name,
      kind: step.kind,
      outcome,
      code: phase.kind === 'failed' ? phase.code : null,
      message: phase.kind === 'done' ? null : phase.kind === 'failed' ? phase.message : phase.why,
      cranks: progress.cranks,
      computrons: progress.computrons,
      began: progress.began,
      ended: store.blocks.height + 1,
      hash: store.blocks.activityHash,
      result: phase.kind === 'skipped' ? null : phase.result,
    }
    this.#rows.addReport(cursor.ended + 1, report)
    const kept = phase.kind === 'done' ? phase.request : null
    if (kept !== null) this.#rows.setResult(step.name, kept)
    this.#forget(progress.requests.filter((request) => request !== kept))
    return this.#move({ ...cursor, ended: cursor.ended + 1, step: null })
  }

  /** Results that no later step may refer to: what is in them lives no longer for the plan's sake. */
  #forget(requests: readonly number[]): void {
    for (const request of requests) this.#parts.requests.forget(request)
  }

  // --- the plan

  #active(): { readonly plan: Plan; readonly cursor: PlanCursor } {
    const [plan, cursor] = [this.#rows.plan(), this.#rows.cursor()]
    if (plan === undefined || cursor === undefined) return refuse('plan/none', 'no plan is active')
    return { plan, cursor }
  }

  /** Pln2. */
  #move(cursor: PlanCursor): PlanCursor {
    this.#rows.setCursor(cursor)
    this.#parts.store.sealCrank()
    return cursor
  }

  #stand(
    plan: Plan,
    cursor: PlanCursor,
    code: string,
    message: string,
    state: 'paused' | 'stopped' = 'stopped',
  ): PlanProgress {
    const held = stateOf(plan.expects, this.#conditions())
    const stopped = this.#move({ ...cursor, state, reason: { code, message }, held })
    this.#parts.takeAll()
    return { ...this.#view(plan, stopped), was: 'active' }
  }

  #end(plan: Plan, cursor: PlanCursor, state: 'done' | 'abandoned'): PlanProgress {
    const { store, takeAll } = this.#parts
    this.#forget([...this.#rows.results(), ...(cursor.step?.requests ?? [])])
    const view: PlanView = { ...this.#view(plan, cursor), state, current: null }
    assert(state !== 'done' || view.reports.length === plan.steps.length, 'each step of a plan has a report')
    this.#rows.end(view)
    this.#isActive = false
    store.sealCrank()
    takeAll()
    return { ...view, was: 'active' }
  }

  #viewNow(): PlanView {
    const { plan, cursor } = this.#active()
    return this.#view(plan, cursor)
  }

  #view({ id, about, steps }: Plan, { state, reason, ended, step, prepared, after }: PlanCursor): PlanView {
    const current = prepared && step !== null ? steps[ended] : undefined
    return {
      id,
      about,
      state,
      reason,
      ended,
      steps: steps.length,
      current:
        current === undefined
          ? null
          : { name: current.name, kind: current.kind, cranks: step?.cranks ?? 0 },
      after,
      reports: this.#rows.reports(),
    }
  }

  // --- conditions

  #conditions(): Conditions {
    return { kernel: this.#parts.kernelId(), lookups: this.#parts.lookups }
  }

  // --- ports

  #ports(): readonly (readonly [string, number])[] {
    return this.#parts.lookups.read.ports().map(({ name, sent }) => [name, sent])
  }

  /** Ports through which vats have sent since the plan began. */
  #sentThrough({ sentBefore }: PlanCursor): readonly string[] {
    return this.#ports()
      .filter(([name, sent]) => sent > (sentBefore[name] ?? 0))
      .map(([name]) => name)
  }
}

/** The port of an item with which a plan may be answered. */
const portOf = (item: InboxItem): string | null =>
  item.kind === 'deliver' || item.kind === 'acknowledge' || item.kind === 'dismiss' ? item.port : null

/** A failure of the kernel or below it is none of the step. */
const isOfMachine = ({ code }: CodedError): boolean =>
  code === 'kernel/fault' || code === 'kernel/returned' || code.startsWith('machine/')

const holds = ({ state }: PlanCursor): boolean => state === 'running' || state === 'waiting'
