/** Checks of proposals by HTTP and by the client: one at a time, with an end, and beside the blocks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeClient } from '../../src/client/index.ts'
import { alice, ask, bob, genesisOf, openNode, postJson, submit, transfer } from './kit.ts'

const mint = { kind: 'ledger/mint', to: alice.address, amount: '5' } as const
const path = '/v1/proposals/check'

test('a check answers with its height, changes nothing, and blocks go on meanwhile', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ vats: true }) })
  const client = new NodeClient(node.url)
  const { height } = await client.status()
  const checking = client.checkProposal([mint, { kind: 'kernel/suspend', vat: 'mirror', reason: 'r' }])
  assert.equal((await submit(node, transfer(alice, bob))).status, 200)
  assert.equal(node.sequencer.checks.isBusy, true, 'a block was made meanwhile')
  const found = await checking
  assert.ok(found.height >= height && found.blocks >= 2)
  assert.deepEqual([found.outcome, found.messages.map(({ outcome }) => outcome)], ['done', ['done', 'done']])
  assert.deepEqual((await client.query('governance/list')).value, [])
})

test('a second check is refused while there is one, and a client that hangs up ends its own', async (t) => {
  const node = await openNode(t)
  const client = new AbortController()
  const first = new NodeClient(node.url).checkProposal([mint], { signal: client.signal })
  while (!node.sequencer.checks.isBusy) await new Promise((resolve) => setTimeout(resolve, 1))
  const second = await postJson(node, path, { messages: [mint] })
  assert.deepEqual([second.status, second.headers.get('retry-after')], [429, '5'])
  client.abort()
  await assert.rejects(first)
  while (node.sequencer.checks.isBusy) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal((await postJson(node, path, { messages: [mint] })).status, 200)
})

test('a check that takes too long is ended, and so is one of a server that stops', async (t) => {
  const node = await openNode(t, { server: { limits: { checkSeconds: 0.05 } } })
  const late = await ask(node, { method: 'POST', path, body: JSON.stringify({ messages: [mint] }) })
  assert.deepEqual([late.status, late.code], [503, 'node/check-ended'])
  const other = await openNode(t)
  const stopped = ask(other, { method: 'POST', path, body: JSON.stringify({ messages: [mint] }) })
  while (!other.sequencer.checks.isBusy) await new Promise((resolve) => setTimeout(resolve, 1))
  const began = Date.now()
  await other.server.close()
  assert.ok(Date.now() - began < 3_000)
  assert.equal((await stopped).code, 'node/check-ended')
})

test('checks of two nodes whose stores lie side by side do not touch each other', async (t) => {
  const nodes = [await openNode(t), await openNode(t)] as const
  const statusOf = async (node: (typeof nodes)[number]): Promise<number> =>
    (await postJson(node, path, { messages: [mint] })).status
  const [one, other] = nodes
  for (const delay of [20, 100, 300]) {
    const first = statusOf(one)
    await new Promise((resolve) => setTimeout(resolve, delay))
    assert.deepEqual(await Promise.all([first, statusOf(other)]), [200, 200])
  }
})
