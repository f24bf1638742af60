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

// Pc2, Kr1, Kr2.
for (const seed of [7, 1034, 1048, 1061, 1152])
  test(`the world of seed ${seed}, whose kernel fails and is repaired, loses nothing in two weathers`, () =>
    assertGood({ ...usual, seed, seeds: 1, steps: 24 }))

test('a world whose kernel fails, in processes that are killed', () =>
  assertGood({ ...usual, seed: 1034, seeds: 1, steps: 24, courses: 0, killed: 2 }))

// Rr2, Pc1.
test('worlds whose processes are killed have the hashes of those that lived', () =>
  assertGood({ ...usual, seed: 2001, seeds: 1, courses: 0, killed: 1 }))
