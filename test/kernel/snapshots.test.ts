/** When the heap of a vat is saved. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../kit/rows.ts'
import { forTheFile, openWorld, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { config: { snapshotInterval: 3 } })

/** The positions in the transcript at which the heap of the vat was saved, as of the next block. */
async function snapshotsOf(name: string): Promise<number[]> {
  await world.controller.commit()
  const { vat } = await world.controller.vat(name)
  return query<{ start: number }>(
    world.directory,
    "SELECT start FROM span WHERE vat = ? AND reason = 'snapshot' ORDER BY start",
    vat,
  ).map(({ start }) => start)
}

// Hs1, Hs2.
test('a heap is saved in the crank in which that falls due', async () => {
  await world.create('regular')
  const seen = [await snapshotsOf('regular')]
  for (let times = 0; times < 4; times += 1) {
    await world.ask('regular', 'echo')
    seen.push(await snapshotsOf('regular'))
  }
  assert.deepEqual(seen, [[1], [1], [1], [1, 4], [1, 4]])
})

// Hs2.
test('a snapshot that fell due in a refused upgrade is not taken, and falls due again', async () => {
  await world.create('refusing')
  for (let times = 0; times < 2; times += 1) await world.ask('refusing', 'echo')
  const before = await world.controller.heapHash('refusing')
  rejectionOf(await world.upgrade('refusing', { setup: 'throw Error("no")' }), 'upgrade-refused')
  assert.deepEqual(await snapshotsOf('refusing'), [1])
  assert.equal(await world.controller.heapHash('refusing'), before)
  await world.ask('refusing', 'echo')
  assert.deepEqual(await snapshotsOf('refusing'), [1, 4])
})
