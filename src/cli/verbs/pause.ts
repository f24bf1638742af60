/** `heirloom pause`: pauses the kernel. */
import { withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const pause: Verb = {
  name: 'pause',
  summary: 'pauses the kernel; requests are still accepted',
  details:
    'A paused kernel stays paused, even if the store is reopened, until `heirloom unpause`. Commits one block.',
  operands: [],
  rest: 'none',
  options: {
    reason: { kind: 'text', placeholder: 'TEXT', description: 'shown by status (default: by the operator)' },
  },
  examples: ["heirloom pause --reason 'moving house'"],
  async run(args, io) {
    return withController(args, io, {}, async (controller) => {
      await controller.pauseKernel(args.text('reason') ?? 'by the operator')
      await controller.commit()
      const { paused } = await controller.storeStatus()
      return {
        kind: 'done',
        json: { paused: paused === null ? null : { ...paused } },
        text: `the kernel is paused: ${paused?.message ?? ''}`,
      }
    })
  },
}
