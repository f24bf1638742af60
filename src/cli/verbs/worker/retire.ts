/** `heirloom worker retire`: retires a worker version that nothing needs any more. */
import { workerText } from '../../output/workers/workers.ts'
import { answerNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const workerRetire: Verb = {
  name: 'worker retire',
  summary: 'retires a worker version that no vat needs',
  details: [
    'It is refused while the version is the default, or a vat or a rollout needs it; the message names them.',
    'Its bytes are freed by prune --bundles. Commits one block.',
  ].join('\n'),
  operands: [{ name: 'worker', description: 'its label, its id or the beginning of it' }],
  rest: 'none',
  options: {},
  examples: ['heirloom worker retire older'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const { id, note } = await controller.worker(args.operand('worker'))
      const label = note?.label ?? null
      return answerNow(controller, await controller.retireWorker(id), async () => ({
        kind: 'done',
        json: { worker: id, label },
        text: `${workerText(id, label)} is retired; heirloom prune --bundles frees its bytes`,
      }))
    })
  },
}
