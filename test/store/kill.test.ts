/** A writer killed at any instant leaves the last block that it committed, whole (S1). */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { vatId } from '../../src/base/ids.ts'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import { Dice, entry, temporaryDirectory } from './support.ts'

const v1 = vatId(1)
const writer = join(import.meta.dirname, 'killed-writer.ts')

interface Writer {
  readonly process: ChildProcess
  /** The last height that it told. */
  announced: number
}

function startWriter(directory: string): Writer {
  const child = spawn(execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const started: Writer = { process: child, announced: -1 }
  let rest = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0) started.announced = Number(lines.at(-1))
  })
  return started
}

/** Waits until it has told this many blocks more, then kills it after a moment that the dice choose. */
async function kill(started: Writer, blocks: number, moment: number): Promise<void> {
  const closed = once(started.process, 'close')
  while (started.announced < 0) await once(started.process.stdout ?? assert.fail(), 'data')
  const target = started.announced + blocks
  while (started.announced < target) await once(started.process.stdout ?? assert.fail(), 'data')
  await new Promise((resolve) => setTimeout(resolve, moment))
  started.process.kill('SIGKILL')
  await closed
}

function assertContent(store: Store, height: number): void {
  assert.equal(store.state.get('kernel', 'height'), height === 0 ? undefined : String(height))
  assert.equal(store.blocks.cranks, height)
  for (let key = 0; key < 50 && height > 0; key += 1) {
    assert.equal(
      store.state.get('vat/v1', `k${(height * 7 + key) % 400}`),
      `${height}.${'x'.repeat(key * 20)}`,
    )
  }
  assert.equal(store.transcripts.count(v1), height)
  const texts = [...store.transcripts.entries(v1, 0, height)].map((read) => read.text)
  assert.deepEqual(
    texts,
    Array.from({ length: height }, (_, index) => JSON.stringify(entry(`in ${index + 1}`))),
  )
  assert.equal(store.inbox.last, 2 * height)
  assert.deepEqual(
    store.inbox.next(),
    height === 0 ? undefined : { sequence: height + 1, item: `in ${height + 1}` },
  )
  assert.deepEqual(
    store.outbox.read(0, 100_000).map(({ sequence, item }) => [sequence, item]),
    Array.from({ length: height }, (_, index) => [index + 1, `out ${index + 1}`]),
  )
  assert.equal(store.heaps.snapshot(v1)?.position, height < 5 ? undefined : height - (height % 5) - 1)
}

test('a store killed between or inside blocks opens at the last one it committed', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const dice = new Dice(Date.now())
  let killedInside = 0
  for (let round = 0; round < 24; round += 1) {
    const started = startWriter(directory)
    await kill(started, dice.roll(12), dice.roll(15))
    const store = openStore(directory, { verify: 'all' })
    const { height } = store.blocks
    assert.ok(
      height === started.announced || height === started.announced + 1,
      `${height} after ${started.announced}`,
    )
    if (height !== started.announced) killedInside += 1
    assertContent(store, height)
    store.close()
  }
  t.diagnostic(`${killedInside} of 24 were killed between a commit and its announcement`)
})

test('a store killed while its log is not checkpointed opens, and its log is taken in when it closes', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const started = startWriter(directory)
  await kill(started, 20, 0)
  const store = openStore(directory)
  const { height } = store.blocks
  store.close()
  const again = openStore(directory, { verify: 'all' })
  assertContent(again, height)
  again.close()
})

test('a second writer in another process is kept out until the first is killed', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const started = startWriter(directory)
  while (started.announced < 1) await once(started.process.stdout ?? assert.fail(), 'data')
  assert.throws(() => openStore(directory), { code: 'store/in-use' })
  await kill(started, 0, 0)
  openStore(directory).close()
})
