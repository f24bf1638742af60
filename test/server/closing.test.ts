/** How a server ends. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { alice, ask, bob, EventReader, openNode, submit, transfer } from './kit.ts'

test('close ends streams and waits within a second', async (t) => {
  const node = await openNode(t, { sequencer: { blockTime: 60_000 } })
  const readers = await Promise.all(Array.from({ length: 20 }, () => EventReader.open(node)))
  const waiting = submit(node, transfer(alice, bob), '?wait=60')
  const { port, hostname, host } = new URL(node.url)
  const deaf = connect(Number(port), hostname, () => {
    deaf.pause()
    deaf.write(`GET /v1/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  })
  const half = connect(Number(port), hostname, () => half.write('GET /v1/status HTTP/1.1\r\n'))
  for (const socket of [deaf, half]) socket.on('error', () => {})
  while (node.sequencer.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const began = performance.now()
  await node.server.close()
  const took = performance.now() - began
  assert.ok(took < 1_000, `Est3, Srv2: it took ${took} ms`)
  await Promise.all(readers.map(({ done }) => done))
  const answer = await waiting
  assert.deepEqual([answer.status, answer.body['kind']], [202, 'waiting'])
  await assert.rejects(ask(node, { path: '/v1/status' }), 'no one listens')
  await node.server.close()
  for (const socket of [deaf, half]) socket.destroy()
})

test('what waits is answered when the node stops', async (t) => {
  const node = await openNode(t, { sequencer: { blockTime: 60_000 } })
  const waiting = submit(node, transfer(alice, bob), '?wait=60')
  while (node.sequencer.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const began = performance.now()
  await node.sequencer.stop()
  assert.equal((await waiting).status, 202)
  assert.ok(performance.now() - began < 2_000)
})

test('a port that is taken is refused, and the node stays usable', async (t) => {
  const one = await openNode(t)
  const port = Number(new URL(one.url).port)
  await assert.rejects(openNode(t, { server: { port } }), /EADDRINUSE/)
  assert.equal((await submit(one, transfer(alice, bob))).status, 200)
})
