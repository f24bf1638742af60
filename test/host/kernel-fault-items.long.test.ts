/**
 * A kernel that fails at every item of a scenario that it accepts, repaired in every way: each item is
 * delivered once, in order (Flt1, Flt2, Flt3, Flt4).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelThatFailsAtItem } from '../kit/kernelVariants.ts'
import { sweep, upgrade, type Repair } from './faultyPlayer.ts'
import type { Order } from './numbered.ts'

const repairs: Readonly<Record<string, readonly [Repair, Order]>> = {
  'an upgrade': [upgrade, 'in-order'],
  'a restart and an upgrade': [
    async (player) => {
      const fault = await player.controller.fault()
      await player.world.restart()
      assert.deepEqual(await player.controller.fault(), fault)
      await upgrade(player)
    },
    'in-order',
  ],
  'a retry': [({ controller }) => controller.retryKernel(), 'in-order'],
  'setting the item aside until the others were run': [
    async ({ controller }) => {
      const input = (await controller.fault())?.input
      assert.ok(typeof input === 'number')
      await controller.setAside(input)
      await controller.retryKernel()
    },
    'any-order',
  ],
}

for (const [how, [repair, order]] of Object.entries(repairs)) {
  test(`a kernel that fails at each item, repaired by ${how}, delivers each item once`, async (t) => {
    const items = await sweep(t, (item) => kernelThatFailsAtItem(item + 1), repair, order)
    t.diagnostic(`${items} items`)
    assert.ok(items >= 20, `${items} items`)
  })
}
