/** A host that is killed at any instant goes on from its last block, and everything happens once. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { openWorld, puppet } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { keeper, notesEach, playBlock } from './notes.ts'

const blocks = 30
const kills = 6
const program = join(import.meta.dirname, 'killed-host.ts')

/** Runs the host until it has told so many steps, and kills it there. Gives what it told last, or `done`. */
const live = (directory: string, steps: number): Promise<string> =>
  runUntilKilled(program, [directory, String(blocks)], steps)

test('a host killed six times at random steps has done everything once, with the hashes of one that lived', async (t) => {
  const vats = { messenger: puppet, keeper }
  const options = { vats, config: { snapshotInterval: 5, collectionInterval: 9 } }
  const calm = await openWorld(t, options)
  await calm.controller.commit()
  for (let block = 0; block < blocks; block += 1) await playBlock(calm.controller, block)

  const killed = await openWorld(t, options)
  await killed.controller.commit()
  await killed.controller.shutdown()
  const seed = 20_261_120
  const dice = new Dice(seed)
  const deaths: string[] = []
  while (deaths.length < kills) {
    const last = await live(killed.directory, 2 + dice.roll(45))
    if (last === 'done') break
    deaths.push(last)
    assert.deepEqual(await deviationsIn(killed.directory), [], `after death at ${last}`)
  }
  t.diagnostic(`seed ${seed}; died at: ${deaths.join(', ')}`)
  assert.ok(deaths.length >= 5, `${deaths.length} deaths`)
  assert.equal(await live(killed.directory, Infinity), 'done')

  await killed.restart()
  assert.equal(await killed.activityHash(), await calm.activityHash())
  const notes = await killed.run('keeper', 'return me.book.read()')
  assert.deepEqual(notes, Array.from({ length: blocks * notesEach }, (_, number) => BigInt(number)))
  assert.deepEqual(await calm.run('keeper', 'return me.book.read()'), notes)
  assert.equal(await killed.controller.heapHash('keeper'), await calm.controller.heapHash('keeper'))
})
