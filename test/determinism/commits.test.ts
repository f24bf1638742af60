/**
 * Where a host commits is its own affair: the same inputs with commits anywhere give the same hashes.
 *
 * The work does what a kernel remembers with its place in time: it suspends and resumes a vat, upgrades and ends
 * vats, pauses the kernel, and has vats ask for their status. Snapshots fall due at every third delivery.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRows } from '../kit/rows.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { openWorld } from '../kit/world.ts'
import type { Scope, World } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { found, play, steps } from './lives.ts'

const config = { snapshotInterval: 3, collectionInterval: 7 }
const program = join(import.meta.dirname, 'committing-host.ts')

/** What is done after a step. */
type Interlude = 'nothing' | 'commit' | 'two commits' | 'commit and reopen'

interface End {
  readonly activityHash: string
  readonly cranks: number
  readonly heaps: readonly string[]
  readonly history: unknown
  readonly kernel: ReadonlyMap<string, string>
}

async function open(scope: Scope): Promise<World> {
  const world = await openWorld(scope, { config })
  await found(world.controller)
  return world
}

async function end(world: World): Promise<End> {
  const { controller, directory } = world
  await controller.commit()
  const { activityHash, cranks } = await controller.storeStatus()
  const heaps = [await controller.heapHash('one'), await controller.heapHash('two')]
  return { activityHash, cranks, heaps, history: await controller.history('one'), kernel: readRows(directory, 'kernel') }
}

async function live(scope: Scope, interlude: (step: number) => Interlude): Promise<End> {
  const world = await open(scope)
  for (let step = 0; step < steps; step += 1) {
    await play(world.controller, step)
    const next = interlude(step)
    if (next !== 'nothing') await world.controller.commit()
    if (next === 'two commits') await world.controller.commit()
    if (next === 'commit and reopen') await world.restart()
  }
  return end(world)
}

const baseline: { of?: Promise<End> } = {}
const never = (scope: Scope): Promise<End> => (baseline.of ??= live(scope, () => 'nothing'))

test('the work takes snapshots, upgrades, suspends and ends vats', async (t) => {
  const { kernel, history } = await never(t)
  const texts = [...kernel].map(([key, value]) => `${key} ${value}`)
  assert.ok(texts.some((text) => /^vat\.v1 .*"heapHash":"[0-9a-f]{64}"/.test(text)))
  assert.ok(texts.some((text) => /^ended\.v3 .*"since":\d+/.test(text)), 'a vat has ended')
  assert.ok((history as readonly unknown[]).length > 3)
})

const ways: Readonly<Record<string, () => (step: number) => Interlude>> = {
  'after each step': () => () => 'commit',
  'twice after each step': () => () => 'two commits',
  'before the store is closed and opened again': () => (step) => (step % 4 === 1 ? 'commit and reopen' : 'nothing'),
  ...Object.fromEntries(
    [1, 2, 3].map((seed) => [`at places of seed ${seed}`, () => {
      const dice = new Dice(seed)
      return () => dice.pick(['nothing', 'nothing', 'commit', 'two commits', 'commit and reopen'] as const)
    }]),
  ),
}

for (const [name, way] of Object.entries(ways)) {
  test(`commits ${name} change no hash and no row of the kernel`, async (t) => {
    assert.deepEqual(await live(t, way()), await never(t))
  })
}

test('a host that dies after a commit and does not know of it commits again, and ends as one that lived', async (t) => {
  const world = await open(t)
  await world.controller.commit()
  await world.controller.shutdown()
  const dice = new Dice(20_261_130)
  const deaths: string[] = []
  for (let last = ''; last !== 'done'; ) {
    last = await runUntilKilled(program, [world.directory], 1 + dice.roll(8))
    if (last !== 'done') deaths.push(last)
  }
  t.diagnostic(`died at: ${deaths.join(', ')}`)
  assert.ok(deaths.some((at) => at.startsWith('committed')) && deaths.some((at) => at.startsWith('played')))
  await world.open()
  assert.deepEqual(await end(world), await never(t))
})
