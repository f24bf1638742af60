/** `@agoric/ertp` as published: money that outlives the code of its mint and of its holders. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, type Scope, type VatRecipe, type World } from '../kit/world.ts'
import { fixture } from './support.ts'

const mint = (version: string): VatRecipe => ({ file: fixture('mint'), parameters: { version } })
const trader: VatRecipe = { file: fixture('trader') }

interface Kit {
  readonly mint: Remote
  readonly issuer: Remote
  readonly brand: Remote
}
interface Amount {
  readonly brand: Remote
  readonly value: bigint
}

const openMarket = (scope: Scope): Promise<World> =>
  openWorld(scope, { vats: { mint: mint('one'), alice: trader, bob: trader } })
const valueOf = async (world: World, who: string): Promise<bigint> =>
  ((await world.ask(who, 'balance')) as Amount).value

/** Does nothing, or upgrades one of the vats. */
const passages: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'without an upgrade': async () => undefined,
  'over an upgrade of the mint': async (world) => answerOf(await world.upgrade('mint', mint('two'))),
  'over an upgrade of the traders': async (world) => {
    for (const who of ['alice', 'bob']) answerOf(await world.upgrade(who, trader))
  },
  'over two upgrades of the mint, closing and opening': async (world) => {
    answerOf(await world.upgrade('mint', mint('two')))
    await world.reopen()
    answerOf(await world.upgrade('mint', mint('three')))
  },
}

for (const [name, pass] of Object.entries(passages)) {
  test(`money is minted, held, paid and burnt ${name}`, async (t) => {
    const world = await openMarket(t)
    const { issuer, brand } = (await world.ask('mint', 'kit')) as Kit
    const amount = (value: bigint): Amount => ({ brand, value })
    await world.ask('alice', 'open', issuer)
    await world.ask('bob', 'open', issuer)
    const payment = (await world.ask('mint', 'mintPayment', 100n)) as Remote
    const kept = (await world.ask('mint', 'mintPayment', 7n)) as Remote
    await pass(world)
    assert.deepEqual(await world.ask(issuer, 'getAmountOf', payment), amount(100n))
    await world.ask('alice', 'deposit', payment)
    assert.equal(await valueOf(world, 'alice'), 100n)
    await pass(world)
    await world.ask('alice', 'pay', await world.root('bob'), amount(30n))
    assert.deepEqual([await valueOf(world, 'alice'), await valueOf(world, 'bob')], [70n, 30n])
    const withdrawn = (await world.ask('bob', 'withdraw', amount(10n))) as Remote
    await pass(world)
    assert.deepEqual(await world.ask(issuer, 'burn', withdrawn), amount(10n))
    assert.equal(await world.ask(issuer, 'isLive', payment), false)
    assert.equal(await world.ask(issuer, 'isLive', kept), true)
    assert.match(
      String(await world.refusal('alice', 'pay', await world.root('bob'), amount(71n))),
      /Withdrawal of|insufficient/,
    )
    assert.deepEqual(await world.ask('mint', 'kit'), {
      mint: ((await world.ask('mint', 'kit')) as Kit).mint,
      issuer,
      brand,
    })
    assert.deepEqual([await valueOf(world, 'alice'), await valueOf(world, 'bob')], [70n, 20n])
  })
}

test('a payment is worth nothing a second time, and another issuer takes none of it', async (t) => {
  const world = await openWorld(t, { vats: { mint: mint('one'), other: mint('one'), alice: trader } })
  const { issuer } = (await world.ask('mint', 'kit')) as Kit
  const other = (await world.ask('other', 'kit')) as Kit
  await world.ask('alice', 'open', issuer)
  const payment = (await world.ask('mint', 'mintPayment', 5n)) as Remote
  await world.ask('alice', 'deposit', payment)
  answerOf(await world.upgrade('mint', mint('two')))
  await world.refusal('alice', 'deposit', payment)
  const foreign = (await world.ask('other', 'mintPayment', 5n)) as Remote
  await world.refusal('alice', 'deposit', foreign)
  await world.refusal(issuer, 'getAmountOf', foreign)
  await world.refusal('alice', 'withdraw', { brand: other.brand, value: 1n })
  assert.equal(await valueOf(world, 'alice'), 5n)
})

test('sets and bags of tickets are split and joined over an upgrade', async (t) => {
  const tickets: VatRecipe = { file: fixture('tickets') }
  const world = await openWorld(t, { vats: { tickets, alice: trader } })
  const { seats, drinks } = (await world.ask('tickets', 'issuers')) as { seats: Remote; drinks: Remote }
  await world.ask('alice', 'open', seats)
  const pair = (await world.ask('tickets', 'mintSeats', '1A', '1B')) as Remote
  const bag = (await world.ask('tickets', 'mintDrinks', 'tea', 'tea', 'beer')) as Remote
  const before = await world.ask(drinks, 'getAmountOf', bag)
  answerOf(await world.upgrade('tickets', tickets))
  assert.deepEqual(await world.ask(drinks, 'getAmountOf', bag), before)
  await world.ask('alice', 'deposit', pair)
  const more = (await world.ask('tickets', 'mintSeats', '2C')) as Remote
  await world.ask('alice', 'deposit', more)
  const { value } = (await world.ask('alice', 'balance')) as { value: { payload: string[] } }
  assert.deepEqual([...value.payload].sort(), ['1A', '1B', '2C'])
})
