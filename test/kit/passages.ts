/** What may happen to a vat between two messages, and changes nothing that it can see. */
import assert from 'node:assert/strict'
import type { World } from './world.ts'

/** Of a vat of puppets in a world with a snapshot at each third delivery, or sooner. */
export const passages = (world: World, vat: string): Readonly<Record<string, () => Promise<unknown>>> => ({
  'a crank': () => world.ask(vat, 'echo'),
  'an eviction': () => world.controller.evictWorkers(),
  'a snapshot and an eviction': async () => {
    for (let n = 0; n < 4; n += 1) await world.ask(vat, 'echo')
    assert.ok((await world.controller.commit()).snapshots.length > 0)
    await world.controller.evictWorkers()
  },
  'closing and opening the store': () => world.reopen(),
})
