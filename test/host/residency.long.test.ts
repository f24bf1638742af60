/** The same as the short test, at the size of a store that is in use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { courseOf, hashesOf } from '../kit/residency.ts'

test('a thousand vats with room for a hundred workers give the hashes of a thousand with room for twenty', async (t) => {
  const small = await courseOf(t, 1_000, { residentWorkers: 20 })
  assert.equal((await small.controller.storeStatus()).residentWorkers, 20)
  const expected = await hashesOf(small)
  await small.end()
  const large = await courseOf(t, 1_000, { residentWorkers: 100 })
  assert.deepEqual(await hashesOf(large), expected)
})
