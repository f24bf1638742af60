/** The parts of the server that decide without a node: the gate, rates, readiness, and its own faults. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate, ownHosts, type Arrival } from '../../src/server/http/gate.ts'
import { Rates } from '../../src/server/http/rates.ts'
import { unreadiness } from '../../src/server/routes/readiness.ts'
import { alice, ask, bob, openNode, submit, temporaryDirectory, transfer } from './kit.ts'

const arrival: Arrival = { method: 'GET', url: '/v1/status', headers: { host: 'localhost:1' }, address: '::1' }
const open = { hosts: () => ownHosts('127.0.0.1', 1, []), take: () => 0, isStopping: () => false }

test('a server that stops refuses everything but live', () => {
  const parts = { ...open, isStopping: () => true }
  assert.equal(gate(arrival, open), undefined)
  assert.equal(gate(arrival, parts)?.code, 'http/stopping', 'Gat4')
  assert.equal(gate({ ...arrival, url: '/health/ready' }, parts)?.code, 'http/stopping')
  assert.equal(gate({ ...arrival, url: '/health/live' }, parts), undefined)
})

test('a server has the names of its address, with the port unless it is 80', () => {
  assert.deepEqual([...ownHosts('127.0.0.1', 7, ['A.example'])], ['127.0.0.1:7', 'localhost:7', '[::1]:7', 'a.example'])
  assert.ok(ownHosts('::1', 7, []).has('[::1]:7'))
  for (const name of ['10.0.0.1', '10.0.0.1:80', 'localhost']) assert.ok(ownHosts('10.0.0.1', 80, []).has(name))
})

test('a bucket is refilled with time, each address has its own, and the number of addresses is bounded', () => {
  let now = 0
  const rates = new Rates(2, 3, () => now)
  assert.deepEqual([1, 2, 3, 4].map(() => rates.take('a')), [0, 0, 0, 0.5], 'Gat4')
  assert.equal(rates.take('b'), 0)
  now = 0.5
  assert.deepEqual([rates.take('a'), rates.take('a')], [0, 0.5])
  now = 100
  assert.deepEqual([1, 2, 3, 4].map(() => rates.take('a')), [0, 0, 0, 0.5], 'no more than the burst')
  for (let count = 0; count < 20_000; count += 1) assert.equal(rates.take(`c${count}`), 0)
})

test('readiness has the code of the state', () => {
  assert.equal(unreadiness({ state: { kind: 'running' } }), undefined)
  assert.equal(unreadiness({ state: { kind: 'stopped' } })?.code, 'node/stopped')
  const fault = { code: 'machine/failed', message: 'the disk is full' }
  const failing = unreadiness({ state: { kind: 'failing', ...fault } })
  assert.deepEqual([failing?.status, failing?.code, failing?.message], [503, fault.code, fault.message])
  const halted = unreadiness({ state: { kind: 'halted', code: 'node/upgrade-failed', message: '' } })
  assert.equal(halted?.code, 'node/upgrade-failed')
})

test('a fault of the server is reported to its host, and not to the client', async (t) => {
  const faults: unknown[] = []
  const directory = temporaryDirectory(t)
  const server = { onFault: (fault: unknown) => void faults.push(fault) }
  // Closed below, since its blocks are closed first.
  const node = await openNode({ after: () => {} }, { directory, server })
  await submit(node, transfer(alice, bob))
  await node.sequencer.stop()
  node.sequencer.blocks.close()
  const { status, text, code } = await ask(node, { path: '/v1/blocks/1' })
  const live = await ask(node, { path: '/health/live' })
  await node.server.close()
  await node.application.close()
  assert.deepEqual([status, code, live.status], [500, 'http/internal', 200])
  assert.match(String(faults[0]), /finalized|not open/)
  assert.ok(!/finalized|not open/.test(text), text)
})
