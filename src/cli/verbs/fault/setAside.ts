/** `heirloom fault set-aside`: keeps a waiting item from the kernel. */
import { parseCount } from '../../args/arguments.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'

export const faultSetAside: Verb = {
  name: 'fault set-aside',
  summary: 'keeps a waiting item from the kernel while it is faulted',
  details: [
    'The item stays in the store, and its result is pending, until it is put back. `heirloom fault retry` goes on without',
    'it. Commits one block.',
  ].join('\n'),
  operands: [{ name: 'number', description: 'the number of the item, as in fault show' }],
  rest: 'none',
  options: {},
  examples: ['heirloom fault set-aside 7'],
  async run(args, io) {
    const sequence = parseCount(args.operand('number'), 'the number of an item')
    return withController(args, io, {}, async (controller) => {
      await controller.setAside(sequence)
      await controller.commit()
      return {
        kind: 'done',
        json: { sequence },
        text: `item ${sequence} is set aside; \`heirloom fault retry\` goes on without it`,
      }
    })
  },
}
