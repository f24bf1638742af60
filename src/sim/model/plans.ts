/**
 * Rules of upgrade plans.
 *
 * Mp1. A plan is over when its step is: done with an outcome for each of its steps, abandoned because it
 *      stood, or taken back. Only one with the policy `rollback` is taken back, and only it never stands for a
 *      step that failed.
 * Mp2. An upgrade that is reported done began an incarnation with its parameters; one of code that does not
 *      work is never done.
 * Mp3. Nothing of a plan that was taken back remains: no incarnation has its parameters.
 */
import type { PlannedUpgrade, Step, StepRecord } from '../steps/step.ts'
import { tagOf } from '../steps/plan.ts'
import type { Facts } from './facts.ts'

type PlanOfWorld = Extract<Step, { kind: 'plan' }>
type Planned = Extract<StepRecord, { kind: 'planned' }>

/** Mp1, Mp2, Mp3. */
export function* plansEndRight(facts: Facts): Generator<string> {
  for (const [index, step] of facts.script.steps.entries()) {
    const record = facts.records.get(index)
    if (step.kind !== 'plan' || record?.kind !== 'planned') continue
    yield* endsRight(step, record, index)
    for (const [at, upgrade] of step.upgrades.entries())
      yield* upgradeEndsRight(facts, upgrade, outcomeOf(step, record, at), { index, at, record })
  }
}

const outcomeOf = ({ form }: PlanOfWorld, { outcomes }: Planned, at: number): string | undefined =>
  outcomes[form === 'together' ? 0 : at]

function* endsRight(step: PlanOfWorld, { state, outcomes }: Planned, index: number): Generator<string> {
  const steps = step.form === 'together' ? 1 : step.upgrades.length
  const what = `the plan of step ${index}, with the policy ${step.onFailure},`
  if (!['done', 'abandoned', 'rolled-back'].includes(state)) yield `${what} is ${state}`
  if (state === 'done' && outcomes.length !== steps) yield `${what} is done after ${outcomes.length} steps`
  if (outcomes.length > steps) yield `${what} has ${outcomes.length} outcomes of ${steps} steps`
  if (state === 'rolled-back' && step.onFailure !== 'rollback') yield `${what} was taken back`
  if (state === 'done' && step.onFailure === 'rollback' && outcomes.includes('failed'))
    yield `${what} is done although a step failed`
}

function* upgradeEndsRight(
  { starts, vats }: Facts,
  { vat, bundle, mode, way, from }: PlannedUpgrade,
  outcome: string | undefined,
  { index, at, record: { state } }: { readonly index: number; readonly at: number; readonly record: Planned },
): Generator<string> {
  if (way === 'replay' || from === 'kept' || !vats.has(vat)) return
  const what = `the upgrade ${at} of ${vat} in the plan of step ${index}`
  const began = [...starts.values()].some((start) => start.vat === vat && start.tag === tagOf(index, at))
  if (state === 'rolled-back') {
    if (began) yield `${what} remains, although the plan was taken back`
    return
  }
  if (outcome === 'done' && way === 'durable' && !began) yield `${what} is done, and no incarnation has its parameters`
  if (outcome === 'done' && way === 'durable' && (bundle === 4 || mode !== 'good'))
    yield `${what} is done although its code is not good`
}
