/** A writer killed at any instant leaves the last block that it committed, whole (Sto1). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createStore, openStore } from '../../src/store/store.ts'
import { temporaryDirectory } from './support.ts'
import { startWriter, kill, assertContent, killRepeatedly } from './killing.ts'

test('a store killed between or inside blocks opens at the last one it committed', (t) =>
  killRepeatedly(t, 8))

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

test('a second writer in another process is kept out until the first is killed (Sto6)', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const started = startWriter(directory)
  while (started.announced < 1) await once(started.process.stdout ?? assert.fail(), 'data')
  assert.throws(() => openStore(directory), { code: 'store/in-use' })
  await kill(started, 0, 0)
  openStore(directory).close()
})
