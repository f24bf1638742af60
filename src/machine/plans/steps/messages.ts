/** Steps that are messages: `probe`, `parameter`, `wait`. */
import { isRecord } from '../../../base/guards.ts'
import { isObjectKref, type ObjectKref } from '../../../base/ids.ts'
import { excerpt } from '../../../base/text.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { ParameterStep, PlanValue, ProbeStep, WaitStep } from '../../../protocol/plan/plan.ts'
import { mismatch } from '../planValues.ts'
import type { Phase, StepAction, StepParts } from '../stepAction.ts'
import { answered, done, failed, requested } from './outcomes.ts'

export const probe: StepAction<ProbeStep> = {
  advance(step, phase, { requests: [request = 0], statuses: [status] }, parts) {
    if (phase === 0) return requested(send(step.to, step.method, step.args ?? [], parts))
    const answer = answered(request, status)
    if (answer.kind === 'pending' && step.settlesLater === true) return done(null, request)
    if (answer.kind !== 'done' || step.answer === undefined) return answer
    const place = mismatch(answer.result, step.answer)
    return place === undefined
      ? answer
      : failed('plan/answer-differs', differenceText(answer.result, step.answer, place), answer.result)
  },
  vatsOf: ({ to }) => rootsIn(to),
}

/** Characters of an answer in a message; the report has it whole. */
const shown = 200

const differenceText = (answer: PlanValue, pattern: PlanValue, place: string): string => {
  const [one, other] = [answer, pattern].map((value) => excerpt(JSON.stringify(value), shown))
  return `the answer is ${one}; it should match ${other}, and does not at ${place}`
}

export const parameter: StepAction<ParameterStep> = {
  advance(step, phase, { requests: [request = 0], statuses: [status] }, parts) {
    if (phase === 0) return requested(send(step.governor, 'set', [step.value], parts))
    return answered(request, status)
  },
  vatsOf: ({ governor }) => rootsIn(governor),
}

export const wait: StepAction<WaitStep> = {
  advance: (step, _phase, _before, parts) => answered(null, parts.resultOf(step.for)),
  vatsOf: () => [],
}

/** The number of the request. */
export function send(to: PlanValue, method: string, args: readonly PlanValue[], parts: StepParts): number {
  const kref = targetOf(to, parts)
  return parts.requests.send({ kind: 'object', kref }, parts.encode([method, args]), 'keep', 'ignore')
}

function targetOf(to: PlanValue, parts: StepParts): ObjectKref {
  if (typeof to === 'string') return objectOf(parts.lookups.vat(to).root)
  const { slots } = parts.encode(to)
  return objectOf(slots.length === 1 ? slots[0] : undefined)
}

const objectOf = (kref: string | undefined): ObjectKref =>
  kref !== undefined && isObjectKref(kref)
    ? kref
    : refuse('plan/result-missing', 'the target of the message is not an object')

const rootsIn = (value: PlanValue): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : isRecord(value) && typeof value['@root'] === 'string'
      ? [value['@root']]
      : []

export type { Phase }
