/** `heirloom send`: sends a message to a vat and reports the answer. */
import { answerOf } from '../output/answer.ts'
import { ValueTemplate } from '../values/valueTemplate.ts'
import { runKernel } from '../session/running.ts'
import { withController } from '../session/session.ts'
import { resolveObject, evaluateTemplate } from '../session/lookup.ts'
import type { Verb } from '../session/verb.ts'

export const send: Verb = {
  name: 'send',
  summary: 'sends a message to a vat and reports the answer',
  details: [
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
      description: 'name or id of the vat whose root receives the message, or an object such as @ko20',
    },
    { name: 'method', description: 'the name of the method' },
  ],
  rest: { name: 'value', description: 'the arguments, one word each' },
  options: { queue: { kind: 'flag', description: 'only accept and commit; print the number of the result' } },
  examples: [
    `heirloom send bank makePurse '"alice"' 100n`,
    'heirloom send trader setBank @bank',
    'heirloom send bank sweep --queue',
  ],
  async run(args, io) {
    const templates = args.rest.map((text) => ValueTemplate.parse(text))
    return withController(args, io, {}, async (controller) => {
      const target = await resolveObject(controller, args.operand('vat'))
      const values: unknown[] = []
      for (const template of templates) values.push(await evaluateTemplate(controller, template))
      const result = await controller.send(target, args.operand('method'), values)
      if (!args.flag('queue')) await runKernel(controller)
      const report = await answerOf(controller, result)
      await controller.commit()
      if (!args.flag('queue')) return report
      const { sequence } = result
      return {
        kind: 'done',
        json: { result: sequence, status: 'queued' },
        text: `queued: result ${sequence} (\`heirloom run\` delivers it)`,
      }
    })
  },
}
