/** The client with a node: what it submits, what it waits for, and what it asks. */
import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import {
  addressOf,
  decodeResult,
  encodeArguments,
  hashOfTransaction,
  newKey,
  NodeClient,
  signTransaction,
  type EventView,
} from '../../src/client/index.ts'
import { chain, keys, localNode, preparedHome, runLocally } from '../kit/nodes.ts'

const transfer = (to: string, amount: string) => ({ kind: 'ledger/transfer', to, amount }) as const

const balanceOf = async (client: NodeClient, address: string): Promise<unknown> =>
  Reflect.get(Object((await client.query(`accounts/show/${address}`)).value), 'balance')

test('a message is sent, is in a block, and can be found again', async (t) => {
  const { client } = await localNode(t)
  const to = addressOf(newKey())
  const outcome = await client.send(keys.alice, transfer(to, '5'))
  assert.ok(outcome.kind === 'included' && outcome.result.code === 'ok', JSON.stringify(outcome))
  assert.equal(await balanceOf(client, to), '5')
  const { hash, ...included } = outcome
  assert.deepEqual(await client.transaction(hash), included)
  const { transactions } = await client.block(outcome.height)
  assert.deepEqual(transactions.map((each) => each.hash), [hash])
  assert.ok((await client.block('latest')).height >= outcome.height)
  assert.equal(await client.transaction('0'.repeat(64)), undefined)
  assert.equal((await client.status()).chain, chain)
})

test('a message that is refused in its block was included, with its code', async (t) => {
  const { client } = await localNode(t)
  const outcome = await client.send(keys.alice, transfer(addressOf(keys.bob), '999999999'))
  assert.ok(outcome.kind === 'included')
  assert.equal(outcome.result.code, 'ledger/insufficient')
})

test('a transaction that cannot be executed is refused at once', async (t) => {
  const { client } = await localNode(t)
  const message = transfer(addressOf(keys.bob), '1')
  const bytes = signTransaction(keys.alice, { chain, expires: 50, fee: 1n, message })
  const forged = Uint8Array.from(bytes, (byte, at) => (at === 0 ? byte ^ 1 : byte))
  assert.equal((await client.check(bytes)).code, 'ok')
  assert.equal((await client.check(forged)).code, 'tx/bad-signature')
  await assert.rejects(client.submitAndWait(forged), { code: 'tx/bad-signature', status: 422 })
  await assert.rejects(client.submit(forged), { code: 'tx/bad-signature', status: 422 })
  await assert.rejects(client.send(newKey(), transfer(addressOf(keys.bob), '1')), { code: 'tx/cannot-pay' })
  await assert.rejects(client.query('no/query'), { code: 'node/no-query', status: 404 })
  await assert.rejects(client.query('accounts/show/x'), { code: 'node/bad-query', status: 400 })
})

test('Cli2: a transaction that is submitted again is executed once', async (t) => {
  const { client } = await localNode(t)
  const to = addressOf(newKey())
  const bytes = await client.sign(keys.alice, transfer(to, '5'))
  const outcomes = await Promise.all([client.submitAndWait(bytes), client.submitAndWait(bytes)])
  const again = await client.submitAndWait(bytes)
  for (const outcome of outcomes) assert.deepEqual(outcome, again)
  assert.equal(again.kind, 'included')
  assert.equal(await balanceOf(client, to), '5')
})

test('Cli1: past its last height a transaction is certainly not included', async (t) => {
  const { server, application } = await localNode(t)
  const expires = application.info.height + 2
  // No submission reaches the node before the transaction has expired.
  const client = new NodeClient(server.url, {
    async fetch(url, init) {
      if (init.method === 'POST' && application.info.height < expires) throw new TypeError('lost')
      return fetch(url, init)
    },
  })
  const message = transfer(addressOf(keys.bob), '1')
  const bytes = signTransaction(keys.alice, { chain, expires, fee: 2n, message })
  const outcome = await client.submitAndWait(bytes)
  assert.ok(outcome.kind === 'not-included' && outcome.height >= expires, JSON.stringify(outcome))
  assert.equal(await client.transaction(hashOfTransaction(bytes)), undefined)
})

