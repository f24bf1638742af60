/** `heirloom rollout resume`: continues a rollout that was paused, stopped or interrupted. */
import { acceptNow } from '../../session/request.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { reportOutcome } from './outcome.ts'

export const rolloutResume: Verb = {
  name: 'rollout resume',
  summary: 'continues a rollout that was paused, stopped or interrupted',
  details: [
    'It continues with the next vat; after a stop, with the vat at which it stopped. Vats that were moved are not moved',
    'again. Runs and commits block by block until the rollout is done, or stops; with --detach the rollout is only',
    'resumed: it goes on with every block that is run.',
    'The exit code is 1 when a vat did not follow.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: { detach: { kind: 'flag', description: 'only resume the rollout, and commit' } },
  examples: ['heirloom rollout resume', 'heirloom rollout resume --detach'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      // A rollout that was interrupted is still running: there is nothing to request.
      const isRunning = (await controller.rollout())?.state === 'running'
      const refused = isRunning ? undefined : await acceptNow(controller, await controller.resumeRollout())
      return refused ?? reportOutcome(controller, io, args.flag('detach') ? 'detach' : 'carry out')
    })
  },
}
