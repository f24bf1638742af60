/** Where a host commits is its own affair (`commits.ts`). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../store/support.ts'
import { live, never } from './commits.ts'

test('the work takes snapshots, upgrades, suspends and ends vats', async (t) => {
  const { kernel, history } = await never(t)
  const texts = [...kernel].map(([key, value]) => `${key} ${value}`)
  assert.ok(texts.some((text) => /^vat\.v1 .*"heapHash":"[0-9a-f]{64}"/.test(text)))
  assert.ok(texts.some((text) => /^ended\.v3 .*"since":\d+/.test(text)), 'a vat has ended')
  assert.ok((history as readonly unknown[]).length > 2)
})

test('commits after each step, empty ones too, change no hash and no row of the kernel', async (t) => {
  assert.deepEqual(await live(t, (step) => (step % 2 === 0 ? 'two commits' : 'commit')), await never(t))
})

// T1.
// Ma5, Cl3.
test('commits and openings at random places change no hash and no row of the kernel', async (t) => {
  const dice = new Dice(1)
  assert.deepEqual(
    await live(t, () => dice.pick(['nothing', 'nothing', 'commit', 'two commits', 'commit and reopen'])),
    await never(t),
  )
})
