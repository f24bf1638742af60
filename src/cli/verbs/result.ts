import { answerOf } from '../output/answer.ts'
import { withController, withReader } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'
import { readCount } from '../args/arguments.ts'

export const result: Verb = {
  name: 'result',
  summary: 'reports the state of the answer to a message',
  explains: 'Runs nothing. Answers are held for the host until they are released, with all their objects.',
  operands: [{ name: 'number', explains: 'the number that `heirloom send` printed' }],
  rest: 'none',
  options: {
    forget: { kind: 'flag', explains: 'release the answer after reporting it; a pending one is kept' },
  },
  examples: ['heirloom result 7'],
  async run(words, io) {
    const handle = { sequence: readCount(words.operand('number'), 'the number of a result') }
    const open = words.flag('forget') ? withController : withReader
    return open(words, io, {}, async (controller) => {
      const status = await controller.status(handle)
      const report = await answerOf(controller, handle)
      if (words.flag('forget') && status.kind !== 'pending') {
        await controller.forget(handle)
        await controller.commit()
      }
      return report
    })
  },
}
