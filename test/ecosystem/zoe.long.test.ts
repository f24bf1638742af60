/** Zoe as published, over every sort of replacement: `examples/zoe` has its vats and the host's side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import zcfBundle from '@agoric/zoe/bundles/bundle-contractFacet.js'
import type { Remote } from '../../src/host/index.ts'
import type { Market, Proposal } from '../../examples/zoe/market.ts'
import { openPlace, type Place } from './zoe/place.ts'

const refund = { instance: 'refund', facet: 'publicFacet' } as const
const exchange = { instance: 'exchange', facet: 'publicFacet' } as const
const call = { instance: 'call', facet: 'creatorFacet' } as const
const option = { user: 'alice', label: 'option' } as const

const gift: Proposal = { give: { Contribution: ['Moola', 10n] } }
const sale: Proposal = { give: { Asset: ['Moola', 3n] }, want: { Price: ['Simolean', 7n] } }
const purchase: Proposal = { give: { Price: ['Simolean', 7n] }, want: { Asset: ['Moola', 3n] } }
const exercise: Proposal = { give: { Strike: ['Simolean', 9n] }, want: { Asset: ['Moola', 5n] } }
const accepted = 'The option was exercised. Please collect the assets in your payout.'

const startExchange = (market: Market): Promise<void> =>
  market.start('exchange', 'simpleExchange', { Asset: 'Moola', Price: 'Simolean' })

/** An instance of the covered call, into which Alice gave 5 Moola until time 100. */
async function startCall(market: Market): Promise<void> {
  await market.start('call', 'coveredCall', { UnderlyingAsset: 'Moola', StrikePrice: 'Simolean' })
  await market.offer('alice', 'option', call, {
    give: { Asset: ['Moola', 5n] },
    want: { Strike: ['Simolean', 9n] },
    exit: { afterDeadline: 100n },
  })
}

/** The message of the error with which a question ends. */
async function refusalOf(asked: Promise<unknown>): Promise<string> {
  const failure = await asked.then(() => assert.fail('it was answered'), (error: unknown) => error)
  const { cause } = failure as { cause: { message: string } }
  return cause.message
}

test('contracts answer offers and pay out, and a book of offers tells its followers', async (t) => {
  const { market } = await openPlace(t)
  await market.start('refund', 'automaticRefund', { Contribution: 'Moola' })
  await market.offer('alice', 'gift', refund, gift)
  assert.equal(await market.result('alice', 'gift'), 'The offer was accepted')
  assert.deepEqual(await market.collect('alice', 'gift'), { Contribution: ['Moola', 10n] })

  await startExchange(market)
  await market.offer('alice', 'sale', exchange, sale)
  const notifier = (await market.ask('ask', 'exchange', 'publicFacet', 'getNotifier')) as Remote
  const asked = await market.settle(await market.controller.send(notifier, 'getUpdateSince'))
  const { value } = (asked.kind === 'fulfilled' ? asked.value : {}) as {
    value: { buys: unknown[]; sells: unknown[] }
  }
  assert.deepEqual([value.buys.length, value.sells.length], [0, 1])
  await market.offer('bob', 'purchase', exchange, purchase)
  assert.deepEqual(await market.collect('bob', 'purchase'), { Price: ['Simolean', 0n], Asset: ['Moola', 3n] })
  assert.deepEqual(await market.collect('alice', 'sale'), { Asset: ['Moola', 0n], Price: ['Simolean', 7n] })
  assert.deepEqual(await market.balances('alice'), { Moola: 97n, Simolean: 107n })
})

test('an offer that asks for more than anybody gives can be taken back', async (t) => {
  const { market } = await openPlace(t)
  await startExchange(market)
  await market.offer('alice', 'dear', exchange, {
    give: { Asset: ['Moola', 3n] },
    want: { Price: ['Simolean', 70n] },
  })
  await market.offer('bob', 'purchase', exchange, purchase)
  assert.deepEqual(
    [await market.hasExited('alice', 'dear'), await market.hasExited('bob', 'purchase')],
    [false, false],
  )
  await market.settle(await market.controller.send('alice', 'exit', ['dear']))
  assert.deepEqual(await market.collect('alice', 'dear'), { Asset: ['Moola', 3n], Price: ['Simolean', 0n] })
  assert.equal(await market.hasExited('bob', 'purchase'), false)
})

