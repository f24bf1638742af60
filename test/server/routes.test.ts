/** Each route of the API, on a node that makes blocks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alice, base64, bob, genesisOf, getJson, hashOf, openNode, packageVersion, submit, transfer } from './kit.ts'

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
  assert.deepEqual((await submit(node, bytes, '')).body, first.body)
  assert.deepEqual((await getJson(node, `/v1/transactions/${hashOf(bytes)}`)).body, first.body)
  const block = await getJson(node, '/v1/blocks/1?bytes=true')
  assert.deepEqual(block.body['transactions'], [
    { hash: hashOf(bytes), result: first.body['result'], bytes: base64(bytes) },
  ])
})

test('status names the chain, the last block and the release', async (t) => {
  const node = await openNode(t, { genesis: await genesisOf({ vats: true }) })
  await submit(node, transfer(alice, bob))
  const { status, body } = await getJson(node, '/v1/status')
  assert.equal(status, 200)
  assert.equal(body['chain'], 'test-chain')
  assert.equal(body['version'], packageVersion())
  assert.deepEqual(body['sequencer'], { kind: 'running' })
})

test('a query is answered with its height', async (t) => {
  const node = await openNode(t)
  const { status, body } = await getJson(node, `/v1/query/ledger/balance/${alice.address}`)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body['height'], 0)
})