test('a vat answers a message, or rejects it', async (t) => {
  const { client } = await localNode(t)
  const ask = async (method: string, ...args: readonly unknown[]) => {
    const message = { kind: 'kernel/send', to: 'mirror', method, args: encodeArguments(...args) } as const
    const { hash } = await client.send(keys.alice, message)
    return client.answer(hash)
  }
  const echoed = await ask('echo', [5n, undefined, { a: NaN }])
  assert.ok(echoed.kind === 'fulfilled')
  assert.deepEqual(decodeResult(echoed.value), [5n, undefined, { a: NaN }])
  const failed = await ask('fail', 'no')
  assert.ok(failed.kind === 'rejected')
  assert.equal((decodeResult(failed.reason) as Error).message, 'no')
})

test('a signal ends every wait', async (t) => {
  const { client, sequencer } = await localNode(t)
  const bytes = await client.sign(keys.alice, transfer(addressOf(keys.bob), '1'))
  await sequencer.stop()
  const reason = new Error('enough')
  const end = new AbortController()
  const waits = [
    client.submitAndWait(bytes, { signal: end.signal }),
    client.events({ signal: end.signal }).next(),
    client.answer(hashOfTransaction(bytes), { signal: AbortSignal.abort(reason) }),
  ]
  setTimeout(() => end.abort(reason), 100)
  await Promise.all(waits.map((wait) => assert.rejects(wait, reason)))
})

test('Evs1: events go on after a restart of the node, each once', { timeout: 300_000 }, async (t) => {
  const home = await preparedHome(t)
  let node = await runLocally(home)
  t.after(() => node.close())
  const port = Number(new URL(node.server.url).port)
  const end = new AbortController()
  const seen: EventView[] = []
  const follow = async (): Promise<void> => {
    for await (const event of node.client.events({ after: 0, kinds: ['transfer'], signal: end.signal })) {
      seen.push(event)
      if (seen.length === 4) return
    }
  }
  const following = follow()
  const { client } = node
  for (const amount of ['1', '2']) await client.send(keys.alice, transfer(addressOf(keys.bob), amount))
  await node.close()
  // Evs2: the stream asks again until there is a node.
  node = await runLocally(home, { port })
  for (const amount of ['3', '4']) await client.send(keys.alice, transfer(addressOf(keys.bob), amount))
  await following
  end.abort()
  assert.deepEqual(seen.map(({ data }) => data['amount']), ['1', '2', '3', '4'])
  const [, second] = seen
  const later: unknown[] = []
  for await (const { data, kind } of client.events({ after: second?.cursor ?? '' })) {
    if (kind === 'transfer') later.push(data['amount'])
    if (later.length === 2) break
  }
  assert.deepEqual(later, ['3', '4'])
})

test('Cli1: a node that restarts while a client waits gets the transaction again', { timeout: 300_000 }, async (t) => {
  const home = await preparedHome(t)
  let node = await runLocally(home)
  t.after(() => node.close())
  const port = Number(new URL(node.server.url).port)
  const { client } = node
  const to = addressOf(newKey())
  const bytes = await client.sign(keys.alice, transfer(to, '5'))
  await node.close()
  const waiting = client.submitAndWait(bytes)
  node = await runLocally(home, { port })
  assert.equal((await waiting).kind, 'included')
  assert.equal(await balanceOf(client, to), '5')
})

test('what is not a node is reported as such', async (t) => {
  const server = createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  const client = new NodeClient(`http://127.0.0.1:${port}/`)
  await assert.rejects(client.status(), { code: 'client/bad-answer', status: 200 })
  const nowhere = new NodeClient('http://127.0.0.1:1')
  await assert.rejects(nowhere.status(), { code: 'client/unreachable', status: null })
  await assert.rejects(nowhere.send(keys.alice, transfer(addressOf(keys.bob), '1')), { code: 'client/unreachable' })
  await assert.rejects(nowhere.events().next(), { code: 'client/unreachable' })
})
