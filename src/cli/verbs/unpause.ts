import { withController } from '../session.ts'
import type { Verb } from '../verb.ts'

export const unpause: Verb = {
  name: 'unpause',
  summary: 'lets a paused kernel run again',
  explains: 'The kernel is paused when it was asked to be, or when a critical vat failed or ended. Runs nothing; commits one block.',
  operands: [],
  rest: 'none',
  options: {},
  examples: ['heirloom unpause'],
  async run(words, io) {
    return withController(words, io, {}, async (controller) => {
      const { paused } = await controller.storeStatus()
      await controller.resumeKernel()
      await controller.commit()
      return { kind: 'done', json: { was: paused === null ? null : { ...paused } }, text: paused === null ? 'the kernel was not paused' : 'the kernel runs again' }
    })
  },
}
