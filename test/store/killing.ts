/** Processes that write to a store, killed at any instant, and what must be in the store afterwards. */
import { vatId } from '../../src/base/ids.ts'
import { join } from 'node:path'
import { spawn, type ChildProcess } from 'node:child_process'
import { execPath } from 'node:process'
import { once } from 'node:events'
import assert from 'node:assert/strict'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import { entry, temporaryDirectory, Dice } from './support.ts'
import type { TestContext } from 'node:test'

export const v1 = vatId(1)

export const writer = join(import.meta.dirname, 'killed-writer.ts')

export interface Writer {
  readonly process: ChildProcess
  /** The last height that it told. */
  announced: number
}

export function startWriter(directory: string): Writer {
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
export async function kill(started: Writer, blocks: number, moment: number): Promise<void> {
  const closed = once(started.process, 'close')
  while (started.announced < 0) await once(started.process.stdout ?? assert.fail(), 'data')
  const target = started.announced + blocks
  while (started.announced < target) await once(started.process.stdout ?? assert.fail(), 'data')
  await new Promise((resolve) => setTimeout(resolve, moment))
  started.process.kill('SIGKILL')
  await closed
}

export function assertContent(store: Store, height: number): void {
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
  // Irc3.
  for (let block = 1; block <= height; block += 1)
    assert.deepEqual(store.inputs.of(block), [
      { kind: 'append', item: `in ${2 * block - 1}` },
      { kind: 'append', item: `in ${2 * block}` },
      { kind: 'take' },
      { kind: 'seal' },
    ])
  assert.equal(store.heaps.snapshot(v1)?.position, height < 5 ? undefined : height - (height % 5) - 1)
}

/** Kills a writer this often, at instants that the dice choose, and opens the store after each. */
export async function killRepeatedly(t: TestContext, rounds: number): Promise<void> {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const dice = new Dice(Date.now())
  let killedInside = 0
  for (let round = 0; round < rounds; round += 1) {
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
  t.diagnostic(`${killedInside} of ${rounds} were killed between a commit and its announcement`)
}
