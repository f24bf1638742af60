/**
 * However much garbage there is in a vat, of whatever sort, it goes in bounded pieces, by itself, whatever
 * happens meanwhile.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { answerOf, forTheFile, openWorld, type Scope, type World, type WorldOptions } from '../kit/world.ts'
import {
  checkGone,
  checkPieces,
  comeDue,
  config,
  heaps,
  home,
  letGo,
  pile,
  runPieces,
  stored,
  type HeapName,
} from './garbage/heaps.ts'

const open = (scope: Scope, options: WorldOptions = {}): Promise<World> =>
  openWorld(scope, { vats: { home }, config, ...options })

const world = await open(forTheFile)

for (const name of Object.keys(heaps) as HeapName[]) {
  test(`${name}, dropped, goes in pieces`, () => checkPieces(world, name))
}

/**
 * A closed store with a heap of garbage in it, whose first collection is in the run-queue, and the rows
 * before.
 */
async function prepare(
  scope: Scope,
  name: HeapName,
  count: number,
): Promise<{ readonly directory: string; readonly before: readonly string[] }> {
  const one = await open(scope)
  await comeDue(one)
  await one.controller.run()
  const before = await stored(one)
  await pile(one, name, count)
  await letGo(one, name)
  await comeDue(one)
  await one.controller.commit()
  await one.controller.shutdown()
  one.state = 'ended'
  return { directory: one.directory, before }
}

/** What may come between two cranks of a collection and must change nothing in the vat. */
const interruptions: Readonly<
  Record<string, { readonly options?: WorldOptions; readonly between?: (world: World) => Promise<void> }>
> = {
  nothing: {},
  'its worker being evicted': { options: { open: { eviction: 'after-each-crank' } } },
  'the store being closed and opened': { between: (one) => one.reopen() },
}

/** By how many upgrades it is interrupted: what is virtual ends with the first. */
const heirs = { 'a durable map of objects': 2, 'virtual objects in the heap': 1 } as const

for (const name of Object.keys(heirs) as (keyof typeof heirs)[]) {
  const count = 3 * heaps[name].together
  // Ref2, Sl7.
  test(`${name} goes in the same way whatever happens to memory`, async (t) => {
    const { directory, before } = await prepare(t, name, count)
    const courses: string[] = []
    for (const { options = {}, between = async () => {} } of Object.values(interruptions)) {
      const one = await openWorld(t, { ...options, from: directory })
      while ((await one.controller.run({ cranks: 10 })).ended !== 'idle') await between(one)
      await checkGone(one, before)
      courses.push(JSON.stringify([await one.transcript('home'), await one.controller.heapHash('home')]))
    }
    for (const course of courses) assert.ok(course === courses[0], 'it went another way')
  })

  // De3.
  test(`${name} goes though the vat is upgraded in the middle`, async (t) => {
    const { directory, before } = await prepare(t, name, 2 * count)
    const one = await openWorld(t, { from: directory })
    for (let heir = 0; heir < heirs[name]; heir += 1) {
      await runPieces(one, 1)
      const request = await one.controller.upgradeVat('home', await one.install(home), {
        parameters: { setup: home.setup },
      })
      while ((await one.controller.status(request)).kind === 'pending')
        await one.controller.run({ cranks: 1 })
      answerOf(await one.take(request))
      await comeDue(one)
    }
    await comeDue(one)
    await one.controller.run()
    await checkGone(one, before)
  })
}

const program = join(import.meta.dirname, 'garbage', 'collecting-host.ts')

const live = (directory: string, steps: number): Promise<string> =>
  runUntilKilled(program, [directory], steps)

test('a collection goes on where it was when its host is killed', async (t) => {
  const { directory, before } = await prepare(t, 'a durable map of objects', 3_200)
  const calm = await openWorld(t, { from: directory })
  while ((await calm.controller.run({ cranks: 1 })).ended !== 'idle') await calm.controller.commit()
  await calm.controller.commit()
  const killed = await openWorld(t, { from: directory })
  await killed.controller.shutdown()
  // Past the messages, of which each is a crank.
  for (const steps of [84, 4, 7, 2, 5]) {
    assert.notEqual(await live(killed.directory, steps), 'done')
    assert.deepEqual(await deviationsIn(killed.directory), [])
  }
  assert.equal(await live(killed.directory, Infinity), 'done')
  await killed.restart()
  assert.equal(await killed.controller.heapHash('home'), await calm.controller.heapHash('home'))
  assert.deepEqual(await killed.transcript('home'), await calm.transcript('home'))
  await checkGone(killed, before)
})
