/** `heirloom unpause`: resumes a paused kernel. */
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const unpause: Verb = {
  name: 'unpause',
  summary: 'resumes a paused kernel',
  details:
    'The kernel is paused on request, or when a critical vat failed or ended. Runs nothing; commits one block.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom unpause'],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      const { paused } = await controller.storeStatus()
      await controller.resumeKernel()
      await controller.commit()
      return {
        kind: 'done',
        json: { was: paused === null ? null : { ...paused } },
        text: paused === null ? 'the kernel was not paused' : 'the kernel runs again',
      }
    })
  },
}
