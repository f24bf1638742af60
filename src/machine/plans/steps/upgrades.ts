/** Steps that upgrade vats: `vat` and `together`. */
import { isRecord } from '../../../base/guards.ts'
import type { PlanValue, TogetherStep, VatStep, VatUpgrade } from '../../../protocol/plan/plan.ts'
import type { UpgradeChoices } from '../../../protocol/host/inbox.ts'
import type { Phase, Settled, StepAction, StepParts } from '../stepAction.ts'
import { answered, done, failed, requested, skipped } from './outcomes.ts'

export const vat: StepAction<VatStep> = {
  advance(step, phase, { requests: [request = 0], statuses: [status] }, parts) {
    if (phase > 0) return answered(request, status)
    const why = reasonToSkip(step, parts)
    return why === undefined ? requested(requestUpgrade(step, parts)) : skipped(why)
  },
  vatsOf: ({ vat: name }) => [name],
}

/** A vat that is skipped has the request 0. */
export const together: StepAction<TogetherStep> = {
  advance(step, phase, before, parts) {
    if (phase > 0) return allAnswered(step, before, parts)
    const wanted = step.upgrades.map((each) => reasonToSkip(each, parts) === undefined)
    if (!wanted.includes(true)) return skipped('all of them run their bundles already')
    return requested(...step.upgrades.map((each, index) => (wanted[index] ? requestUpgrade(each, parts) : 0)))
  },
  vatsOf: ({ upgrades }) => upgrades.map(({ vat: name }) => name),
}

/** Done if all are; failed with the first that failed. */
function allAnswered({ upgrades }: TogetherStep, { requests, statuses }: Settled, parts: StepParts): Phase {
  const phases = requests.map((request, index) =>
    request === 0 ? skipped('it runs the bundle already') : answered(request, statuses[index]),
  )
  if (phases.some(({ kind }) => kind === 'pending')) return { kind: 'pending' }
  const results = phases.map((phase, index) => resultOf(upgrades[index]?.vat ?? '', phase))
  const first = phases.find((phase) => phase.kind === 'failed')
  if (first === undefined) return done(results)
  const waiting = upgrades
    .filter((each) => reasonToSkip(each, parts) === undefined)
    .map(({ vat: name }) => name)
  return failed(first.code, `${waiting.join(', ')} not upgraded: ${first.message}`, results)
}

/** The members of the result or of the reason, with the name of the vat. */
function resultOf(name: string, phase: Phase): PlanValue {
  if (phase.kind === 'skipped') return { vat: name, skipped: true }
  const result = 'result' in phase ? phase.result : null
  return isRecord(result) ? { vat: name, ...(result as Record<string, PlanValue>) } : { vat: name, result }
}

/** A vat that runs the bundle already is as the plan wants it, unless it is to get other parameters. */
function reasonToSkip(
  { vat: name, bundle, parameters }: VatUpgrade,
  { lookups }: StepParts,
): string | undefined {
  const view = lookups.vat(name)
  if (view.bundle !== lookups.vatBundle(bundle) || parameters !== undefined) return undefined
  return `${name} runs ${bundle} already, in incarnation ${view.incarnation}`
}

/** The default of parameters, as for the host's own upgrades. */
const nothing = { '@undefined': true } as const

function requestUpgrade(
  { vat: name, bundle, parameters = nothing, salvage, ...given }: VatUpgrade,
  parts: StepParts,
): number {
  const choices: UpgradeChoices = {
    upgradeMessage: given.upgradeMessage ?? 'vat upgraded',
    ...(given.mode === undefined ? {} : { mode: given.mode }),
    ...(given.parametersFrom === undefined ? {} : { parametersFrom: given.parametersFrom }),
    ...(given.drain === undefined ? {} : { drain: given.drain }),
    ...(given.abandonKinds === undefined ? {} : { abandonKinds: given.abandonKinds }),
  }
  const found = salvage === undefined ? null : parts.salvage(name, salvage)
  return parts.requests.upgradeVat(name, bundle, parts.encode(parameters), choices, found)
}
