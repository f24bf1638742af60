/** The common shape of the verbs that pause and abort a rollout. */
import type { Controller, ResultHandle, RolloutView } from '../../../host/index.ts'
import { answerNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { viewReport } from './outcome.ts'

type Described = Pick<Verb, 'name' | 'summary' | 'details' | 'examples'>

/** `request`: asks the controller, with a reason for the status. */
export const controlVerb = (
  described: Described,
  request: (controller: Controller, reason: string) => Promise<ResultHandle<RolloutView>>,
): Verb => ({
  ...described,
  operands: [],
  rest: 'none',
  options: {
    reason: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported in the status of the rollout (default: by the operator)',
    },
  },
  async run(args, io) {
    const reason = args.text('reason') ?? 'by the operator'
    return withController(args, io, {}, async (controller) =>
      answerNow(controller, await request(controller, reason), async (value) =>
        viewReport(controller, value as RolloutView),
      ),
    )
  },
})
