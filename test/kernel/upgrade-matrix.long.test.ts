/**
 * The same for all ways of upgrading, with the store closed and opened and all workers dropped in between.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cells,
  wrongCells,
  holders,
  impossible,
  modes,
  things,
  walk,
  type ModeName,
  type Thing,
} from './upgrade-matrix.ts'

for (const mode of Object.keys(modes) as ModeName[]) {
  test(`everything that can be held, by everybody who can hold it, over an upgrade: ${mode}`, async (t) => {
    assert.deepEqual(wrongCells(mode, await walk(t, mode)), [])
  })
  test(`the same, with the store closed and opened in between: ${mode}`, async (t) => {
    const reopen = async (world: Parameters<NonNullable<Parameters<typeof walk>[2]>>[0]): Promise<void> => {
      await world.reopen()
      await world.controller.evictWorkers()
    }
    assert.deepEqual(wrongCells(mode, await walk(t, mode, reopen)), [])
  })
}

test('every pair of a thing and a holder is a cell, or is impossible for a reason', () => {
  const whys = (Object.keys(things) as Thing[]).flatMap((thing) =>
    holders.flatMap((holder) => impossible(thing, holder)?.why ?? []),
  )
  assert.equal(cells.length + whys.length, Object.keys(things).length * holders.length)
})
