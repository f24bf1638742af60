/** The stream of events: order, cursors, filters, bounds, and what restarts and slow readers do to it. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { BlockResult } from '../../src/protocol/node/views.ts'
import { readCursor, writeCursor } from '../../src/server/events/cursor.ts'
import {
  alice,
  bob,
  carol,
  EventReader,
  genesisOf,
  openNode,
  submit,
  temporaryDirectory,
  transactionOf,
  transfer,
  type SentEvent,
  type TestNode,
} from './kit.ts'

const idsOf = (events: readonly SentEvent[]): readonly string[] => events.map(({ id }) => id)

/** The ids of all committed events. */
function committed({ sequencer, application }: TestNode, kind?: string): readonly string[] {
  const range = { after: { height: 0, place: -1 }, upTo: application.info.height, limit: 1_000_000 }
  const events = sequencer.blocks.events({ ...range, ...(kind === undefined ? {} : { kind }) })
  return events.map(({ height, place }) => `${height}.${place}`)
}

async function transferTimes(node: TestNode, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await submit(node, transfer(alice, bob))
}

test('cursors are read as they are written', () => {
  for (const text of ['0', '7', '7.0', '12.345']) {
    const cursor = readCursor(text)
    assert.ok(cursor !== undefined)
    assert.equal(writeCursor(cursor), text)
  }
  for (const text of ['', '.', '1.', '.1', '01', '1.01', '-1', '1.2.3', '1e3', ' 1'])
    assert.equal(readCursor(text), undefined, text)
})

test('a stream without a cursor begins with the next block', async (t) => {
  const node = await openNode(t)
  await transferTimes(node, 2)
  const reader = await EventReader.open(node)
  await submit(node, transfer(alice, bob, '7', {}))
  const [first] = await reader.take(1)
  assert.equal(first?.event, 'transfer')
  assert.equal(first.data.height, 3)
  assert.equal(first.id, `${first.data.height}.${first.data.place}`)
  await reader.close()
})

test('after and Last-Event-ID go on without a gap or a repetition, and Last-Event-ID comes first', async (t) => {
  const node = await openNode(t)
  await transferTimes(node, 4)
  const all = await EventReader.open(node, '?after=0')
  const ids = idsOf(await all.take(committed(node).length))
  assert.deepEqual(ids, committed(node), 'Est1')
  await all.close()
  const second = ids[1] ?? ''
  const rest = await EventReader.open(node, `?after=${second}`)
  assert.deepEqual(idsOf(await rest.take(ids.length - 2)), ids.slice(2))
  await rest.close()
  const last = await EventReader.open(node, '?after=0', { 'last-event-id': second })
  assert.deepEqual(idsOf(await last.take(ids.length - 2)), ids.slice(2))
  await last.close()
})

test('a kind is filtered before anything else', async (t) => {
  const node = await openNode(t)
  await transferTimes(node, 40)
  const proposal = { kind: 'governance/propose', title: 'one', messages: [] as const } as const
  const messages = [{ kind: 'ledger/mint', to: alice.address, amount: '1' }]
  await submit(node, transactionOf(alice, { ...proposal, messages }))
  const kinds = node.sequencer.blocks
    .events({ after: { height: 0, place: -1 }, upTo: node.application.info.height, limit: 1_000 })
    .map(({ kind }) => kind)
  const kind = kinds.find((each) => each !== 'transfer') ?? ''
  const reader = await EventReader.open(node, `?after=0&kind=${kind}`)
  const events = await reader.take(1)
  assert.deepEqual(idsOf(events), committed(node, kind))
  assert.ok(events.every(({ event }) => event === kind))
  await reader.close()
  const none = await EventReader.open(node, '?after=0&kind=none')
  await submit(node, transfer(alice, bob))
  assert.deepEqual(await none.take(0), [])
  await none.close()
})

