/** What becomes of what a vat holds or gave away when its code is replaced: the ways that are met daily. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongCells, tryImpossible, walk } from './upgrade-matrix.ts'

for (const mode of ['durable', 'by replay', 'failed', 'failed with suspension, then durable'] as const) {
  test(`everything that can be held, by everybody who can hold it, over an upgrade: ${mode}`, async (t) => {
    assert.deepEqual(wrongCells(mode, await walk(t, mode)), [])
  })
}

test('what cannot be held is refused by the vat, and says so', async (t) => {
  const tried = await tryImpossible(t)
  assert.equal(tried.length, 7)
  for (const [thing, holder, refusal, said] of tried)
    assert.match(String(said), refusal, `${thing} in ${holder}`)
})
