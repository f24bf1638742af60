import { answerOf } from '../output/answer.ts'
import { Draft } from '../values/valueTemplate.ts'
import { objectNamed, valueOf, withController } from '../session/session.ts'
import type { Verb } from '../session/verb.ts'

export const send: Verb = {
  name: 'send',
  summary: 'sends a message to a vat and reports the answer',
  explains: [
    'Runs until no work is left, then commits one block: the message and everything that follows from it,',
    'or, when the command is interrupted, nothing. With --queue the message is accepted and committed, and',
    'a later `heirloom run` delivers it.',
    '',
    'A value is JSON, or 123n for a bigint, @issuer for the root of the vat issuer, @timer and @vatAdmin for services of',
    'the kernel, @bank for the port bank if no vat has that name, undefined, NaN, Infinity.',
  ].join('\n'),
  operands: [
    {
      name: 'vat',
      explains: 'name or id of the vat whose root receives the message, or an object such as @ko20',
    },
    { name: 'method', explains: 'the name of the method' },
  ],
  rest: { name: 'value', explains: 'the arguments, one word each' },
  options: { queue: { kind: 'flag', explains: 'only accept and commit; print the number of the result' } },
  examples: [
    `heirloom send bank makePurse '"alice"' 100n`,
    'heirloom send trader setBank @bank',
    'heirloom send bank sweep --queue',
  ],
  async run(words, io) {
    const drafts = words.rest.map((text) => Draft.read(text))
    return withController(words, io, {}, async (controller) => {
      const target = await objectNamed(controller, words.operand('vat'))
      const args: unknown[] = []
      for (const draft of drafts) args.push(await valueOf(controller, draft))
      const result = await controller.send(target, words.operand('method'), args)
      if (!words.flag('queue')) await controller.run()
      const report = await answerOf(controller, result)
      await controller.commit()
      if (!words.flag('queue')) return report
      const { sequence } = result
      return {
        kind: 'done',
        json: { result: sequence, status: 'queued' },
        text: `queued: result ${sequence} (\`heirloom run\` delivers it)`,
      }
    })
  },
}
