/** Nodes with different retention compute the same, whatever becomes of their workers and vats. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Retention } from '../../src/protocol/store/retention.ts'
import { openWorld, puppet, type World } from '../kit/world.ts'
import { teller, work } from './teller.ts'

const config = { snapshotInterval: 5 } as const
const vats = { friend: puppet, teller: teller('amount') }

/** A block for each piece of work. */
async function worked(world: World, blocks: number): Promise<void> {
  for (let n = 0; n < blocks; n += 1) {
    await work(world, 'teller', 3)
    await world.controller.commit()
  }
}

test('nodes that keep different parts of the past have the same hashes, also when workers are restored and vats upgraded', async (t) => {
  const retentions: readonly Partial<Retention>[] = [
    {},
    { transcripts: 'restart', blocks: 2 },
    { transcripts: { blocks: 3 } },
  ]
  const ends: unknown[] = []
  for (const retention of retentions) {
    const world = await openWorld(t, { vats, config })
    const { controller } = world
    await controller.setRetention(retention)
    await worked(world, 2)
    await controller.evictWorkers()
    await worked(world, 1)
    await world.upgrade('teller', teller('amount * 2n', 'two'))
    await worked(world, 2)
    await controller.prune()
    await worked(world, 1)
    const { height, cranks, activityHash, retention: kept } = await controller.storeStatus()
    assert.deepEqual(kept, { transcripts: 'all', blocks: 'all', inputs: 10_000, ...retention })
    ends.push([
      height,
      cranks,
      activityHash,
      await controller.heapHash('teller'),
      await controller.heapHash('friend'),
    ])
    assert.equal((await controller.audit({ depth: 'all' })).found, 0)
    await world.forgetAll()
  }
  for (const end of ends) assert.deepEqual(end, ends[0])
})
