/**
 * Many worlds: some seeds for ever, and some that nobody has seen yet. The seed of a fresh one is in the
 * message of its failure; add it to the fixed ones when it is mended.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trySeeds } from '../../src/sim/thread.ts'
import type { Seeds } from '../../src/sim/thread.ts'

const usual: Omit<Seeds, 'seed' | 'seeds'> = { steps: 40, courses: 1, killed: 0, audit: 2, bad: 1, patience: 40 }

async function assertGood(seeds: Seeds): Promise<void> {
  const { failures } = await trySeeds(seeds)
  assert.equal(failures.join('\n'), '')
}

test('worlds of fixed seeds are as the model says, in two weathers', () => assertGood({ ...usual, seed: 1, seeds: 12 }))

test('long scripts', () => assertGood({ ...usual, seed: 1001, seeds: 1, steps: 200, courses: 2 }))

test('worlds whose processes are killed have the hashes of those that lived', () => assertGood({ ...usual, seed: 2001, seeds: 1, courses: 0, killed: 1 }))

test('worlds of fresh seeds are as the model says', async (t) => {
  const seed = 1_000_000 + (Date.now() % 100_000_000)
  t.diagnostic(`seeds from ${seed} on`)
  await assertGood({ ...usual, seed, seeds: 6 })
})
