/** Where a host commits is its own affair (`commits.ts`): more places, and a host that is killed between. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runUntilKilled } from '../kit/killed.ts'
import { Dice } from '../store/support.ts'
import { end, live, never, open } from './commits.ts'

const program = join(import.meta.dirname, 'committing-host.ts')

for (const seed of [2, 3, 4]) {
  test(`commits and openings at places of seed ${seed} change no hash and no row of the kernel`, async (t) => {
    const dice = new Dice(seed)
    assert.deepEqual(
      await live(t, () => dice.pick(['nothing', 'nothing', 'commit', 'two commits', 'commit and reopen'])),
      await never(t),
    )
  })
}

test('a host that dies after a commit and does not know of it commits again, and ends as one that lived', async (t) => {
  const world = await open(t)
  await world.controller.commit()
  await world.controller.shutdown()
  const dice = new Dice(20_261_130)
  const deaths: string[] = []
  for (let last = ''; last !== 'done'; ) {
    last = await runUntilKilled(program, [world.directory], 1 + dice.roll(12))
    if (last !== 'done') deaths.push(last)
  }
  t.diagnostic(`died at: ${deaths.join(', ')}`)
  assert.ok(deaths.some((at) => at.startsWith('committed')) && deaths.some((at) => at.startsWith('played')))
  await world.open()
  assert.deepEqual(await end(world), await never(t))
})
