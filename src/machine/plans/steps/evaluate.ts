/**
 * The step `evaluate`: an installed function bundle, run in a vat made for it.
 *
 * The root object of the bundle has a method `evaluate(powers, parameters)`; `powers` is a record of the
 * powers that the plan names: `roots`, `adminNodes` and `ports` by their names, and `vatAdmin`. Its answer is
 * the result of the step. The vat is terminated when it has answered.
 */
import { isObjectKref } from '../../../base/ids.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { EvaluateStep, PlanPowers, PlanValue } from '../../../protocol/plan/plan.ts'
import type { Phase, Settled, StepAction, StepParts } from '../stepAction.ts'
import { answered, done, requested } from './outcomes.ts'
import { send } from './messages.ts'

/** Phases: the vat starts; it is asked; it is terminated. */
export const evaluate: StepAction<EvaluateStep> = {
  advance(step, phase, before, parts) {
    const name = parts.vatNameOf(step.name)
    if (phase === 0)
      return requested(parts.requests.createVat(name, step.bundle, parts.encode({ '@undefined': true }), {}))
    if (phase === 1) return started(step, name, before, parts)
    return answerOf(step, name, before, parts)
  },
  vatsOf: () => [],
}

function started(step: EvaluateStep, name: string, before: Settled, parts: StepParts): Phase {
  const start = answered(before.requests[0] ?? 0, before.statuses[0])
  if (start.kind !== 'done') return start
  return requested(send(name, 'evaluate', [powersOf(step.powers ?? {}, parts), step.parameters ?? null], parts))
}

function answerOf(step: EvaluateStep, name: string, before: Settled, parts: StepParts): Phase {
  const [request = 0] = before.requests
  const answer = answered(request, before.statuses[0])
  if (answer.kind === 'pending') return step.settlesLater === true ? done(null, request) : answer
  parts.requests.forget(parts.requests.terminateVat(name, parts.encode('the function has answered')))
  return answer
}

/** As a value of a plan, in which objects are by the kernel's names. */
function powersOf({ roots, adminNodes, ports, vatAdmin }: PlanPowers, { lookups }: StepParts): PlanValue {
  const { read } = lookups
  return {
    ...(roots === undefined ? {} : { roots: named(roots, (name) => lookups.vat(name).root) }),
    ...(adminNodes === undefined
      ? {}
      : { adminNodes: named(adminNodes, (name) => read.adminNode(lookups.vat(name).vat)) }),
    ...(ports === undefined ? {} : { ports: named(ports, (name) => read.port(name)?.object) }),
    ...(vatAdmin === true ? { vatAdmin: remote('vatAdmin', read.vatAdmin()) } : {}),
  }
}

const named = (names: readonly string[], find: (name: string) => string | undefined): PlanValue =>
  Object.fromEntries(names.map((name) => [name, remote(name, find(name))]))

function remote(name: string, kref: string | undefined): PlanValue {
  if (kref === undefined || !isObjectKref(kref))
    refuse('plan/power-unknown', `there is nothing of the name ${name} that the function could get`, { name })
  return { '@remote': kref }
}
