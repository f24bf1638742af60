/** Chapter 1: a genesis with four members, twenty accounts and a bank; a node is started. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapter } from '../../claims.ts'
import { Chain } from '../chain.ts'
import { balanceOf, type Statement } from '../compare.ts'
import { heirloom } from '../nodeProcess.ts'
import type { Report } from '../report.ts'
import { addressAt, addresses, world } from '../world.ts'

const vat = (name: string): string => join(import.meta.dirname, '..', 'vats', `${name}.ts`)

export async function beginChain(workplace: string, report: Report): Promise<Chain> {
  chapter('1. A genesis: four members, twenty accounts, and a bank as a vat; a node starts')
  const home = join(workplace, 'node')
  const made = JSON.parse(await heirloom(...initWords(workplace, home))) as { readonly appHash: string }
  const genesis = join(home, 'genesis.json')
  const joined = ['node', 'init', '--home', join(workplace, 'second'), '--genesis', genesis, '--json']
  const second = JSON.parse(await heirloom(...joined)) as { readonly appHash: string }
  report.check('a second node of the genesis has the same app hash', made.appHash === second.appHash, `${made.appHash.slice(0, 16)}…`)

  const chain = await Chain.open(home)
  const members = (await chain.query('governance/members')) as readonly { readonly weight: number }[]
  const weights = members.map(({ weight }) => weight).sort((one, other) => other - one)
  report.check('the members have their weights', weights.join() === world.weights.join(), weights.join(' '))
  const balances = await Promise.all(addresses.map((address) => balanceOf(chain, address)))
  report.check(
    'each account has its balance',
    balances.length === world.accounts && balances.every((balance) => balance === world.openingBalance),
    `${balances.length} accounts`,
  )
  const { balance } = (await chain.ask('bank', 'statement', addressAt(0))) as Statement
  report.check('the bank answers for an account', balance === world.openingBalance, `${balance} units`)
  await chain.ask('customer', 'hold', addressAt(0))
  return chain
}

function initWords(workplace: string, home: string): readonly string[] {
  const config = join(workplace, 'config.json')
  const opening = Object.fromEntries(addresses.map((address) => [address, String(world.openingBalance)]))
  const content = {
    bootstrap: 'bank',
    vats: {
      bank: { sourceSpec: vat('bank-1'), parameters: { opening } },
      customer: { sourceSpec: vat('customer') },
    },
    ports: ['ledger', 'publish'],
  }
  writeFileSync(config, JSON.stringify(content))
  return [
    ...['node', 'init', '--home', home, '--chain', world.chain, '--config', config, '--json'],
    ...['--publish', 'bank=bank', '--publish', 'customer=customer'],
    ...world.weights.flatMap((weight, member) => ['--member', `${addressAt(member)}=${weight}`]),
    ...addresses.flatMap((address) => ['--account', `${address}=${world.openingBalance}`]),
    ...['--parameter', `governance.period=${world.period}`],
    ...['--block-time', String(world.blockTime), '--idle-time', String(world.idleTime)],
  ]
}
