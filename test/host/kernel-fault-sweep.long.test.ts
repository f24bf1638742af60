/**
 * A kernel that fails at every crank of a scenario, repaired in every way: each item that was accepted is
 * delivered once, in order (Flt1, Flt3).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelThatFailsAfter } from '../kit/kernelVariants.ts'
import { sweep, upgrade, type Repair } from './faultyPlayer.ts'

const repairs: Readonly<Record<string, Repair>> = {
  'an upgrade': upgrade,
  'a retry that fails, a restart and an upgrade': async (player) => {
    await player.controller.retryKernel()
    assert.equal((await player.controller.run()).ended, 'faulted')
    const fault = await player.controller.fault()
    await player.world.restart()
    assert.deepEqual(await player.controller.fault(), fault)
    await upgrade(player)
    await player.controller.retryKernel()
  },
  // The restart has the kernel count anew: it may fail again, later.
  'a restart and a retry': async (player) => {
    if (player.faults > 1) return upgrade(player)
    await player.world.restart()
    await player.controller.retryKernel()
  },
}

for (const [how, repair] of Object.entries(repairs)) {
  test(`a kernel that fails at each crank, repaired by ${how}, delivers each item once`, async (t) => {
    const cranks = await sweep(t, kernelThatFailsAfter, repair)
    t.diagnostic(`${cranks} cranks`)
    assert.ok(cranks >= 40, `${cranks} cranks`)
  })
}
