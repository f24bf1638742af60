/**
 * Checks of steps before a plan is run: the upgrade check of each vat, the check of each kernel, and whether
 * a rollout could begin.
 *
 * Chk1. All of a plan is checked, also what comes after a step that fails. The store is as it is when the
 *       first step begins; what an earlier step changes is named as not checked.
 * Chk2. A step that is refused here and that the run does nevertheless (a message of an earlier step changed
 *       what was checked) is noted; nothing speaks against the plan.
 */
import { CodedError } from '../../base/errors.ts'
import { isRecord } from '../../base/guards.ts'
import { fromJson } from '../../api/jsonForm.ts'
import type { UpgradeOptions } from '../../host/config/options.ts'
import type { Controller } from '../../host/controller.ts'
import { isSupportedBy } from '../../protocol/host/requests.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import type { PlanStepReport } from '../../protocol/machine/plans.ts'
import type {
  KernelStep,
  Plan,
  PlanStep,
  PlanValue,
  VatUpgrade,
  WorkerStep,
} from '../../protocol/plan/plan.ts'
import type { EstateChanges, UpgradeCheck } from '../../protocol/reports/upgradeCheck.ts'
import type { Finding } from '../findings.ts'
import { Changed, movedBy, vatIn, type Before } from './before.ts'
import { isReplayed, type StepReplay } from './replays.ts'

/** What was found of a step, or of one vat of it, before the plan. */
export interface StepCheck {
  readonly step: string
  readonly kind: 'upgrade' | 'kernel' | 'worker'
  /** The vat, the kernel, or the worker version. */
  readonly subject: string
  readonly outcome: 'passed' | 'refused' | 'not-checked'
  /** Why it is refused: a code and a text; or why it was not checked. */
  readonly code: string | null
  readonly message: string
  /** What is different afterwards, and what is rarely intended. */
  readonly notes: readonly string[]
}

type Outcome = Pick<StepCheck, 'outcome' | 'code' | 'message' | 'notes'>

const passed = (notes: readonly string[] = []): Outcome => ({ outcome: 'passed', code: null, message: '', notes })
const refusedWith = (code: string, message: string, notes: readonly string[] = []): Outcome => ({
  outcome: 'refused',
  code,
  message,
  notes,
})
const notChecked = (message: string): Outcome => ({ outcome: 'not-checked', code: null, message, notes: [] })

/** The store and the plan while steps are checked, in order. */
interface Desk {
  readonly controller: Controller
  readonly before: Before
  readonly changed: Changed
  readonly replays: readonly StepReplay[]
}

/** Chk1. `replays`: those of this plan. */
export async function checkSteps(
  controller: Controller,
  { steps }: Plan,
  before: Before,
  replays: readonly StepReplay[],
): Promise<readonly StepCheck[]> {
  const desk: Desk = { controller, before, changed: new Changed(before), replays }
  const checks: StepCheck[] = []
  for (const step of steps) {
    checks.push(...(await checkStep(step, desk)))
    desk.changed.add(step)
  }
  return checks
}

async function checkStep(step: PlanStep, desk: Desk): Promise<readonly StepCheck[]> {
  switch (step.kind) {
    case 'kernel': {
      const outcome = await outcomeOf(() => checkKernel(step, desk))
      return [{ step: step.name, kind: 'kernel', subject: step.bundle, ...outcome }]
    }
    case 'worker': {
      const outcome = await outcomeOf(() => checkWorker(step, desk))
      return [{ step: step.name, kind: 'worker', subject: step.worker, ...outcome }]
    }
    case 'vat':
      return [await checkUpgrade(step.name, step, desk)]
    case 'together': {
      const checks: StepCheck[] = []
      for (const upgrade of step.upgrades) checks.push(await checkUpgrade(step.name, upgrade, desk))
      return checks
    }
    default:
      return []
  }
}

/** A refusal is an outcome; a failure of the machine is none. */
async function outcomeOf(check: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof CodedError) || error.code.startsWith('machine/')) throw error
    return refusedWith(error.code, error.message)
  }
}

async function checkKernel({ bundle }: KernelStep, { controller, changed }: Desk): Promise<Outcome> {
  if (changed.kernel !== undefined) return notChecked(`the step ${changed.kernel} changes the kernel first`)
  const { flaws, migration, use } = await controller.checkKernel(bundle)
  if (use === 'in-place') return passed(['it is in place already'])
  const notes = migration.map(({ step, table, rows }) => `${step} looks at up to ${rows} rows of ${table}`)
  const [first] = flaws
  if (first === undefined) return passed(notes)
  return refusedWith(
    first.code,
    flaws.map(({ message, names }) => `${message}${listed(names)}`).join('; '),
    notes,
  )
}

async function checkWorker(step: WorkerStep, { controller, before }: Desk): Promise<Outcome> {
  await controller.worker(step.worker)
  const kernel = (await controller.kernels()).find(({ use }) => use === 'in-place')
  if (kernel !== undefined && !isSupportedBy(kernel.interfaceLevel, 'startRollout'))
    return refusedWith('kernel/too-old', 'the kernel of the store knows no rollouts')
  const active = await controller.rollout()
  if (active !== undefined && active.state !== 'done' && active.state !== 'aborted')
    return refusedWith('worker/rollout-active', `rollout ${active.number} is ${active.state}`)
  const moved = movedBy(step, before)
  return passed([moved.length === 0 ? 'no vat is to be moved' : `moves ${moved.length} vats`])
}

async function checkUpgrade(step: string, upgrade: VatUpgrade, desk: Desk): Promise<StepCheck> {
  const outcome = await outcomeOf(() => checkVat(step, upgrade, desk))
  return { step, kind: 'upgrade', subject: upgrade.vat, ...outcome }
}