/** What is replaced between the option and its exercise → the last word of the contract. */
const passages: Readonly<Record<string, readonly [pass: (place: Place) => Promise<void>, end: string]>> = {
  'the contract is restarted': [
    async ({ market }) => void (await market.ask('restart', 'call')),
    'Swap completed.',
  ],
  'the contract gets its next version': [
    async ({ market }) => void (await market.ask('upgrade', 'call', await market.install('coveredCallV2'))),
    'Swap completed. (by version 2)',
  ],
  'the vat of Zoe is replaced, twice': [
    async (place) => {
      await place.market.upgradeVat('zoe')
      await place.reopen()
      await place.market.upgradeVat('zoe')
    },
    'Swap completed.',
  ],
  'ZCF is replaced below the contract, by its published bundle': [
    async ({ market }) => {
      // Zoe shows the facet for this from its second incarnation on.
      await market.upgradeVat('zoe')
      const zcf = await market.upgradeZcf()
      assert.equal(zcf, `b1-${zcfBundle.endoZipBase64Sha512}`)
      await market.ask('restart', 'call')
      assert.equal((await market.controller.vats()).filter(({ bundle }) => bundle === zcf).length, 1)
    },
    'Swap completed.',
  ],
  'users, mint and bootstrap are replaced': [
    async ({ market }) => {
      for (const vat of ['alice', 'bob', 'mint', 'bootstrap'] as const) await market.upgradeVat(vat)
    },
    'Swap completed.',
  ],
  'all are replaced, with the store closed in between': [
    async (place) => {
      await place.market.upgradeVat('zoe')
      await place.market.upgradeZcf()
      await place.reopen()
      await place.market.ask('upgrade', 'call', await place.market.install('coveredCallV2'))
      for (const vat of ['alice', 'bob', 'mint', 'bootstrap', 'zoe'] as const)
        await place.market.upgradeVat(vat)
      await place.reopen()
      await place.market.ask('restart', 'call')
    },
    'Swap completed. (by version 2)',
  ],
}

for (const [situation, [pass, end]] of Object.entries(passages)) {
  test(`an option is exercised after ${situation}, by a host that is killed in the middle of it`, async (t) => {
    const place = await openPlace(t)
    await startCall(place.market)
    await pass(place)
    assert.equal(await place.market.hasExited('alice', 'option'), false)
    await place.dieExercising()
    const { market } = place
    assert.equal(await market.result('bob', 'exercise'), accepted)
    assert.deepEqual(await market.collect('bob', 'exercise'), {
      Strike: ['Simolean', 0n],
      Asset: ['Moola', 5n],
    })
    assert.deepEqual(await market.collect('alice', 'option'), {
      Asset: ['Moola', 0n],
      Strike: ['Simolean', 9n],
    })
    assert.equal(await market.ask('ended', 'call'), end)
  })
}

test('an offer ends at its deadline after everything below it was replaced', async (t) => {
  const { market } = await openPlace(t)
  await startCall(market)
  await market.controller.advanceTime(50n)
  await market.upgradeVat('zoe')
  await market.ask('upgrade', 'call', await market.install('coveredCallV2'))
  await market.controller.advanceTime(99n)
  await market.controller.run()
  assert.equal(await market.hasExited('alice', 'option'), false)
  await market.controller.advanceTime(100n)
  await market.controller.run()
  assert.equal(await market.hasExited('alice', 'option'), true)
  assert.deepEqual(await market.collect('alice', 'option'), {
    Asset: ['Moola', 5n],
    Strike: ['Simolean', 0n],
  })
})

test('an option whose time is over is not exercised, and its price comes back', async (t) => {
  const { market } = await openPlace(t)
  await startCall(market)
  await market.controller.advanceTime(100n)
  await market.controller.run()
  await market.ask('restart', 'call')
  await market.offer('bob', 'exercise', option, exercise)
  assert.match(await refusalOf(market.result('bob', 'exercise')), /^The covered call option is expired\.$/)
  assert.deepEqual(await market.collect('bob', 'exercise'), {
    Strike: ['Simolean', 9n],
    Asset: ['Moola', 0n],
  })
})

test('an offer in a contract that cannot be upgraded goes on over an upgrade of Zoe', async (t) => {
  const place = await openPlace(t)
  await startExchange(place.market)
  await place.market.offer('alice', 'sale', exchange, sale)
  await place.market.upgradeVat('zoe')
  await place.reopen()
  const { market } = place
  assert.match(await refusalOf(market.ask('restart', 'exchange')), /^vat-upgrade failure/)
  assert.equal(await market.hasExited('alice', 'sale'), false, 'the refused upgrade changed nothing')
  await market.offer('bob', 'purchase', exchange, purchase)
  assert.deepEqual(await market.collect('alice', 'sale'), { Asset: ['Moola', 0n], Price: ['Simolean', 7n] })
})

test('the offers of a terminated contract are failed and paid back, before and after an upgrade of Zoe', async (t) => {
  const { market } = await openPlace(t)
  await startExchange(market)
  await startCall(market)
  await market.offer('alice', 'sale', exchange, sale)
  await market.ask('terminate', 'exchange', 'closed by its owner')
  assert.deepEqual(await market.collect('alice', 'sale'), { Asset: ['Moola', 3n], Price: ['Simolean', 0n] })
  assert.equal(await refusalOf(market.ask('ended', 'exchange')), 'closed by its owner')

  await market.upgradeVat('zoe')
  await market.ask('terminate', 'call', 'closed too')
  assert.deepEqual(await market.collect('alice', 'option'), {
    Asset: ['Moola', 5n],
    Strike: ['Simolean', 0n],
  })
  assert.equal(await refusalOf(market.offer('bob', 'late', call, exercise)), 'vat terminated')
})
