/** `heirloom key show`: shows a key, without its secret. */
import { viewKey } from '../../../node/index.ts'
import { columns } from '../../output/text/columns.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const keyShow: Verb = {
  name: 'key show',
  summary: 'shows the address and the public key of a key',
  details: 'Its secret is not shown.',
  operands: [{ name: 'name', description: 'the name of the key' }],
  rest: 'none',
  options: homeOption,
  common: 'client',
  examples: ['heirloom key show alice'],
  run: async (args, io) => {
    const view = viewKey(homeOf(args, io).keys, args.operand('name'))
    const { name, address, publicKey, protection } = view
    return {
      kind: 'done',
      json: { name, address, publicKey, protection },
      text: columns([
        ['name', name],
        ['address', address],
        ['public key', publicKey],
        ['encrypted', protection === 'none' ? 'no' : 'with a passphrase'],
      ]),
    }
  },
}
