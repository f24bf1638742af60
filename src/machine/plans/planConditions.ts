/** What a plan expects, compared with what is. */
import { CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import type { PlanDifference } from '../../protocol/machine/plans.ts'
import type { Plan, PlanConditions, VatCondition } from '../../protocol/plan/plan.ts'
import type { Lookups } from '../lookups/lookups.ts'
import { matcher } from '../lookups/pattern.ts'

export interface Conditions {
  readonly kernel: string
  readonly lookups: Lookups
}

/** All differences, in the order of the plan. */
export function differences(
  expects: PlanConditions,
  { kernel, lookups }: Conditions,
): readonly PlanDifference[] {
  const { defaultWorker, workers = [], bundles = [], vats = [] } = expects
  return [
    ...differs('kernel', expects.kernel, kernel),
    ...differs(
      'defaultWorker',
      idOf(defaultWorker, (name) => lookups.worker(name).id),
      lookups.read.defaultWorker(),
    ),
    ...workers.flatMap((name, index) => missing(`workers[${index}]`, name, () => lookups.worker(name))),
    ...bundles.flatMap((name, index) => missing(`bundles[${index}]`, name, () => lookups.vatBundle(name))),
    ...vats.flatMap((condition, index) => differencesOfVats(condition, `vats[${index}]`, lookups)),
  ]
}

function differencesOfVats(
  condition: VatCondition,
  subject: string,
  lookups: Lookups,
): readonly PlanDifference[] {
  const found = vatsOf(condition.vat, lookups.read)
  if (found.length === 0) return [{ subject, expected: `a vat ${condition.vat}`, found: 'none' }]
  return found.flatMap((view) => {
    const of = (member: string): string => `${subject}.${member} (of ${view.name})`
    return [
      ...differs(of('incarnation'), condition.incarnation, view.incarnation),
      ...differs(of('bundle'), idOf(condition.bundle, (name) => lookups.vatBundle(name)), view.bundle),
      ...differs(of('worker'), idOf(condition.worker, (name) => lookups.worker(name).id), view.worker),
      ...differs(of('status'), condition.status, view.status.kind),
    ]
  })
}

/** Living vats of this name or pattern. */
function vatsOf(pattern: string, read: KernelReader): readonly VatView[] {
  const matches = matcher(pattern)
  return read.vats().filter(({ name, status }) => status.kind !== 'terminated' && matches(name))
}

/** The id of what is named; the name itself if nothing is: then no id equals it. */
function idOf(name: string | undefined, find: (name: string) => string): string | undefined {
  if (name === undefined) return undefined
  try {
    return find(name)
  } catch (error) {
    if (error instanceof CodedError) return name
    throw error
  }
}

const differs = (
  subject: string,
  expected: string | number | undefined,
  found: string | number,
): readonly PlanDifference[] =>
  expected === undefined || expected === found
    ? []
    : [{ subject, expected: String(expected), found: String(found) }]

function missing(subject: string, name: string, find: () => unknown): readonly PlanDifference[] {
  try {
    find()
    return []
  } catch (error) {
    if (error instanceof CodedError) return [{ subject, expected: name, found: 'none' }]
    throw error
  }
}

/** What holds now of the subjects of the conditions, to be compared later. */
export const stateOf = (expects: PlanConditions, { kernel, lookups }: Conditions): string =>
  JSON.stringify({
    kernel: expects.kernel === undefined ? null : kernel,
    defaultWorker: expects.defaultWorker === undefined ? null : lookups.read.defaultWorker(),
    workers: (expects.workers ?? []).map((name) => idOf(name, (each) => lookups.worker(each).id)),
    bundles: (expects.bundles ?? []).map((name) => idOf(name, (each) => lookups.vatBundle(each))),
    vats: (expects.vats ?? []).map(({ vat }) =>
      vatsOf(vat, lookups.read).map(({ name, incarnation, bundle, worker, status }) => ({
        name,
        incarnation,
        bundle,
        worker,
        status: status.kind,
      })),
    ),
  })

/** @throws CodedError `plan/conditions`, with each difference */
export function assertNoDifference({ id }: Plan, found: readonly PlanDifference[]): void {
  if (found.length === 0) return
  const list = found.map((each) => `${each.subject}: expected ${each.expected}, found ${each.found}`)
  refuse('plan/conditions', `what the plan ${id} expects does not hold: ${list.join('; ')}`, {
    differences: found,
  })
}

/**
 * What the plan expects has not changed since it stood (`before`, as of `stateOf`).
 * @throws CodedError `plan/conditions`
 */
export function assertUnchanged({ id, expects }: Plan, before: string | null, conditions: Conditions): void {
  const now = stateOf(expects, conditions)
  if (before === null || before === now) return
  refuse('plan/conditions', `what the plan ${id} expects was changed while it stood`, { before, now })
}
