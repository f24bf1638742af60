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
 * Pln5. All steps of a plan with the policy `rollback` are done in one block. If it is taken back, the store
 *       is as it was when that block began, but for what the host did meanwhile and for the record of the
 *       plan; nothing of what is taken back was committed, so nothing of it was seen outside.
 * Pln6. A plan that is run under a certificate compares each step with it when it ends, and begins only if
 *       the names of code in it stand for the code that was certified.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId, Hash } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'
import type { CrankCleaning, KernelReport } from '../../protocol/kernel/events.ts'
import type { PlanCalls } from '../../protocol/machine/calls.ts'
import type {
  CertifiedRun,
  PlanCheck,
  PlanPace,
  PlanProgress,
  PlanView,
} from '../../protocol/machine/plans.ts'
import type { Plan, PlanStep } from '../../protocol/plan/plan.ts'
import type { Store } from '../../store/store.ts'
import { KernelReturned } from '../kernelUpgrades/kernelReturned.ts'
import { differencesOfCode, planCode, stepNeeding } from './planCode.ts'
import { assertNoDifference, assertUnchanged, differences, stateOf, type Conditions } from './planConditions.ts'
import type { PlanGate } from './planGate.ts'
import { PlanRows, type PlanCursor } from './planRows.ts'
import { isOneBlock, PlanSteps, type ActivePlan, type After, type EndedEarly } from './planSteps.ts'
import type { StepParts } from './stepAction.ts'
import { runUntilQuiet, type QuietParts } from './quietRun.ts'

export interface PlanParts extends StepParts {
  readonly store: Store
  readonly assertReady: () => void
  /** Takes back what was done since the last block, but for what the host did. */
  readonly takeBack: () => void
  /** Runs the next crank. */
  readonly crank: (cleaning: CrankCleaning) => KernelReport
  /** Has the kernel accept what waits, unless a plan holds it. */
  readonly takeAll: () => void
}

export class Plans implements PlanCalls, PlanGate {
  readonly #parts: PlanParts
  readonly #rows: PlanRows
  readonly #steps: PlanSteps
  /** Whether a plan is active: saves every request of the host a look. */
  #isActive: boolean
  /** Whether the last call only had the open block committed. */
  #leftOpenBlock = false
  #recordsCranks = false
  readonly #crankHashes: Hash[] = []

  constructor(parts: PlanParts) {
    this.#parts = parts
    this.#rows = new PlanRows(parts.store.state)
    this.#steps = new PlanSteps(parts, this.#rows)
    this.#isActive = this.#rows.plan() !== undefined
  }

  // --- called by the host

  plan(): PlanView | null {
    const active = this.#find()
    return active === undefined ? null : this.#view(active.plan, active.cursor)
  }

  planHistory(): readonly PlanView[] {
    return this.#rows.allEnded()
  }

