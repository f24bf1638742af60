/** A host that is killed at any instant leaves the inputs of every block that it committed (Irc3). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { replayBlocks } from '../../src/replay/index.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { openWorld } from '../kit/world.ts'

test('the blocks of a host that was killed again and again are reproduced from the beginning', async (t) => {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' }, two: { setup: 'me.count = 0n' } } })
  const { directory } = world
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  for (const steps of [7, 12, 3, 20]) {
    const last = Number(await runUntilKilled(join(import.meta.dirname, 'killed-host.ts'), [directory], steps))
    const controller = await openController({ directory, make: 'never', verify: 'all' })
    const { height } = await controller.storeStatus()
    await controller.shutdown()
    assert.ok(height >= last)
    const report = await replayBlocks({ directory, kernel: await sameKernel() })
    assert.deepEqual([report.passed, report.otherHash, report.firstBlock, report.lastBlock], [true, null, 1, height])
  }
})
