/** The undo log against random work, with many seeds, and against kills (Ulg1 to Ulg3). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createStore, openStore } from '../../src/store/store.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { Dice, temporaryDirectory } from './support.ts'
import { assertSound, dump, returnAtRandom, waiting } from './undoing.ts'

const seed = Number(process.env['HEIRLOOM_SEED'] ?? 20_261_130)

test(`whatever was done since, a return restores the block at which the log began, from seed ${seed} on`, (t) => {
  for (let round = 0; round < 60; round += 1) returnAtRandom(t, seed + round)
})

const program = fileURLToPath(new URL('killed-undoer.ts', import.meta.url))

test(`a writer killed at any instant of a trial or of a return has the block before or after, seed ${seed}`, async (t) => {
  const dice = new Dice(seed)
  const directory = temporaryDirectory(t)
  const store = createStore(directory)
  store.state.set('kernel', 'a', 'before')
  store.sealCrank()
  store.commit()
  const before = dump(directory)
  store.close()
  for (let kill = 0; kill < 40; kill += 1) {
    const delay = String(dice.roll(30))
    await runUntilKilled(program, [directory, delay], 1 + dice.roll(12))
    const again = openStore(directory, { verify: 'all' })
    assertSound(again)
    if (again.undoLog.isOn) {
      assert.notDeepEqual(dump(directory), before)
      assert.equal(again.undoLog.before.get('kernel', 'a'), 'before')
    } else {
      assert.deepEqual(dump(directory), before)
      assert.deepEqual(
        waiting(again),
        Array.from({ length: again.inbox.last }, (_, index) => `item ${index + 1}`),
      )
    }
    again.close()
  }
})