test('a stream goes on over restarts of the node without a gap or a repetition', async (t) => {
  const directory = temporaryDirectory(t)
  const genesis = await genesisOf({ vats: true })
  const seen: string[] = []
  let cursor = '0'
  for (let round = 0; round < 4; round += 1) {
    const node = await openNode(t, { directory, genesis })
    const reader = await EventReader.open(node, `?after=${cursor}`)
    await transferTimes(node, 3)
    await submit(node, transactionOf(carol, { kind: 'kernel/send', to: 'mirror', method: 'heard', args: [] }))
    const open = transfer(alice, bob)
    await submit(node, open, '')
    // The second half of a round is read by another reader, the last one is cut off by the node.
    await reader.take(2)
    await node.close()
    await reader.done
    for (const { id } of await reader.take(0)) seen.push(id)
    cursor = seen.at(-1) ?? '0'
  }
  const node = await openNode(t, { directory, genesis })
  const reader = await EventReader.open(node, `?after=${cursor}`)
  await submit(node, transfer(alice, bob))
  const all = committed(node)
  const rest = idsOf(await reader.take(all.length - seen.length))
  assert.deepEqual([...seen, ...rest], all, 'Est1')
  await reader.close()
})

test('events of a block that is not committed are not shown', async (t) => {
  const node = await openNode(t, { blocks: 'stopped' })
  const block = { height: 1, time: 1_000_001, transactions: [transfer(alice, bob)] }
  node.sequencer.blocks.append(block)
  const result: BlockResult = await node.application.deliver(block)
  node.sequencer.blocks.setResult(result)
  assert.ok(result.events.length > 0)
  const reader = await EventReader.open(node, '?after=0')
  const other = await EventReader.open(node, '?after=0')
  assert.deepEqual(await other.take(0), [])
  await other.close()
  node.sequencer.start()
  const events = await reader.take(1)
  assert.deepEqual(idsOf(events), committed(node))
  await reader.close()
})

test('comment lines keep a quiet stream open and carry its cursor', async (t) => {
  const node = await openNode(t, { server: { limits: { commentSeconds: 0.05 } } })
  const reader = await EventReader.open(node, '?kind=none')
  await submit(node, transfer(alice, bob))
  const before = reader.comments
  while (reader.comments < before + 3 || reader.lastId !== '1')
    await new Promise((resolve) => setTimeout(resolve, 10))
  await reader.close()
})

/** A client that asks for the events and reads nothing. */
function openDeaf(node: TestNode): Promise<Socket> {
  const { port, hostname, host } = new URL(node.url)
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true }, () => {
      socket.pause()
      socket.write(`GET /v1/events?after=0 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      resolve(socket)
    })
    socket.on('error', reject)
  })
}

/** Writes blocks with many events, as if they had been committed. */
function fillWithEvents(node: TestNode, count: number, text: string): void {
  const { height, appHash } = node.application.info
  const events = Array.from({ length: count }, (_, index) => ({
    kind: 'filler',
    transaction: null,
    data: { index, text },
  }))
  node.sequencer.blocks.setResult({ height, results: [], events, appHash })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that the process holds, after a collection. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('readers that read nothing hold no memory, and are cut off', { timeout: 600_000 }, async (t) => {
  const node = await openNode(t, { server: { limits: { stalledSeconds: 10 } } })
  await submit(node, transfer(alice, bob))
  fillWithEvents(node, 1_000, 'x'.repeat(20_000))
  const streams = async (): Promise<number> => {
    const text = await (await fetch(`${node.url}/metrics`)).text()
    return Number(/^heirloom_event_streams (\d+)$/m.exec(text)?.[1])
  }
  assert.equal(await streams(), 0)
  const before = await heldBytes()
  const count = 20
  const sockets = await Promise.all(Array.from({ length: count }, () => openDeaf(node)))
  while ((await streams()) < count) await new Promise((resolve) => setTimeout(resolve, 20))
  // The buffers of the operating system fill first.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const perReader = ((await heldBytes()) - before) / count
  // Each would be sent 20 MB. Both ends of a connection are in this process.
  assert.ok(perReader < 200_000, `Est2: a deaf reader costs ${Math.round(perReader / 1_000)} KB`)
  while ((await streams()) > 0) await new Promise((resolve) => setTimeout(resolve, 100))
  for (const socket of sockets) socket.destroy()
})

test('a slow reader gets every event', { timeout: 600_000 }, async (t) => {
  const node = await openNode(t)
  await submit(node, transfer(alice, bob))
  fillWithEvents(node, 3_000, 'y'.repeat(1_000))
  const response = await fetch(`${node.url}/v1/events?after=0`)
  const seen: number[] = []
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes as Uint8Array).toString()
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      const place = /^id: 1\.(\d+)$/m.exec(part)?.[1]
      if (place !== undefined) seen.push(Number(place))
    }
    if (seen.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    if (seen.length >= 3_000) break
  }
  assert.deepEqual(seen, Array.from({ length: 3_000 }, (_, index) => index), 'Est1, Est2')
})
