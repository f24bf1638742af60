/** `heirloom plan pause`, `plan resume` and `plan abandon`. */
import type { Controller, PlanView } from '../../../host/index.ts'
import { planJson, planText } from '../../output/plans/plan.ts'
import type { ParsedArgs } from '../../args/arguments.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

const reason = {
  reason: { kind: 'text', placeholder: 'TEXT', description: 'reported in the status of the plan (default: by the operator)' },
} as const

/** A verb that changes the state of the active plan, and commits. */
const controlling = (
  verb: Pick<Verb, 'name' | 'summary' | 'details' | 'options'>,
  control: (controller: Controller, args: ParsedArgs) => Promise<PlanView>,
): Verb => ({
  ...verb,
  operands: [],
  rest: 'none',
  examples: [`heirloom ${verb.name}`],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const view = await control(controller, args)
      await controller.commit()
      return { kind: 'done', json: planJson(view), text: planText(view) }
    })
  },
})

const reasonOf = (args: ParsedArgs): string => args.text('reason') ?? 'by the operator'

export const planPause: Verb = controlling(
  {
    name: 'plan pause',
    summary: 'pauses the active plan between two cranks',
    details: 'What waits for the kernel is accepted, and timers come due. It goes on with plan resume.',
    options: reason,
  },
  (controller, args) => controller.pausePlan(reasonOf(args)),
)

export const planResume: Verb = controlling(
  {
    name: 'plan resume',
    summary: 'makes a plan that stands ready to run again',
    details: [
      'What the plan expects is checked again: nothing of it may have changed while the plan stood. The step that failed',
      'begins anew. `heirloom plan run` with the file of the plan continues.',
    ].join('\n'),
    options: { skip: { kind: 'flag', description: 'go on after the step that failed' } },
  },
  (controller, args) => controller.resumePlan({ skip: args.flag('skip') }),
)

export const planAbandon: Verb = controlling(
  {
    name: 'plan abandon',
    summary: 'ends the active plan where it is',
    details: 'What its steps did stays. A plan of this id can begin again.',
    options: reason,
  },
  (controller, args) => controller.abandonPlan(reasonOf(args)),
)
