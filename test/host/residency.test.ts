/** How many workers are in memory, and which, changes nothing but time and memory (W3). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { courseOf, hashesOf } from '../kit/residency.ts'
import { openWorld, puppet, readTrace, temporaryDirectory } from '../kit/world.ts'

// W1, W2, W3, P4, Rs2, Rs3.
test('twelve vats with room for two workers give the hashes of twelve with room for all', async (t) => {
  const file = join(temporaryDirectory(t), 'trace.jsonl')
  const small = await courseOf(t, 12, { residentWorkers: 2, trace: { file, kinds: ['evicted', 'restored'] } })
  assert.equal((await small.controller.storeStatus()).residentWorkers, 2)
  await small.controller.setTrace(null)
  assert.ok(readFileSync(file, 'utf8').split('evicted').length > 20, 'workers came and went')
  const large = await courseOf(t, 12, { residentWorkers: 1_000 })
  assert.equal((await large.controller.storeStatus()).residentWorkers, 12)
  assert.deepEqual(await hashesOf(small), await hashesOf(large))
})

// Rs1.
test('the worker that was used least recently goes first', async (t) => {
  const file = join(temporaryDirectory(t), 'trace.jsonl')
  const world = await openWorld(t, {
    vats: { a: puppet, b: puppet, c: puppet },
    open: { residentWorkers: 2 },
  })
  for (const name of ['a', 'b']) await world.ask(name, 'echo')
  await world.controller.setTrace({ file, kinds: ['evicted', 'restored'] })
  for (const name of ['a', 'c', 'a', 'b', 'b', 'a']) await world.ask(name, 'echo')
  await world.controller.setTrace(null)
  assert.deepEqual(readTrace(file, 'evicted').map(({ vat }) => vat), ['v2', 'v3'])
  assert.deepEqual(readTrace(file, 'restored').map(({ vat }) => vat), ['v3', 'v2'])
})
