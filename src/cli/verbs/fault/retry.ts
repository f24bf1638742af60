/** `heirloom fault retry`: lets a kernel that failed go on. */
import { pluralize } from '../../output/text/counts.ts'
import { runKernel } from '../../session/running.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const faultRetry: Verb = {
  name: 'fault retry',
  summary: 'lets a kernel that failed go on with what waits',
  details: [
    'The waiting items are accepted in order, except those that were set aside. Runs until no work is left, then commits',
    'one block. If the kernel fails again, the fault is recorded anew, and everything waits as before. A local fault',
    'needs no retry: remove its cause and repeat the command that failed.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom fault retry'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      if ((await controller.fault()) === undefined)
        return { kind: 'done', json: { change: 'none' }, text: notFaulted }
      await controller.retryKernel()
      const { cranks } = await runKernel(controller)
      const { height } = await controller.commit()
      return {
        kind: 'done',
        json: { change: 'over', cranks, height },
        text: `the fault is over; ${pluralize(cranks, 'crank')}, height ${height}`,
      }
    })
  },
}

const notFaulted =
  'the kernel is not faulted; nothing was done (after a local fault, repeat the command that failed)'
