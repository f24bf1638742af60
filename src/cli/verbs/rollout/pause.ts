/** `heirloom rollout pause`: pauses a rollout. */
import type { RolloutView } from '../../../host/index.ts'
import { answerNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { viewReport } from './outcome.ts'

export const rolloutPause: Verb = {
  name: 'rollout pause',
  summary: 'pauses a rollout: no further vat is moved',
  details: 'Vats that were moved stay on their new version. It continues with rollout resume. Runs nothing; commits one block.',
  operands: [],
  rest: 'none',
  options: {
    reason: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported in the status of the rollout (default: by the operator)',
    },
  },
  examples: ["heirloom rollout pause --reason 'busy hours'"],
  async run(args, io) {
    return withController(args, io, {}, async (controller) =>
      answerNow(
        controller,
        await controller.pauseRollout(args.text('reason') ?? 'by the operator'),
        async (value) => viewReport(controller, value as RolloutView),
      ),
    )
  },
}
