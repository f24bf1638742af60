/** The ledger and the vats that mirror it: every change is heard of once, in order, and nothing is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portAccount } from '../../src/node/modules/ledger/ledger.ts'
import { forTheFile } from '../kit/world.ts'
import { alice, bob, carol, dave, sending, TestNode, transaction, transfer, type Account } from './kit.ts'

const node = await TestNode.open(forTheFile)
for (const account of [alice, bob, carol]) await node.ask('open', account.address, 1_000_000n)
// What was paid before the vat knew what the accounts had begun with is in its balances already.

const mirrored = async (account: Pick<Account, 'address'>): Promise<bigint> =>
  BigInt(String((await node.ask('balance', account.address))['value']).replace('+', ''))

test('Led1: transfers and fees leave the total as it is, and a vote that mints changes it', async () => {
  await node.good(alice, transfer(dave, 500))
  assert.deepEqual(node.query('ledger/total'), { total: '3000000' })
  const { state } = await node.vote({ kind: 'ledger/mint', to: dave.address, amount: '11' })
  assert.equal(state, 'done')
  assert.deepEqual(node.query('ledger/total'), { total: '3000011' })
  assert.equal(node.balance(dave), 511n)
})

test('a transfer to oneself, of nothing, and of everything', async () => {
  const before = node.balance(dave)
  const at = node.balance(bob)
  await node.good(bob, transfer(bob, at - 1n))
  await node.good(bob, transfer(dave, 0))
  assert.deepEqual([node.balance(bob), node.balance(dave)], [at - 2n, before])
  const { results } = await node.block(transaction(dave, transfer(bob, before)))
  assert.equal(results[0]?.code, 'ledger/insufficient')
  await node.good(dave, transfer(bob, node.balance(dave) - 1n))
  assert.equal(node.balance(dave), 0n)
})

test('an account cannot have more than 2^128 units, and a vote that would give it more fails', async () => {
  const { state, reason } = await node.vote({ kind: 'ledger/mint', to: dave.address, amount: String(2n ** 128n - 1n) })
  assert.deepEqual([state, reason], ['done', null])
  const more = await node.vote({ kind: 'ledger/mint', to: dave.address, amount: '5' })
  assert.deepEqual([more['state'], more['reason']], ['failed', 'ledger/overflow'])
  await node.good(dave, transfer(carol, 2n ** 127n))
})

test('Led2: the vat has heard of every change once and in order, and has the same balances', async () => {
  const many = Array.from({ length: 60 }, (_, at) => transaction(alice, transfer(at % 2 === 0 ? bob : carol, at)))
  await node.block(...many)
  await node.block()
  for (const account of [bob, carol, dave]) assert.equal(await mirrored(account), node.balance(account))
  const [heard, hasGap] = (await node.ask('heard'))['value'] as readonly [number, boolean]
  assert.equal(hasGap, false)
  const owed = node.query('ledger/owed') as { readonly waiting: number }
  assert.equal(owed.waiting, 0)
  assert.ok(heard > 60)
})

test('Led3: a vat transfers from the account of its port, and is answered by the number of its request', async () => {
  await node.good(alice, transfer({ ...alice, address: portAccount }, 100))
  const before = node.balance(dave)
  const number = Number((await node.ask('pay', dave.address, 40n))['value'])
  await node.block()
  assert.equal(node.balance(dave), before + 40n)
  assert.equal((await node.ask('answer', number))['value'], 'done')
  const second = Number((await node.ask('pay', dave.address, 61n))['value'])
  const third = Number((await node.ask('pay', 'nowhere', 1n))['value'])
  await node.block()
  await node.block()
  assert.equal((await node.ask('answer', second))['value'], 'refused')
  assert.equal((await node.ask('answer', third))['value'], 'refused')
  assert.equal(node.balance(dave), before + 40n)
})

test('what a vat publishes is read by name, and as of a height; what cannot be published is an event', async () => {
  const first = await node.ask('publish', 'news', 'one')
  assert.equal(first['kind'], 'fulfilled')
  await node.block()
  const at = node.app.info.height
  await node.ask('publish', 'news', { text: 'two', list: [1, 2] })
  await node.block()
  assert.deepEqual((node.query('publishing/show/news') as { value: unknown }).value, { text: 'two', list: [1, 2] })
  assert.deepEqual((node.query(`publishing/show/news/${at}`) as { value: unknown }).value, 'one')
  assert.throws(() => node.query('publishing/show/news/0'), { code: 'node/no-query' })
  assert.throws(() => node.query('publishing/show/news/x'), { code: 'node/bad-query' })
  assert.throws(() => node.query('publishing/show/none'), { code: 'node/no-query' })
  await node.block(
    transaction(alice, sending('publish', 'no name', 1)),
    transaction(alice, sending('publish', 'large', 'x'.repeat(100_001))),
  )
  const { events } = await node.block()
  assert.deepEqual(events.map(({ kind }) => kind), ['publication-refused', 'publication-refused'])
  assert.equal((node.query('publishing/names') as readonly unknown[]).length, 1)
})

test('Deb1, Deb2: transfers beyond what a block hands over wait in order, and none is refused', async () => {
  await node.vote({ kind: 'parameters/set', name: 'kernel.handed', value: 10 })
  const [heard = 0] = (await node.ask('heard'))['value'] as readonly number[]
  const { results } = await node.block(...Array.from({ length: 50 }, () => transaction(alice, transfer(bob, 1))))
  assert.ok(results.every(({ code }) => code === 'ok'))
  const { waiting } = node.query('ledger/owed') as { readonly waiting: number }
  assert.equal(waiting, 51 - 10, 'fifty transfers, and one item for their fees')
  while ((node.query('ledger/owed') as { readonly waiting: number }).waiting > 0) await node.block()
  await node.vote({ kind: 'parameters/set', name: 'kernel.handed', value: 2_000 })
  await node.block(transaction(alice, sending('heard')))
  const [after = 0, hasGap] = (await node.ask('heard'))['value'] as readonly [number, boolean]
  assert.ok(after >= heard + 51)
  assert.equal(hasGap, false)
})
