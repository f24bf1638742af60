/** Kernels that fail, in processes killed at any instant: each item is delivered once (Flt1, Flt4). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { forTheFile, openWorld, temporaryDirectory } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { assertPlayed, numberedStore, upgradeToGood } from './numbered.ts'

const program = join(import.meta.dirname, 'killed-faulty.ts')
const prepared = numberedStore(forTheFile)
const kills = 6

for (const [what, points, seed] of [
  ['crank', 5, 20_261_201],
  ['item', 16, 20_261_202],
  ['crank', 12, 20_261_203],
  ['item', 8, 20_261_204],
] as const) {
  test(`a host whose kernel fails at a random ${what}, killed at random steps (seed ${seed})`, async (t) => {
    const ledger = join(temporaryDirectory(t), 'ledger')
    const world = await openWorld(t, { from: await prepared })
    await world.controller.shutdown()
    const dice = new Dice(seed)
    const told = { faulted: 0 }
    const live = (steps: number): Promise<string> => {
      let step = 0
      const words = [world.directory, ledger, what, String(1 + dice.roll(points))]
      return runUntilKilled(program, words, (line) => {
        step += 1
        if (line === 'fault' || line === 'faulted') told.faulted += 1
        return step === steps
      })
    }
    const deaths: string[] = []
    while (deaths.length < kills) {
      const last = await live(2 + dice.roll(22))
      if (last === 'done') break
      deaths.push(last)
      assert.deepEqual(await deviationsIn(world.directory), [], `after death at ${last}`)
    }
    t.diagnostic(`${told.faulted} faults; died at: ${deaths.join(', ')}`)
    assert.ok(deaths.length >= 2 && told.faulted >= 1, `${deaths.length} deaths, ${told.faulted} faults`)
    assert.equal(await live(Infinity), 'done')
    await world.restart()
    assert.equal(await world.controller.fault(), undefined)
    await upgradeToGood(world.controller)
    const lines = readFileSync(ledger, 'utf8').trim().split('\n')
    const received = lines.map((line) => JSON.parse(line) as [number, unknown])
    await assertPlayed(world, received, what === 'item' ? 'any-order' : 'in-order')
  })
}
