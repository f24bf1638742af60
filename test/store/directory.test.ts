/** Directories of stores and exports (`src/store/files/directory.ts`). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { temporaryDirectory } from './support.ts'
import type { Race } from './racing-directories.ts'

test('two processes that create one directory at the same time both get it (Dir3)', async (t) => {
  const rounds = 500
  const race: Race = {
    parent: temporaryDirectory(t),
    rounds,
    arrived: new Int32Array(new SharedArrayBuffer(4 * rounds)),
  }
  const program = new URL('./racing-directories.ts', import.meta.url)
  const ends = await Promise.all(
    [1, 2].map(() => once(new Worker(program, { workerData: race }), 'exit') as Promise<[number]>),
  )
  assert.deepEqual(ends, [[0], [0]])
  assert.equal(readdirSync(race.parent).length, rounds)
})
