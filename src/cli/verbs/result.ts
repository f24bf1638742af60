/** `heirloom result`: reports the answer to an earlier message, and releases it on request. */
import { answerOf } from '../output/answer.ts'
import { withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { parseCount } from '../args/arguments.ts'

export const result: Verb = {
  name: 'result',
  summary: 'reports the state of the answer to a message',
  details: 'Runs nothing. Answers are held for the host until they are released, with all their objects.',
  operands: [{ name: 'number', description: 'the number that `heirloom send` printed' }],
  rest: 'none',
  options: {
    forget: { kind: 'flag', description: 'release the answer after reporting it; a pending one is kept' },
  },
  examples: ['heirloom result 7'],
  async run(args, io) {
    const handle = { sequence: parseCount(args.operand('number'), 'the number of a result') }
    const open = args.flag('forget') ? withController : withReader
    return open(args, io, {}, async (controller) => {
      const status = await controller.status(handle)
      const report = await answerOf(controller, handle)
      if (args.flag('forget') && status.kind !== 'pending') {
        await controller.forget(handle)
        await controller.commit()
      }
      return report
    })
  },
}
