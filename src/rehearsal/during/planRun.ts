/** The runs of a plan on a fork: as it would be for real (Reh2), and once more under another id (Reh3). */
import type { Hash } from '../../base/ids.ts'
import type { RehearsalStart } from '../../host/plans/certificate.ts'
import { CodedError } from '../../base/errors.ts'
import type { Controller } from '../../host/controller.ts'
import type { PlanCheck, PlanView } from '../../protocol/machine/plans.ts'
import type { Plan, PlanStepKind } from '../../protocol/plan/plan.ts'
import type { Finding } from '../findings.ts'
import type { RehearsalReport, StepCost } from '../report.ts'
import { vatFigures, type VatFigure } from './vatFigures.ts'
import { runByBlocks, type PlanBlock } from './blocks.ts'

type Found = 'start' | 'differences' | 'code' | 'crankHashes' | 'run' | 'again' | 'costs' | 'end' | 'findings'

/** What a run on a fork found. */
export type PlanRun = Pick<RehearsalReport, Found> & {
  /** When the plan was over. */
  readonly figures: readonly VatFigure[]
}

/** Who looks at a run. */
export interface RunWatch {
  /** Called before the plan, unless it is refused. */
  readonly before: () => Promise<void>
  /** Called with each block of the first run. */
  readonly afterBlock: (block: PlanBlock) => void | Promise<void>
  readonly onProgress: (part: 'running' | 'again' | 'auditing', plan: PlanView | null) => void
}

/** Reh2, Reh3. */
export async function runPlanOn(controller: Controller, plan: Plan, watch: RunWatch): Promise<PlanRun> {
  const start = await startOf(controller)
  const check = await controller.checkPlan(plan)
  if (check.differences.length > 0) return refused(start, check)
  await watch.before()
  const costs = new StepCosts()
  const crankHashes: Hash[] = []
  const view = await runByBlocks(controller, plan, async (block) => {
    costs.note(block)
    crankHashes.push(...block.crankHashes)
    watch.onProgress('running', block.progress)
    await watch.afterBlock(block)
  })
  const { activityHash } = await controller.storeStatus()
  const figures = await vatFigures(controller)
  const again = await runAgain(controller, plan, view, (progress) => watch.onProgress('again', progress))
  watch.onProgress('auditing', null)
  const audited = await auditFindings(controller)
  if (audited.length === 0) await controller.commit()
  return {
    start,
    ...check,
    crankHashes,
    run: view,
    again,
    costs: costs.all,
    end: activityHash,
    figures,
    findings: [...planFindings(view), ...againFindings(view, again), ...audited],
  }
}

async function startOf(controller: Controller): Promise<RehearsalStart> {
  const { height, activityHash, kernel, vats } = await controller.storeStatus()
  return { height, activityHash, kernel, vats }
}

async function runAgain(
  controller: Controller,
  plan: Plan,
  { state }: PlanView,
  onProgress: (progress: PlanView) => void,
): Promise<RehearsalReport['again']> {
  if (state !== 'done') return []
  const again = { ...plan, id: `${plan.id} again`.slice(-100), expects: {} }
  const { reports } = await controller.runPlan(again, { onProgress })
  return reports.map(({ name, kind, outcome, code, message }) => ({ name, kind, outcome, code, message }))
}

/** The costs of the blocks that end with a step. */
class StepCosts {
  readonly all: StepCost[] = []
  #measured = 0
  #ms = 0

  note({ progress: { reports }, ms }: PlanBlock): void {
    this.#ms += ms
    const steps = reports.slice(this.#measured).map(({ name }) => name)
    if (steps.length === 0) return
    this.all.push({ steps, ms: this.#ms })
    this.#measured = reports.length
    this.#ms = 0
  }
}

const refused = (start: RehearsalStart, { differences, code }: PlanCheck): PlanRun => ({
  start,
  differences,
  code,
  crankHashes: [],
  run: null,
  again: [],
  costs: [],
  end: null,
  figures: [],
  findings: differences.map(({ subject, expected, found }) => ({
    code: 'conditions',
    subject,
    message: `expected ${expected}, found ${found}`,
  })),
})

function planFindings({ id, state, reason, reports }: PlanView): readonly Finding[] {
  const failed = reports.filter(({ outcome }) => outcome === 'failed' || outcome === 'suspended')
  return [
    ...failed.map(({ name, code, message }) => ({
      code: 'step-failed' as const,
      subject: name,
      message: `${code ?? ''}: ${message ?? ''}`,
    })),
    ...(state === 'done'
      ? []
      : [{ code: 'not-complete' as const, subject: id, message: `it is ${state}: ${reason?.message ?? ''}` }]),
  ]
}

/** Steps that change something and that nothing shows to be done; messages are sent again by their nature. */
const changing: ReadonlySet<PlanStepKind> = new Set<PlanStepKind>([
  'kernel', 'worker', 'vat', 'together', 'create', 'terminate', 'retire',
])

/** Reh3. A step that has failed has not been done yet. */
function againFindings({ reports }: PlanView, again: RehearsalReport['again']): readonly Finding[] {
  const failed = new Set(reports.filter(({ code }) => code !== null).map(({ name }) => name))
  return again
    .filter(({ name, kind, outcome }) => changing.has(kind) && outcome !== 'skipped' && !failed.has(name))
    .map(({ name, outcome }) => ({
      code: 'not-idempotent',
      subject: name,
      message: `a second run does not skip it: it is ${outcome}`,
    }))
}

async function auditFindings(controller: Controller): Promise<readonly Finding[]> {
  try {
    const { deviations } = await controller.audit()
    return deviations.map(({ where, message }) => ({ code: 'audit' as const, subject: where, message }))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return [{ code: 'audit', subject: error.code, message: error.message }]
  }
}