  checkPlan(plan: Plan): PlanCheck {
    const found = differences(plan.expects, this.#conditions())
    return { differences: found, code: planCode(plan, this.#parts.lookups) }
  }

  startPlan(plan: Plan, certified: CertifiedRun | null): PlanProgress {
    const before = this.#rows.allEnded().find(({ id, state }) => id === plan.id && state === 'done')
    if (before !== undefined) return this.#progress(before, 'ended')
    const active = this.plan()
    if (active?.id === plan.id) return this.#startedBefore(active, certified)
    if (active !== null)
      refuse('plan/active', `the plan ${active.id} is ${active.state}`, { plan: active.id, state: active.state })
    this.#parts.assertReady()
    this.#assertHolds(plan, certified)
    const { height } = this.#parts.store.blocks
    this.#rows.setPlan(plan)
    if (certified !== null) this.#rows.setCertified(certified)
    this.#isActive = true
    const cursor: PlanCursor = {
      state: 'running',
      reason: null,
      ended: 0,
      step: this.#steps.fresh,
      prepared: false,
      after: height,
      blocks: 0,
      sentBefore: Object.fromEntries(this.#parts.lookups.read.ports().map(({ name, sent }) => [name, sent])),
      held: null,
    }
    return this.#progress(this.#view(plan, this.#move(cursor)), 'new')
  }

  /** A plan goes on under the certificate under which it began. */
  #startedBefore(active: PlanView, certified: CertifiedRun | null): PlanProgress {
    if (certified !== null && certified.certificate !== active.certificate)
      refuse('plan/active', `the plan ${active.id} is ${active.state}, and not under this certificate`, {
        plan: active.id,
        certificate: active.certificate,
      })
    return this.#progress(active)
  }

  /** Pln6. */
  #assertHolds(plan: Plan, certified: CertifiedRun | null): void {
    const code = certified === null ? [] : differencesOfCode(certified.code, planCode(plan, this.#parts.lookups))
    assertNoDifference(plan, [...differences(plan.expects, this.#conditions()), ...code])
  }

  /** Goes on with the active plan, until a step is over, the plan stands, or the block is full. */
  advancePlan(pace: PlanPace): PlanProgress {
    this.#recordsCranks = pace.recordCranks
    try {
      return this.#advance(pace)
    } catch (error) {
      // The store went back to the kernel before, and the plan stands.
      if (error instanceof KernelReturned) return this.#progress(this.#viewNow())
      throw error
    }
  }

  #advance(pace: PlanPace): PlanProgress {
    const active = this.#active()
    const { plan, cursor } = active
    if (!holds(cursor)) return this.#progress(this.#view(plan, cursor))
    if (cursor.blocks >= plan.maxBlocks)
      return this.#stand(plan, cursor, 'plan/held-too-long', `${cursor.blocks} blocks have passed`)
    const isWhole = isOneBlock(active)
    if (isWhole && cursor.prepared && this.#leavesOpenBlock()) return this.#progress(this.#view(plan, cursor))
    let left = (isWhole && cursor.prepared ? null : pace.cranks) ?? Infinity
    let now: PlanCursor = { ...cursor, state: 'running', blocks: cursor.blocks + 1 }
    for (;;) {
      if (now.prepared && now.ended === plan.steps.length) return this.#end(plan, now, 'done')
      const step = now.prepared ? plan.steps[now.ended] : undefined
      const began = now.step
      if (began !== null) {
        const { quiet, progress } = runUntilQuiet(this.#quietParts, began, step?.budget ?? plan.budget, left)
        left -= progress.cranks - began.cranks
        now = { ...now, step: progress }
        if (quiet === 'full') return this.#progress(this.#view(plan, this.#move(now)))
        if (quiet !== 'idle') {
          const after = quiet === 'paused' ? whenPaused(active, now) : this.#steps.exhausted(active, step, now)
          if (after.kind !== 'goes-on') return this.#leave(plan, after)
          now = this.#move(after.cursor)
          continue
        }
      }
      if (step === undefined) {
        now = this.#move({ ...now, prepared: true, step: null })
        // What was left does not belong to what may be taken back (Pln5).
        if (isWhole) return this.#progress(this.#view(plan, now))
        continue
      }
      const after = this.#steps.phase(active, step, now)
      if (after.kind === 'again') return this.#advance(pace)
      if (after.kind !== 'goes-on') return this.#leave(plan, after)
      const endsBlock = !isWhole && endsBlockWith(step, now, after.cursor)
      now = this.#move(after.cursor)
      if (endsBlock && now.ended < plan.steps.length) return this.#progress(this.#view(plan, now))
    }
  }

  /** Pln5. What others did in the open block is not the plan's to take back: once, it is committed first. */
  #leavesOpenBlock(): boolean {
    const { blocks } = this.#parts.store
    this.#leftOpenBlock = !this.#leftOpenBlock && blocks.cranks > blocks.last().cranks
    return this.#leftOpenBlock
  }

  /** The block ends, or the plan. */
  #leave(plan: Plan, after: Exclude<After, { kind: 'goes-on' | 'again' }>): PlanProgress {
    switch (after.kind) {
      case 'waits':
        return this.#progress(this.#view(plan, this.#move({ ...after.cursor, state: 'waiting' })))
      case 'stands':
        return this.#stand(plan, after.cursor, after.code, after.message)
      case 'rolls-back':
        return this.#rollBack(plan, after)
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
    const fresh: PlanCursor = { ...cursor, state: 'running', reason: null, blocks: 0, held: null }
    const step = plan.steps[cursor.ended]
    if (!skip || step === undefined) {
      const again = cursor.step === null ? null : { ...cursor.step, cranks: 0, computrons: '0' }
      return this.#view(plan, this.#move({ ...fresh, step: again }))
    }
    // The work that was left when the plan began is left alone.
    if (!cursor.prepared) return this.#view(plan, this.#move({ ...fresh, prepared: true, step: null }))
    const { code, message } = cursor.reason ?? { code: 'plan/paused', message: '' }
    const failed = { kind: 'failed', code, message, result: null } as const
    const { cursor: after } = this.#steps.ended(this.#active(), fresh, step, failed, 'failed')
    return this.#view(plan, this.#move(after))
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
    return cursor.state !== 'waiting' || port === null || !this.#steps.sentThrough(cursor).includes(port)
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

  stepNeeding(bundle: BundleId): string | null {
    const active = this.#isActive ? this.#find() : undefined
    return active === undefined
      ? null
      : stepNeeding(active.plan.steps.slice(active.cursor.ended), bundle, this.#parts.lookups)
  }

  /** The kernel has failed, and what the current step did since the last block was taken back. */
  kernelFailed(code: 'kernel/fault' | 'kernel/returned', message: string): void {
    this.#isActive = this.#rows.plan() !== undefined
    const [plan, cursor] = [this.#rows.plan(), this.#rows.cursor()]
    if (plan === undefined || cursor === undefined || !holds(cursor)) return
    this.#rows.setCursor({ ...cursor, state: 'stopped', reason: { code, message } })
  }

  /** Before a run: ends vats of functions that have started meanwhile, although their steps are over. */
  endStarted(): void {
    if (this.#steps.endStarted()) this.#parts.store.sealCrank()
  }

  // --- the plan

  #find(): (ActivePlan & { readonly cursor: PlanCursor }) | undefined {
    const [plan, cursor] = [this.#rows.plan(), this.#rows.cursor()]
    if (plan === undefined || cursor === undefined) return undefined
    return { plan, cursor, certified: this.#rows.certified() }
  }

  #active(): ActivePlan & { readonly cursor: PlanCursor } {
    return this.#find() ?? refuse('plan/none', 'no plan is active')
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
    return this.#progress(this.#view(plan, stopped))
  }

  #end(plan: Plan, cursor: PlanCursor, state: 'done' | 'abandoned'): PlanProgress {
    this.#steps.endFunctions(plan.steps)
    this.#steps.forget([...this.#rows.results(), ...(cursor.step?.requests ?? [])])
    const view: PlanView = { ...this.#view(plan, cursor), state, current: null }
    assert(state !== 'done' || view.reports.length === plan.steps.length, 'each step of a plan has a report')
    return this.#over(view)
  }

  /** Pln5. */
  #rollBack(plan: Plan, { cursor, code, message }: EndedEarly): PlanProgress {
    const { takeBack } = this.#parts
    const reason = { code, message }
    const view: PlanView = { ...this.#view(plan, cursor), state: 'rolled-back', reason, current: null }
    takeBack()
    const { cursor: before } = this.#active()
    // Only steps that were skipped by hand came before the block.
    const isWhole = this.#rows.reports().every(({ outcome }) => outcome === 'failed')
    assert(isWhole && before.ended === this.#rows.reports().length, 'a plan that is taken back was one block (Pln5)')
    return this.#over(view)
  }

  #over(view: PlanView): PlanProgress {
    this.#rows.end(view)
    this.#isActive = false
    this.#parts.store.sealCrank()
    this.#parts.takeAll()
    return this.#progress(view)
  }

  get #quietParts(): QuietParts {
    const { lookups, crank, store } = this.#parts
    if (!this.#recordsCranks) return { lookups, crank }
    const recorded = (cleaning: CrankCleaning): KernelReport => {
      const report = crank(cleaning)
      if (report.kind === 'cranked') this.#crankHashes.push(store.blocks.activityHash)
      return report
    }
    return { lookups, crank: recorded }
  }

  #progress(view: PlanView, was: PlanProgress['was'] = 'active'): PlanProgress {
    return { ...view, was, crankHashes: this.#crankHashes.splice(0) }
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
      certificate: this.#rows.certified()?.certificate ?? null,
      reports: this.#rows.reports(),
    }
  }

  // --- conditions

  #conditions(): Conditions {
    return { kernel: this.#parts.kernelId(), lookups: this.#parts.lookups }
  }
}

/** The port of an item with which a plan may be answered. */
const portOf = (item: InboxItem): string | null =>
  item.kind === 'deliver' || item.kind === 'acknowledge' || item.kind === 'dismiss' ? item.port : null

/**
 * A step that is over ends a block. A kernel is put in place between two, and is on trial until the next: the
 * first run under it belongs to its own.
 */
const endsBlockWith = ({ kind }: PlanStep, before: PlanCursor, after: PlanCursor): boolean =>
  kind === 'kernel' ? after.step !== null : after.ended > before.ended

/** A plan of one block cannot stand within it. */
const whenPaused = (active: ActivePlan, cursor: PlanCursor): Extract<After, EndedEarly> => ({
  kind: isOneBlock(active) && cursor.prepared ? 'rolls-back' : 'stands',
  cursor,
  code: 'kernel/paused',
  message: 'the kernel is paused',
})

const holds = ({ state }: PlanCursor): boolean => state === 'running' || state === 'waiting'
