/**
 * Many transfers while the kernel is faulted: all are accepted, and all are heard of once and in order
 * (Deb2).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelBytes } from '../../src/release/release.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { alice, bob, carol, dave, sending, TestNode, transaction, transfer } from './kit.ts'

/** `HEIRLOOM_TRANSFERS` sets how many; a port may have 10,000 waiting. */
const perBlock = 2_500
const blocks = Math.ceil(Number(process.env['HEIRLOOM_TRANSFERS'] ?? 12_500) / perBlock)

test('many transfers during a fault are owed to the vat, more than a port may have waiting', async (t) => {
  const node = await TestNode.open(t, { genesis: { parameters: { 'fees.host': 0, 'kernel.handed': 9_000 } } })
  const good = await node.install(await kernelBytes(), 'kernel')
  const bad = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
  await node.vote({ kind: 'kernel/upgrade', kernel: bad })
  await node.block()
  await node.block(transaction(alice, sending('echo', 'poison')))
  assert.equal((node.query('kernel/status') as { state: string }).state, 'faulted')
  const [heard] = [node.query('ledger/owed') as { readonly waiting: number }]
  for (let block = 0; block < blocks; block += 1) {
    const sender = block % 2 === 0 ? alice : bob
    const all = Array.from({ length: perBlock }, () => transaction(sender, transfer(dave, 1)))
    const { results } = await node.block(...all)
    assert.ok(results.every(({ code }) => code === 'ok'))
  }
  const owed = (): number => (node.query('ledger/owed') as { readonly waiting: number }).waiting
  assert.equal(owed(), heard.waiting + blocks * perBlock)
  assert.equal((await node.vote({ kind: 'kernel/upgrade', kernel: good }))['state'], 'done')
  for (let last = Infinity; owed() > 0; last = owed()) {
    await node.block()
    assert.ok(owed() <= last, 'what is owed becomes less')
  }
  const until = Date.now() + 600_000
  let answer: unknown
  do answer = (await node.ask('balance', dave.address))['value']
  while (answer !== `+${blocks * perBlock}` && Date.now() < until)
  assert.equal(answer, `+${node.balance(dave)}`)
  const [count = 0, hasGap] = (await node.ask('heard'))['value'] as readonly [number, boolean]
  assert.deepEqual([count >= blocks * perBlock, hasGap], [true, false])
})

test('a flood of one account does not keep a vote of others from its blocks, nor from its period', async (t) => {
  const node = await TestNode.open(t, { genesis: { parameters: { 'block.transactions': 50, 'governance.period': 5 } } })
  const flood = (): Uint8Array[] => Array.from({ length: 500 }, () => transaction(carol, transfer(dave, 1)))
  const messages = [{ kind: 'ledger/mint', to: bob.address, amount: '1' }]
  const propose = transaction(alice, { kind: 'governance/propose', title: '', messages })
  const first = await node.block(...node.app.propose([...flood(), propose]))
  assert.deepEqual([first.results.length, first.results[0]?.data], [50, { proposal: 1 }])
  const votes = [alice, bob].map((member) =>
    transaction(member, { kind: 'governance/vote', proposal: 1, choice: 'yes' }),
  )
  const second = await node.block(...node.app.propose([...flood(), ...votes]))
  assert.deepEqual(second.results.slice(0, 2).map(({ code }) => code), ['ok', 'ok'])
  for (let block = 0; block < 5; block += 1) await node.block(...node.app.propose(flood()))
  assert.equal((node.query('governance/show/1') as { state: string }).state, 'done')
})
