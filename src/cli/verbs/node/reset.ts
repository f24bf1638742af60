/** `heirloom node reset`: removes the data of a node. */
import { refuseUsage } from '../../args/arguments.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const nodeReset: Verb = {
  name: 'node reset',
  summary: 'removes the blocks and the store of a node, and nothing else',
  details:
    'Keys, genesis and configuration stay. The node begins with its genesis again when it is started. What was in its blocks is lost: export it before.',
  operands: [],
  rest: 'none',
  options: { ...homeOption, yes: { kind: 'flag', description: 'do it (required)' } },
  common: 'client',
  examples: ['heirloom node reset --yes'],
  run: async (args, io) => {
    const home = homeOf(args, io)
    if (!args.flag('yes')) refuseUsage(`node reset removes all blocks in ${home.data}; confirm with --yes`)
    const change = home.reset()
    const text = change === 'removed' ? `removed ${home.data}` : 'there was nothing to remove'
    return { kind: 'done', json: { home: home.directory, change }, text }
  },
}
