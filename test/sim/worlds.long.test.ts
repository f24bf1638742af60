/**
 * Many worlds, of seeds that stay. Fresh seeds are looked for with `npm run sim`; one that found something
 * is added here when it is mended.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trySeeds, type Seeds } from '../../src/sim/thread.ts'

const usual: Omit<Seeds, 'seed' | 'seeds'> = {
  steps: 40,
  courses: 1,
  killed: 0,
  audit: 2,
  bad: 1,
  patience: 40,
  seconds: 0,
}

async function assertGood(seeds: Seeds): Promise<void> {
  const { failures } = await trySeeds(seeds)
  assert.equal(failures.join('\n'), '')
}

test('worlds of fixed seeds are as the model says, in two weathers', () =>
  assertGood({ ...usual, seed: 1, seeds: 12 }))

test('long scripts', () => assertGood({ ...usual, seed: 1001, seeds: 1, steps: 200, courses: 2 }))

// Rr2, Pc1.
test('worlds whose processes are killed have the hashes of those that lived', () =>
  assertGood({ ...usual, seed: 2001, seeds: 1, courses: 0, killed: 1 }))