async function checkVat(step: string, upgrade: VatUpgrade, desk: Desk): Promise<Outcome> {
  const { controller, before, changed, replays } = desk
  const by = changed.stepOf(upgrade.vat)
  if (by !== undefined) return notChecked(`the step ${by} changes the vat first`)
  const view = vatIn(before, upgrade.vat)
  if (view === undefined) return notChecked('no such vat lives before the plan')
  if (upgrade.mode === 'replay') return notChecked('it is replayed instead')
  if (await runsAlready(controller, view, upgrade)) return passed(['it runs the bundle already'])
  const replay = replays.find((each) => each.step === step && each.vat === view.name)
  if (replay !== undefined && isReplayed(replay)) return passed(['its replay matches: nothing is defined anew'])
  const parameters = valueBefore(upgrade.parameters, before)
  if (parameters === unknown) return notChecked('its parameters have the result of an earlier step')
  const options = optionsOf(upgrade, parameters)
  const salvaged =
    upgrade.salvage === undefined ? {} : { salvage: await controller.salvage(upgrade.vat, upgrade.salvage) }
  return ofCheck(await controller.checkUpgrade(upgrade.vat, upgrade.bundle, { ...options, ...salvaged }))
}

async function runsAlready(
  controller: Controller,
  view: VatView,
  { bundle, parameters }: VatUpgrade,
): Promise<boolean> {
  if (parameters !== undefined) return false
  return view.bundle === bundle || view.bundle === (await bundleNamed(controller, bundle))
}

async function bundleNamed(controller: Controller, label: string): Promise<string | undefined> {
  try {
    return await controller.bundleNamed(label)
  } catch (error) {
    if (error instanceof CodedError && !error.code.startsWith('machine/')) return undefined
    throw error
  }
}

/** In the mode `auto` a vat that cannot be replayed is upgraded as in the default mode. */
const optionsOf = (
  { parametersFrom, drain, upgradeMessage, abandonKinds }: VatUpgrade,
  parameters: unknown,
): UpgradeOptions => ({
  ...(parameters === undefined ? {} : { parameters }),
  ...(parametersFrom === undefined ? {} : { parametersFrom }),
  ...(drain === undefined ? {} : { drain }),
  ...(upgradeMessage === undefined ? {} : { upgradeMessage }),
  ...(abandonKinds === undefined ? {} : { abandonKinds }),
})

function ofCheck(check: UpgradeCheck): Outcome {
  const warnings = check.warnings.map(({ message, names }) => `${message}${listed(names)}`)
  if (check.kind === 'accepted') return passed([...changesOf(check.estate), ...foreseen(check), ...warnings])
  const { code, message } = check.reason
  const names = 'names' in check.reason ? check.reason.names : []
  return refusedWith(code, `${message}${listed(names)}`, [...foreseen(check), ...warnings])
}

/** What a comparison of signatures found that the start did not show. */
function foreseen(check: UpgradeCheck): readonly string[] {
  if (check.expected.kind === 'unknown') return []
  const shown = check.kind === 'refused' ? check.reason.code : undefined
  return check.expected.findings
    .filter(({ code }) => code !== shown)
    .map(({ code, message, names }) => `${code}: ${message}${listed(names)}`)
}

const changesOf = (changes: EstateChanges): readonly string[] => [
  ...named('new durable kinds', changes.kindsAdded),
  ...named('new facets', changes.facetsAdded),
  ...named(
    'records that are migrated',
    changes.migrations.map(({ tag, from, to }) => `${tag} from version ${from} to ${to}`),
  ),
  ...named('new named exports', changes.exportsNamed),
  ...named('named exports that end', changes.exportsReleased),
]

const named = (what: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]

const listed = (names: readonly string[] | undefined): string =>
  names === undefined || names.length === 0 ? '' : ` (${names.join(', ')})`

// --- values

const unknown = Symbol('unknown before the plan')

/** The value, or that it depends on what the plan does. */
function valueBefore(value: PlanValue | undefined, before: Before): unknown {
  if (value === undefined) return undefined
  if (dependsOnPlan(value, before)) return unknown
  return fromJson(value, (form) => {
    const root = form.get('@root')
    const view = typeof root === 'string' ? vatIn(before, root) : undefined
    return view === undefined ? undefined : { '@remote': view.root }
  })
}

function dependsOnPlan(value: PlanValue, before: Before): boolean {
  if (Array.isArray(value)) return value.some((item: PlanValue) => dependsOnPlan(item, before))
  if (!isRecord(value)) return false
  if ('@result' in value) return true
  const root = value['@root']
  if (typeof root === 'string') return vatIn(before, root) === undefined
  return Object.values(value).some((item) => dependsOnPlan(item as PlanValue, before))
}

// --- findings

const findingCodes = {
  upgrade: 'check-upgrade',
  kernel: 'check-kernel',
  worker: 'check-worker',
} as const satisfies Record<StepCheck['kind'], Finding['code']>

/** Chk2. */
export const checkFindings = (
  checks: readonly StepCheck[],
  reports: readonly PlanStepReport[],
): readonly Finding[] =>
  checks
    .filter(({ outcome, step }) => outcome === 'refused' && !isDone(reports, step))
    .map(({ kind, step, subject, code, message }) => ({
      code: findingCodes[kind],
      subject: step,
      message: `${subject}: ${code ?? ''}: ${message}`,
    }))

const isDone = (reports: readonly PlanStepReport[], step: string): boolean =>
  reports.some(({ name, outcome }) => name === step && (outcome === 'done' || outcome === 'skipped'))
