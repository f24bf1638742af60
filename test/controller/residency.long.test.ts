/** The same as the short test, at the size of a store that is in use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { courseOf, hashesOf } from '../kit/residency.ts'

test('two hundred vats with room for ten workers give the hashes of two hundred with room for fifty', async (t) => {
  const small = await courseOf(t, 200, { residentWorkers: 10 })
  assert.equal((await small.controller.storeStatus()).residentWorkers, 10)
  const expected = await hashesOf(small)
  await small.end()
  const large = await courseOf(t, 200, { residentWorkers: 50 })
  assert.deepEqual(await hashesOf(large), expected)
})
