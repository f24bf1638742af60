/** Each route of the API, on a node that makes blocks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultCodes } from '../../src/protocol/node/resultCodes.ts'
import {
  alice,
  ask,
  base64,
  bob,
  carol,
  genesisOf,
  getJson,
  hashOf,
  openNode,
  packageVersion,
  postJson,
  submit,
  transactionOf,
  transfer,
} from './kit.ts'

test('a transaction is submitted, waits for its block, and is found', async (t) => {
  const node = await openNode(t)
  const bytes = transfer(alice, bob, '5')
  const first = await submit(node, bytes)
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.deepEqual(first.body, {
    kind: 'included',
    height: 1,
    place: 0,
    result: { hash: hashOf(bytes), code: 'ok', number: 0, gas: 1, data: null, log: '' },
  })
  assert.deepEqual((await submit(node, bytes, '')).body, first.body, 'Txr1: what became of it')
  assert.deepEqual((await getJson(node, `/v1/transactions/${hashOf(bytes)}`)).body, first.body)
  const block = await getJson(node, '/v1/blocks/1?bytes=true')
  assert.deepEqual(block.body['transactions'], [
    { hash: hashOf(bytes), result: first.body['result'], bytes: base64(bytes) },
  ])
  const latest = await getJson(node, '/v1/blocks/latest')
  assert.deepEqual(latest.body['transactions'], [{ hash: hashOf(bytes), result: first.body['result'] }])
  assert.equal(latest.body['appHash'], node.application.info.appHash)
})

test('without wait a transaction is accepted and waits', async (t) => {
  const node = await openNode(t, { sequencer: { blockTime: 60_000 } })
  await submit(node, transfer(alice, bob))
  const bytes = transfer(alice, bob)
  const hash = hashOf(bytes)
  const waiting = { kind: 'waiting', hash, admission: 'added', height: 1 }
  const first = await submit(node, bytes, '')
  assert.deepEqual([first.status, first.body], [202, waiting])
  const second = await submit(node, bytes, '')
  assert.deepEqual([second.status, second.body], [202, { ...waiting, admission: 'known' }])
  const found = await getJson(node, `/v1/transactions/${hash}`)
  assert.deepEqual([found.status, found.body], [200, { kind: 'waiting', hash, height: 1 }])
})

test('waiting ends with the time, with the block, and with the expiry', async (t) => {
  const slow = await openNode(t, { sequencer: { blockTime: 60_000 } })
  await submit(slow, transfer(alice, bob))
  assert.equal((await submit(slow, transfer(alice, bob), '?wait=0.05')).status, 202)
  const node = await openNode(t)
  const soon = getJson(node, `/v1/transactions/${'0'.repeat(64)}?wait=30&expires=1`)
  await submit(node, transfer(alice, bob))
  assert.deepEqual((await soon).body, { kind: 'not-included', height: 1 })
  const expired = await getJson(node, `/v1/transactions/${'0'.repeat(64)}?expires=1`)
  assert.deepEqual([expired.status, expired.body], [200, { kind: 'not-included', height: 1 }])
})

test('the first transaction after a pause does not wait for the time of a block', async (t) => {
  const node = await openNode(t, { sequencer: { blockTime: 5_000 } })
  while (node.sequencer.state.kind !== 'running') await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const began = performance.now()
  assert.equal((await submit(node, transfer(alice, bob))).body['kind'], 'included')
  assert.ok(performance.now() - began < 4_000)
  const second = await submit(node, transfer(alice, bob), '?wait=0.5')
  assert.equal(second.status, 202, 'the next block keeps its distance')
})

test('a transaction that fails in its block has the code of its result', async (t) => {
  const node = await openNode(t)
  const { status, body } = await submit(node, transfer(alice, bob, '5000000000'))
  assert.equal(status, 200)
  const { code, number } = body['result'] as { code: string; number: number }
  assert.deepEqual([code, number], ['ledger/insufficient', resultCodes['ledger/insufficient']])
})

test('a check says what a transaction would come to, and changes nothing', async (t) => {
  const node = await openNode(t, { blocks: 'stopped' })
  const good = transfer(alice, bob)
  const check = await postJson(node, '/v1/check', { transaction: base64(good) })
  assert.deepEqual(check.body, { code: 'ok', number: 0, log: '', hash: hashOf(good), priority: 'ordinary' })
  const vote = transactionOf(alice, { kind: 'governance/vote', proposal: 1, choice: 'yes' })
  assert.equal((await postJson(node, '/v1/check', { transaction: base64(vote) })).body['priority'], 'vote')
  const late = transfer(alice, bob, '1', { expires: 1_000_000 })
  assert.equal((await postJson(node, '/v1/check', { transaction: base64(late) })).body['code'], 'tx/expires-too-late')
  assert.equal(node.sequencer.waiting, 0)
})

test('status names the chain, the last block, the kernel and the release', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ vats: true }) })
  await submit(node, transfer(alice, bob))
  const { status, body } = await getJson(node, '/v1/status')
  assert.equal(status, 200)
  const views = body as Readonly<Record<string, Record<string, unknown>>>
  const { chain, version, sequencer, waiting, kernel } = views
  assert.deepEqual([chain, version, sequencer, waiting], ['test-chain', packageVersion(), { kind: 'running' }, 0])
  assert.deepEqual([kernel?.['state'], kernel?.['backlog']], ['ready', 0])
})

test('reads are answered while a block runs, and status shows it', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ vats: true }) })
  await submit(node, transfer(alice, bob))
  const spin = transactionOf(carol, { kind: 'kernel/send', to: 'mirror', method: 'spin', args: [20_000_000] })
  await submit(node, spin, '')
  const slowest = { milliseconds: 0 }
  for (;;) {
    assert.equal(node.sequencer.transaction(hashOf(spin)), undefined, 'the block was seen while it ran')
    const began = performance.now()
    const { body } = await getJson(node, '/v1/status')
    await getJson(node, `/v1/query/ledger/balance/${alice.address}`)
    await getJson(node, '/v1/blocks/latest')
    slowest.milliseconds = Math.max(slowest.milliseconds, performance.now() - began)
    const block = body['block'] as { phase: string; seconds: number; height: number } | null
    if (block?.phase !== 'run') continue
    assert.ok(block.height >= 2 && block.seconds >= 0)
    break
  }
  assert.ok(slowest.milliseconds < 2_000, `Srv1: the reads took ${slowest.milliseconds} ms`)
})

test('a query is answered with its height', async (t) => {
  const node = await openNode(t)
  const balance = await getJson(node, `/v1/query/ledger/balance/${alice.address}`)
  const value = { address: alice.address, balance: '1000000000' }
  assert.deepEqual([balance.status, balance.body], [200, { height: 0, value }])
  assert.equal((await getJson(node, '/v1/query/kernel/status')).status, 200)
})

test('ready follows the blocks, live does not', async (t) => {
  const node = await openNode(t, { blocks: 'stopped' })
  const stopped = await getJson(node, '/health/ready')
  assert.deepEqual([stopped.status, stopped.body.error?.code], [503, 'node/stopped'])
  assert.equal((await getJson(node, '/health/live')).status, 200)
  const refused = await submit(node, transfer(alice, bob), '')
  assert.deepEqual([refused.status, refused.body.error?.code], [503, 'node/stopped'])
  assert.equal(refused.headers.get('retry-after'), '5')
  node.sequencer.start()
  await submit(node, transfer(alice, bob))
  const ready = await getJson(node, '/health/ready')
  assert.deepEqual([ready.status, ready.body], [200, { ready: true, height: 1, kernel: 'ready' }])
})

test('a node that is halted by an upgrade is not ready and still answers', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ parameters: { 'governance.period': 2 } }) })
  const proposal = transactionOf(alice, {
    kind: 'governance/propose',
    title: 'halt',
    messages: [{ kind: 'upgrade/schedule', name: 'next', height: 12 }],
  })
  await submit(node, proposal)
  for (const member of [alice, bob])
    await submit(node, transactionOf(member, { kind: 'governance/vote', proposal: 1, choice: 'yes' }))
  while (node.sequencer.state.kind === 'running' && node.application.info.height < 12)
    await submit(node, transfer(carol, bob), '?wait=1')
  const ready = await getJson(node, '/health/ready')
  assert.deepEqual([ready.status, ready.body.error?.code], [503, 'node/halted'])
  assert.equal((await getJson(node, '/health/live')).status, 200)
  const { body } = await getJson(node, '/v1/status')
  assert.equal((body['sequencer'] as { kind: string }).kind, 'halted')
  const refused = await submit(node, transfer(alice, bob), '')
  assert.deepEqual([refused.status, refused.body.error?.code], [503, 'node/halted'])
})

test('metrics count blocks and results', async (t) => {
  const node = await openNode(t)
  await submit(node, transfer(alice, bob))
  await submit(node, transfer(alice, bob, '5000000000'))
  const { status, text, headers } = await ask(node, { path: '/metrics' })
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const lines = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(' ') as [string, string]),
  )
  const value = (name: string): number => Number(lines.get(name))
  assert.equal(value('heirloom_transactions_total{code="ok"}'), 1)
  assert.equal(value('heirloom_transactions_total{code="ledger/insufficient"}'), 1)
  assert.ok(value('heirloom_height') >= 2)
  assert.ok(value('heirloom_block_seconds_count') >= 2)
  assert.equal(value('heirloom_kernel_state{state="ready"}'), 1)
  assert.equal(value('heirloom_kernel_state{state="faulted"}'), 0)
  assert.equal(value('heirloom_mempool_transactions'), 0)
  assert.equal(value(`heirloom_build_info{version="${packageVersion()}"}`), 1)
  for (const name of lines.keys()) assert.match(name, /^heirloom_[a-z_]+(?:\{|$)/)
  assert.ok(lines.size < 100, `${lines.size} series`)
})

test('two servers in one process have metrics of their own', async (t) => {
  const [one, other] = [await openNode(t), await openNode(t)]
  await submit(one, transfer(alice, bob))
  assert.match((await ask(one, { path: '/metrics' })).text, /^heirloom_height 1$/m)
  assert.match((await ask(other, { path: '/metrics' })).text, /^heirloom_height 0$/m)
})
