/** `heirloom query`: asks a node about its last block. */
import { askNode } from '../session/node/asking.ts'
import { urlOption } from '../session/node/nodeOptions.ts'
import type { Verb } from '../session/verb.ts'

export const query: Verb = {
  name: 'query',
  summary: 'asks a node about its last block',
  details: [
    'A query is a module, one of its questions, and further words, with slashes: accounts/show/ADDRESS,',
    'governance/list, governance/members, governance/deposits, ledger/balance/ADDRESS, ledger/total, kernel/status,',
    'kernel/published, kernel/result/TRANSACTION, parameters/all, publishing/names, publishing/show/NAME, upgrade/list. The answer is JSON.',
  ].join('\n'),
  operands: [{ name: 'path', description: 'the query, such as governance/list' }],
  rest: 'none',
  options: urlOption,
  common: 'client',
  examples: ['heirloom query parameters/all', 'heirloom query publishing/show/rates --json'],
  async run(args, io) {
    const path = args.operand('path').replace(/^\/+|\/+$/g, '')
    const { height, value } = await askNode(args, io, (client, options) => client.query(path, options))
    return { kind: 'done', json: { height, value }, text: JSON.stringify(value, null, 2) }
  },
}
