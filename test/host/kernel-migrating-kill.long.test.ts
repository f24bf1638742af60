/** Migrations in processes killed at any instant: the same tables, in the same cranks (Mib2, Tko1). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runUntilKilled } from '../kit/killed.ts'
import { forTheFile, openWorld } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { install, kernelRows, openBusy } from './migrated.ts'

const program = join(import.meta.dirname, 'killed-migrating.ts')

const prepared = (async () => {
  const busy = await openBusy(forTheFile)
  const kernel = await install(busy.world.controller, 4)
  await busy.world.controller.commit()
  await busy.world.controller.shutdown()
  busy.world.state = 'ended'
  return { busy, kernel }
})()

for (const [rows, seed] of [[1, 20_261_210], [3, 20_261_211], [11, 20_261_212]] as const) {
  test(`a migration of ${rows} rows in a block, killed at random steps (seed ${seed})`, async (t) => {
    const { busy, kernel } = await prepared
    const open = async () => {
      const world = await openWorld(t, { from: busy.world.directory })
      await world.controller.shutdown()
      return world
    }
    const [whole, killed] = [await open(), await open()]
    const words = (directory: string): readonly string[] => [directory, kernel, String(rows)]
    assert.equal(await runUntilKilled(program, words(whole.directory), Infinity), 'done')
    const dice = new Dice(seed)
    const deaths: string[] = []
    for (;;) {
      const last = await runUntilKilled(program, words(killed.directory), 2 + dice.roll(Math.ceil(50 / rows) + 2))
      if (last === 'done') break
      deaths.push(last)
    }
    t.diagnostic(`died at: ${deaths.join(', ')}`)
    assert.ok(deaths.length >= 3, `${deaths.length} deaths`)
    for (const world of [whole, killed]) await world.open()
    assert.equal(await killed.activityHash(), await whole.activityHash())
    assert.equal(kernelRows(killed), kernelRows(whole))
    const received = (await killed.ask('echo', 'read')) as readonly number[]
    assert.deepEqual(received, Array.from(received, (_, index) => index + 1), 'each item once, in order')
    assert.ok(received.length > 4, `${received.length} items`)
    await killed.audit()
  })
}
