/** `heirloom key list`: lists the keys of a node's directory. */
import { listKeys } from '../../../node/index.ts'
import { columns } from '../../output/text/columns.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const keyList: Verb = {
  name: 'key list',
  summary: 'lists the keys, with their addresses',
  details: 'By name. Their secrets are not shown.',
  operands: [],
  rest: 'none',
  options: homeOption,
  common: 'client',
  examples: ['heirloom key list'],
  run: async (args, io) => {
    const keys = listKeys(homeOf(args, io).keys)
    const rows = keys.map(({ name, address, protection }) => [name, address, protection === 'none' ? 'no' : 'yes'])
    return {
      kind: 'done',
      json: keys.map((key) => ({ ...key })),
      text: keys.length === 0 ? 'there are no keys' : columns([['NAME', 'ADDRESS', 'ENCRYPTED'], ...rows]),
    }
  },
}
