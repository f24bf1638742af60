/**
 * Work in proportion: ten times as many of something cost about ten times as much. With figures:
 * `bench/cases/proportion.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costOf, proportionWorld, situations, type Cost } from '../kit/proportion.ts'
import { openWorld } from '../kit/world.ts'

const few = 40
const times = 10
/** Ten times as many cost at most this many times as much: a square would cost a hundred times. */
const most = 15

for (const [situation, setting] of Object.entries(situations)) {
  test(`${times} times as many ${situation}`, async (t) => {
    const costs: Cost[] = []
    for (const n of [few, few * times]) {
      const world = await openWorld(t, proportionWorld)
      costs.push(await costOf(world, setting, n))
      await world.end()
    }
    const [one, ten] = costs as [Cost, Cost]
    for (const what of ['computrons', 'cranks', 'transcript'] as const) {
      assert.ok(
        ten[what] <= most * one[what],
        `${what}: ${one[what]} for ${few}, ${ten[what]} for ${few * times}`,
      )
    }
  })
}
