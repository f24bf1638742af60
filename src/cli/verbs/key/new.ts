/** `heirloom key new`: creates a signing key. */
import { addressOf, newKey, publicKeyText } from '../../../client/index.ts'
import { hasKey, writeKey } from '../../../node/index.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { Io } from '../../output/io.ts'
import { refuseUsage } from '../../args/arguments.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const keyNew: Verb = {
  name: 'key new',
  summary: 'creates a signing key, and with it the address of an account',
  details: [
    'The file is readable by its owner only, and no key is overwritten. With HEIRLOOM_PASSPHRASE in the environment, or',
    'with --protect at a terminal, it is encrypted with the passphrase. A key that is lost cannot be restored: back it up.',
  ].join('\n'),
  operands: [{ name: 'name', description: 'the name of the key, for --key' }],
  rest: 'none',
  options: {
    ...homeOption,
    protect: { kind: 'flag', description: 'encrypt it with a passphrase' },
  },
  common: 'client',
  examples: ['heirloom key new alice', 'heirloom key new treasurer --protect'],
  async run(args, io) {
    const [name, home] = [args.operand('name'), homeOf(args, io)]
    if (hasKey(home.keys, name)) refuse('key/exists', `there is a key ${name} already in ${home.keys}`, { name })
    const passphrase = await chosenPassphrase(io, args.flag('protect'))
    const key = newKey()
    const [address, publicKey] = [addressOf(key), publicKeyText(key)]
    const path = writeKey(home.keys, name, { seed: key.seed, address, publicKey }, passphrase)
    const protection = passphrase === undefined ? 'none' : 'passphrase'
    return {
      kind: 'done',
      json: { name, address, publicKey, protection, path },
      text: `${name} is ${address}\n  ${path}${protection === 'none' ? ', not encrypted' : ', encrypted'}`,
    }
  },
}

async function chosenPassphrase({ env, askSecret }: Io, isWanted: boolean): Promise<string | undefined> {
  const given = env['HEIRLOOM_PASSPHRASE']
  if (given !== undefined && given !== '') return given
  if (!isWanted) return undefined
  if (askSecret === undefined) return refuseUsage('--protect needs a terminal, or HEIRLOOM_PASSPHRASE')
  const first = await askSecret('passphrase: ')
  if (first === '') refuseUsage('the passphrase is empty')
  return first === (await askSecret('again: ')) ? first : refuseUsage('the two passphrases differ')
}
