/**
 * Zoe 0.27, as published on npm, in a store of Heirloom: two users trade by contracts of its package while
 * every level
 * below them is replaced, and the process is killed.
 *
 * Run it with `npm run zoe`. Each line with a mark was checked by the program; when one is false the exit
 * code is 1.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { chapter, Claims } from '../claims.ts'
import { Market } from './market.ts'

const workplace = mkdtempSync(join(tmpdir(), 'heirloom-zoe-'))
const directory = join(workplace, 'store')
const claims = new Claims()

const inWords = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner))
const check = (text: string, seen: unknown, expected: unknown): void =>
  claims.check(text, isDeepStrictEqual(seen, expected), inWords(seen))

async function trade(market: Market): Promise<void> {
  chapter('1. Contracts from the package: automaticRefund, simpleExchange')
  await market.start('refund', 'automaticRefund', { Contribution: 'Moola' })
  await market.offer(
    'alice',
    'refund',
    { instance: 'refund', facet: 'publicFacet' },
    { give: { Contribution: ['Moola', 10n] } },
  )
  check('a contract answers an offer', await market.result('alice', 'refund'), 'The offer was accepted')
  check('and pays it back', await market.collect('alice', 'refund'), { Contribution: ['Moola', 10n] })

  await market.start('exchange', 'simpleExchange', { Asset: 'Moola', Price: 'Simolean' })
  const exchange = { instance: 'exchange', facet: 'publicFacet' } as const
  await market.offer('alice', 'sale', exchange, {
    give: { Asset: ['Moola', 3n] },
    want: { Price: ['Simolean', 7n] },
  })
  check("Alice's offer waits for another", await market.hasExited('alice', 'sale'), false)
  await market.offer('bob', 'purchase', exchange, {
    give: { Price: ['Simolean', 7n] },
    want: { Asset: ['Moola', 3n] },
  })
  check('Bob gets what he wants', await market.collect('bob', 'purchase'), {
    Price: ['Simolean', 0n],
    Asset: ['Moola', 3n],
  })
  check('and Alice what she wants', await market.collect('alice', 'sale'), {
    Asset: ['Moola', 0n],
    Price: ['Simolean', 7n],
  })
}

async function writeOptions(market: Market): Promise<void> {
  chapter('2. Alice gives 5 Moola into each of two covered calls; her offers end at time 100')
  for (const [name, label] of [['call', 'option'], ['lateCall', 'late option']] as const) {
    await market.start(name, 'coveredCall', { UnderlyingAsset: 'Moola', StrikePrice: 'Simolean' })
    await market.offer('alice', label, { instance: name, facet: 'creatorFacet' }, {
      give: { Asset: ['Moola', 5n] },
      want: { Strike: ['Simolean', 9n] },
      exit: { afterDeadline: 100n },
    })
  }
  check('the Moola are in escrow', (await market.balances('alice')).Moola, 87n)
}

async function replaceEverything(market: Market): Promise<void> {
  chapter('3. The vat of Zoe, ZCF below the contracts, a contract, the wallets and the mint are replaced')
  await market.upgradeVat('zoe')
  const zcf = await market.upgradeZcf()
  await market.ask('restart', 'lateCall')
  await market.ask('upgrade', 'call', await market.install('coveredCallV2'))
  for (const vat of ['alice', 'bob', 'mint', 'bootstrap'] as const) await market.upgradeVat(vat)
  check('the vat of Zoe has been replaced once', (await market.controller.vat('zoe')).incarnation, 1)
  const running = (await market.controller.vats()).filter(({ bundle }) => bundle === zcf)
  check('both calls run on ZCF as its package has it bundled', running.length, 2)
  check("Alice's offers go on", await market.hasExited('alice', 'option'), false)
}

async function exerciseAcrossDeath(): Promise<Market> {
  chapter('4. Bob exercises the option; the process is killed (SIGKILL) in the middle of it')
  const [, signal] = (await once(
    spawn(process.execPath, [join(import.meta.dirname, 'interrupted.ts'), directory], { stdio: 'inherit' }),
    'exit',
  )) as [number | null, string | null]
  check('the process was killed', signal, 'SIGKILL')
  const market = await Market.open(directory)
  await market.controller.run()
  check(
    'what it had begun came to its end',
    await market.result('bob', 'exercise'),
    'The option was exercised. Please collect the assets in your payout.',
  )
  check('Bob has the Moola', (await market.collect('bob', 'exercise'))['Asset'], ['Moola', 5n])
  check('Alice has the Simoleans', (await market.collect('alice', 'option'))['Strike'], ['Simolean', 9n])
  check(
    'the new version of the contract had the last word',
    await market.ask('ended', 'call'),
    'Swap completed. (by version 2)',
  )
  return market
}

async function passDeadline(market: Market): Promise<void> {
  chapter('5. Time passes')
  await market.controller.advanceTime(100n)
  await market.controller.run()
  check(
    'the offer made before all upgrades ends at its deadline',
    await market.hasExited('alice', 'late option'),
    true,
  )
  check('and its Moola come back', (await market.collect('alice', 'late option'))['Asset'], ['Moola', 5n])
  check('Alice has what she should', await market.balances('alice'), { Moola: 92n, Simolean: 116n })
  check('so has Bob', await market.balances('bob'), { Moola: 108n, Simolean: 84n })
}

console.log(`Zoe in Heirloom: about a minute, half of it for bundling. The store is in ${directory}`)
try {
  const market = await Market.make(directory)
  await trade(market)
  await writeOptions(market)
  await replaceEverything(market)
  await market.close()
  const reopened = await exerciseAcrossDeath()
  await passDeadline(reopened)
  await reopened.close()
} catch (error) {
  console.error(error)
  claims.check('the example came to its end', false, String(error))
} finally {
  claims.print()
  rmSync(workplace, { recursive: true, force: true })
}
process.exit(claims.allHold ? 0 : 1)
