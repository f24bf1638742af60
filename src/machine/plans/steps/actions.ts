/** The action of each kind of step. */
import type { PlanStep, PlanStepKind } from '../../../protocol/plan/plan.ts'
import type { Phase, Settled, StepActions, StepParts } from '../stepAction.ts'
import { evaluate } from './evaluate.ts'
import { kernel } from './kernel.ts'
import { parameter, probe, wait } from './messages.ts'
import { together, vat } from './upgrades.ts'
import { create, terminate } from './vats.ts'
import { retire } from './retire.ts'
import { worker } from './workers.ts'

const actions: StepActions = {
  kernel,
  worker,
  vat,
  together,
  evaluate,
  parameter,
  create,
  terminate,
  retire,
  probe,
  wait,
}

export const advanceStep = <Kind extends PlanStepKind>(
  step: Extract<PlanStep, { kind: Kind }>,
  phase: number,
  before: Settled,
  parts: StepParts,
): Phase => actions[step.kind as Kind].advance(step as never, phase, before, parts)

/** Vats that the policy `suspend` suspends when the step fails. */
export const vatsOf = <Kind extends PlanStepKind>(
  step: Extract<PlanStep, { kind: Kind }>,
): readonly string[] => actions[step.kind as Kind].vatsOf(step as never)
