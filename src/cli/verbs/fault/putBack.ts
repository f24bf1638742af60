/** `heirloom fault put-back`: puts an item that was set aside into the inbox again. */
import { parseCount } from '../../args/arguments.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const faultPutBack: Verb = {
  name: 'fault put-back',
  summary: 'passes an item that was set aside to the kernel',
  details: [
    'The item is accepted after everything that was accepted before, under a new number, which is that of its result too.',
    'While the kernel is faulted, it waits. Commits one block; a later `heirloom run` continues.',
  ].join('\n'),
  operands: [{ name: 'number', description: 'the number of the item, as in fault show' }],
  rest: 'none',
  options: {},
  examples: ['heirloom fault put-back 7'],
  async run(args, io) {
    const sequence = parseCount(args.operand('number'), 'the number of an item')
    return withController(args, io, {}, async (controller) => {
      const putBack = await controller.putBack(sequence)
      await controller.commit()
      const next = (await controller.fault()) === undefined ? '`heirloom run` continues' : 'it waits there'
      return {
        kind: 'done',
        json: { sequence, putBack },
        text: `item ${sequence} is item ${putBack} now; ${next}`,
      }
    })
  },
}
