/** `heirloom gov show`: shows a proposal. */
import { formatValue } from '../../output/text/formatValue.ts'
import { askNode } from '../../session/node/asking.ts'
import { urlOption } from '../../session/node/nodeOptions.ts'
import { parseCount } from '../../args/arguments.ts'
import type { Verb } from '../../session/verb.ts'

export const govShow: Verb = {
  name: 'gov show',
  summary: 'shows a proposal with its messages, its votes, and the tally while it is open',
  details: 'When it is done or failed, the reason is the code of what refused it, and the report that of its last plan.',
  operands: [{ name: 'proposal', description: 'the number of the proposal' }],
  rest: 'none',
  options: urlOption,
  common: 'client',
  examples: ['heirloom gov show 1'],
  async run(args, io) {
    const id = parseCount(args.operand('proposal'), 'the number of a proposal')
    const { value } = await askNode(args, io, (client, options) =>
      client.query(`governance/show/${id}`, options),
    )
    return { kind: 'done', json: value, text: formatValue(value) }
  },
}
