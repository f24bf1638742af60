/** How a server ends. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { alice, ask, bob, EventReader, openNode, submit, transfer } from './kit.ts'

test('close ends streams and waits within a second', async (t) => {
  const node = await openNode(t, { sequencer: { blockTime: 60_000 } })
  await submit(node, transfer(alice, bob))
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
  await submit(node, transfer(alice, bob))
  const waiting = submit(node, transfer(alice, bob), '?wait=60')
  while (node.sequencer.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const began = performance.now()
  await node.sequencer.stop()
  assert.equal((await waiting).status, 202)
  assert.ok(performance.now() - began < 2_000)
})

test('a request whose head does not come is cut off', async (t) => {
  const node = await openNode(t, { server: { limits: { headSeconds: 0.2, requestSeconds: 0.5 } } })
  const { port, hostname, host } = new URL(node.url)
  const cutOff = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let all = ''
      const socket = connect(Number(port), hostname, () => socket.write(text))
      socket.on('data', (part) => (all += part.toString()))
      socket.on('close', () => resolve(all))
      socket.on('error', reject)
    })
  assert.match(await cutOff('GET /v1/status HTTP/1.1\r\n'), /http\/bad-request/)
  const head = `POST /v1/check HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`
  assert.match(await cutOff(head), /http\/bad-request/)
})

test('a server listens on all addresses of localhost, and closes all of them', async (t) => {
  const node = await openNode(t, { server: { host: 'localhost' } })
  assert.equal((await ask(node, { path: '/v1/status' })).status, 200)
  const reader = await EventReader.open(node)
  const began = performance.now()
  await node.server.close()
  await reader.done
  assert.ok(performance.now() - began < 1_000, 'Srv2')
})

test('a port that is taken is refused, and the node stays usable', async (t) => {
  const one = await openNode(t)
  const port = Number(new URL(one.url).port)
  await assert.rejects(openNode(t, { server: { port } }), /EADDRINUSE/)
  assert.equal((await submit(one, transfer(alice, bob))).status, 200)
})
