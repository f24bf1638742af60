/** `heirloom rollout abort`: ends a rollout before its end. */
import type { RolloutView } from '../../../host/index.ts'
import { answerNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { viewReport } from './outcome.ts'

export const rolloutAbort: Verb = {
  name: 'rollout abort',
  summary: 'ends a rollout before its end',
  details: [
    'Vats that were moved stay on their new version, the others on theirs; those that the rollout suspended are resumed.',
    'Runs nothing; commits one block.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    reason: {
      kind: 'text',
      placeholder: 'TEXT',
      description: 'reported in the status of the rollout (default: by the operator)',
    },
  },
  examples: ["heirloom rollout abort --reason 'the engine is slow'"],
  async run(args, io) {
    return withController(args, io, {}, async (controller) =>
      answerNow(
        controller,
        await controller.abortRollout(args.text('reason') ?? 'by the operator'),
        async (value) => viewReport(controller, value as RolloutView),
      ),
    )
  },
}
