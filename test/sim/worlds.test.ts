/** A world of the simulation, the same each time; the long test has many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trySeeds } from '../../src/sim/thread.ts'

// Fj1, Fj2, Rr1, Rr2, Rr3, Pc1.
test('the world of one seed is as the model says, and other weather changes nothing', async (t) => {
  const { tried, messages, failures } = await trySeeds({
    seed: 5,
    seeds: 1,
    steps: 40,
    courses: 1,
    killed: 0,
    audit: 1,
    bad: 1,
    patience: 40,
    seconds: 0,
  })
  assert.equal(failures.join('\n'), '')
  assert.ok(messages > 15, `${messages} messages`)
  t.diagnostic(`${tried} seeds, ${messages} messages`)
})
