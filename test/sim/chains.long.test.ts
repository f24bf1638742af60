/**
 * Chains of the simulation on nodes: seeds that no other commit tries first, but the same ones each time for
 * this one, and one in several weathers.
 *
 * `HEIRLOOM_CHAINS` sets how many seeds, `HEIRLOOM_SEED` the first.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryChains, type ChainSeeds } from '../../src/sim/node/seeds.ts'
import { commitCount } from '../../tools/test/budget.ts'

const count = Number(process.env['HEIRLOOM_CHAINS'] ?? 6)
const first = Number(process.env['HEIRLOOM_SEED'] ?? 1_000_000 + commitCount() * count)

const usual: Omit<ChainSeeds, 'seed' | 'seeds'> = { steps: 40, courses: 1, bad: 2, patience: 0, seconds: 0 }

async function assertGood(seeds: ChainSeeds): Promise<void> {
  const { tried, failures } = await tryChains(seeds)
  assert.equal(failures.join('\n'), '')
  assert.equal(tried, seeds.seeds)
}

test(`${count} chains from seed ${first} on are as the model says, and other nodes agree`, () =>
  assertGood({ ...usual, seed: first, seeds: count }))

test('a chain agrees with nodes in four weathers', () => assertGood({ ...usual, seed: 11, seeds: 1, courses: 4 }))
