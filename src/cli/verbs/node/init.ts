/** `heirloom node init`: creates the directory of a node. */
import { readFileSync } from 'node:fs'
import { addressOf, newKey, publicKeyText } from '../../../client/index.ts'
import { hasKey, initNode, viewKey, writeKey, type InitOptions, type NodeHome } from '../../../node/index.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import { warningText } from '../../output/bundleWarning.ts'
import type { Io } from '../../output/io.ts'
import { addressNamed } from '../../session/node/keyring.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import { runningOptionsOf } from '../../session/storeOptions.ts'
import type { Verb } from '../../session/verb.ts'

const defaultKey = 'operator'
const defaultBalance = '1000000000'

export const nodeInit: Verb = {
  name: 'node init',
  summary: 'creates the directory of a node, with a new chain or a given genesis',
  details: [
    'Bundles the sources of the vats into genesis.json, creates the store, and prints the app hash of the genesis, which',
    'is the same on all nodes of the chain. Nothing is overwritten, and after an error nothing is left but keys.',
    `Without --member, the key ${defaultKey} is created, and is the only member; without --account it has ${defaultBalance} units.`,
    'An address is given by itself or by the name of a key in the directory. --genesis joins a chain that exists.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    ...homeOption,
    chain: { kind: 'text', placeholder: 'NAME', description: 'the id of the chain (default: heirloom-local)' },
    config: { kind: 'text', placeholder: 'FILE', description: 'the configuration of the store, with its vats' },
    genesis: { kind: 'text', placeholder: 'FILE', description: 'the genesis of a chain, instead of all above and below' },
    member: { kind: 'texts', placeholder: 'ADDRESS=WEIGHT', description: 'a member of the governance; repeatable' },
    account: { kind: 'texts', placeholder: 'ADDRESS=BALANCE', description: 'an account with its balance; repeatable' },
    publish: { kind: 'texts', placeholder: 'NAME=VAT', description: 'a vat to which accounts may send; repeatable' },
    parameter: { kind: 'texts', placeholder: 'NAME=N', description: 'a parameter that differs from its default; repeatable' },
    time: { kind: 'text', placeholder: 'MS', description: 'the time of the genesis, since 1970 (default: now)' },
    'initial-height': { kind: 'text', placeholder: 'N', description: 'the height of the first block (default: 1)' },
    host: { kind: 'text', placeholder: 'ADDRESS', description: 'where it will listen (default: 127.0.0.1)' },
    port: { kind: 'text', placeholder: 'N', description: 'the port (default: 26680)' },
    'block-time': { kind: 'text', placeholder: 'MS', description: 'the least time between two blocks (default: 1,000)' },
    'idle-time': { kind: 'text', placeholder: 'MS', description: 'the time until a block without anything to do (default: 10,000)' },
  },
  common: 'node',
  examples: [
    'heirloom node init',
    'heirloom node init --config config.json --chain demo --publish bank=bank',
    'heirloom node init --home /srv/second --genesis genesis.json',
  ],
  async run(args, io) {
    const home = homeOf(args, io)
    home.assertFree()
    const options = args.text('genesis') === undefined ? newChain(args, io, home) : givenChain(args)
    const { warnings, ...info } = await initNode(home.directory, {
      ...options,
      node: nodeOf(args),
      store: runningOptionsOf(args, io),
    })
    const { chain, appHash } = info
    return {
      kind: 'done',
      json: { home: home.directory, ...info, warnings: warnings.map((warning) => ({ ...warning })) },
      text: [
        `created a node of ${chain} in ${home.directory}`,
        `  app hash  ${appHash}`,
        ...warnings.map(warningText),
      ].join('\n'),
    }
  },
}

const chainOptions = ['chain', 'config', 'time', 'initial-height'] as const
const chainLists = ['member', 'account', 'publish', 'parameter'] as const

function givenChain(args: ParsedArgs): InitOptions {
  const single = chainOptions.find((name) => args.text(name) !== undefined)
  const other = single ?? chainLists.find((name) => args.texts(name).length > 0)
  if (other !== undefined) refuseUsage(`--${other} is part of the genesis that --genesis names`)
  const file = args.text('genesis') ?? ''
  try {
    return { genesis: readFileSync(file, 'utf8') }
  } catch (error) {
    return refuseUsage(`--genesis: ${(error as Error).message}`)
  }
}

function newChain(args: ParsedArgs, io: Io, home: NodeHome): InitOptions {
  const address = (word: string): string => addressNamed(home.keys, word)
  const members = pairs(args, 'member').map(([who, weight]) => ({
    address: address(who),
    weight: wholeNumber(weight, 'member'),
  }))
  const accounts = pairs(args, 'account').map(([who, balance]) => ({
    address: address(who),
    balance: balance.replace(/(?<=\d)_(?=\d)/g, ''),
  }))
  const parameters = pairs(args, 'parameter').map(
    ([name, value]) => [name, wholeNumber(value, 'parameter')] as const,
  )
  const operator = members.length === 0 ? operatorOf(home, io) : undefined
  const isRich = operator !== undefined && accounts.length === 0
  const time = args.text('time')
  return {
    chain: args.text('chain') ?? 'heirloom-local',
    ...omitUndefined({ config: args.text('config'), initialHeight: args.count('initial-height') }),
    ...(time === undefined ? {} : { time: wholeNumber(time, 'time') }),
    members: operator === undefined ? members : [{ address: operator, weight: 1 }],
    accounts: isRich ? [{ address: operator, balance: defaultBalance }] : accounts,
    parameters: Object.fromEntries(parameters),
    published: Object.fromEntries(pairs(args, 'publish')),
  }
}

function wholeNumber(text: string, option: string): number {
  const digits = text.replace(/(?<=\d)_(?=\d)/g, '')
  return /^\d{1,16}$/.test(digits)
    ? Number(digits)
    : refuseUsage(`--${option} takes a whole number, not ${JSON.stringify(text)}`)
}

/** `NAME=VALUE`. */
function pairs(
  args: ParsedArgs,
  option: (typeof chainLists)[number],
): readonly (readonly [name: string, value: string])[] {
  return args.texts(option).map((text) => {
    const at = text.lastIndexOf('=')
    if (at < 1) refuseUsage(`--${option} takes NAME=VALUE, not ${JSON.stringify(text)}`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
}

/** The address of the key of the only member, which is created unless it is there. */
function operatorOf(home: NodeHome, io: Io): string {
  if (hasKey(home.keys, defaultKey)) return viewKey(home.keys, defaultKey).address
  const key = newKey()
  const stored = { seed: key.seed, publicKey: publicKeyText(key), address: addressOf(key) }
  writeKey(home.keys, defaultKey, stored, io.env['HEIRLOOM_PASSPHRASE'] || undefined)
  return stored.address
}

function nodeOf(args: ParsedArgs): NonNullable<InitOptions['node']> {
  const listen = { host: args.text('host') ?? '127.0.0.1', port: wholeNumber(args.text('port') ?? '26680', 'port') }
  return { listen, ...omitUndefined({ blockTime: args.count('block-time'), idleTime: args.count('idle-time') }) }
}
