/**
 * Kernels on probation that fail, in processes killed at any instant of a trial or of a return: each item is
 * delivered once (Trl2, Trl3, Trl5).
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { forTheFile, openWorld, temporaryDirectory } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { assertPlayed, numberedStore, upgradeToGood } from './numbered.ts'

const program = join(import.meta.dirname, 'killed-trial.ts')
const prepared = numberedStore(forTheFile)
const kills = 8

for (const seed of [20_261_211, 20_261_212, 20_261_213, 20_261_214])
  test(`a host whose kernel is on probation and fails, killed at random steps (seed ${seed})`, async (t) => {
    const ledger = join(temporaryDirectory(t), 'ledger')
    const world = await openWorld(t, { from: await prepared })
    await world.controller.shutdown()
    const dice = new Dice(seed)
    const told = new Map<string, number>()
    const live = (steps: number): Promise<string> => {
      let step = 0
      const words = [world.directory, ledger, String(1 + dice.roll(16)), String(5 + dice.roll(30))]
      return runUntilKilled(program, words, (line) => {
        step += 1
        told.set(line, (told.get(line) ?? 0) + 1)
        return step === steps
      })
    }
    const deaths: string[] = []
    while (deaths.length < kills) {
      const last = await live(4 + dice.roll(24))
      if (last === 'done') break
      deaths.push(last)
      assert.deepEqual(await deviationsIn(world.directory), [], `after death at ${last}`)
    }
    assert.equal(await live(Infinity), 'done')
    await world.restart()
    const history = await world.controller.kernelHistory()
    const returns = history.filter(({ returned }) => returned !== null).length
    t.diagnostic(`died at: ${deaths.join(', ')}; ${returns} returns`)
    assert.ok(deaths.length >= 2 && told.has('on trial') && returns >= 1, `${returns} returns`)
    assert.equal(await world.controller.fault(), undefined)
    await upgradeToGood(world.controller)
    assert.ok(existsSync(ledger))
    const lines = readFileSync(ledger, 'utf8').trim().split('\n')
    await assertPlayed(
      world,
      lines.map((line) => JSON.parse(line) as [number, unknown]),
    )
  })
