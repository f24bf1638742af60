/** Which workers are in memory is decided by bytes too, and changes nothing but time. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OpenOptions } from '../../src/host/index.ts'
import { openWorld, puppet, readTrace, temporaryDirectory, type Scope, type World } from '../kit/world.ts'

const mebibyte = 1024 ** 2
const names = ['a', 'b', 'c', 'd', 'e']
const large = 'me.large = new Uint8Array(30 * 1024 * 1024).fill(7); return me.large.length'

async function course(scope: Scope, open: Omit<OpenOptions, 'directory'>): Promise<World> {
  const world = await openWorld(scope, {
    vats: Object.fromEntries(names.map((name) => [name, puppet])),
    config: { snapshotInterval: 4 },
    open,
  })
  for (const name of names) await world.run(name, 'me.n = 0n')
  await world.run('c', large)
  for (const name of [...names, ...names]) await world.run(name, 'return (me.n += 1n)')
  return world
}

async function seen(world: World): Promise<unknown> {
  const heaps = []
  for (const name of names) heaps.push(await world.controller.heapHash(name))
  return [await world.activityHash(), heaps]
}

const residents = async ({
  controller,
}: World): Promise<{ readonly number: number; readonly bytes: number }> => {
  const { residentWorkers: number, residentBytes: bytes } = await controller.storeStatus()
  return { number, bytes }
}

test('workers within the budget stay, whatever their number allows beyond it', async (t) => {
  const file = join(temporaryDirectory(t), 'trace.jsonl')
  const free = await course(t, {})
  const all = await residents(free)
  assert.equal(all.number, names.length)
  assert.ok(all.bytes > 30 * mebibyte + names.length * 4 * mebibyte, `${all.bytes}`)

  const tight = await course(t, { residentBytes: 24 * mebibyte, trace: { file } })
  const few = await residents(tight)
  assert.ok(few.number >= 2 && few.number < names.length && few.bytes <= 24 * mebibyte, JSON.stringify(few))
  await tight.controller.commit()
  assert.ok(readTrace(file, 'evicted').length > names.length)
  assert.deepEqual(await seen(tight), await seen(free))
})

test('a vat that grows makes others go; it alone may be larger than the budget', async (t) => {
  const world = await openWorld(t, {
    vats: Object.fromEntries(names.map((name) => [name, puppet])),
    open: { residentBytes: 40 * mebibyte },
  })
  for (const name of names) await world.run(name, 'return 1n')
  const before = await residents(world)
  assert.equal(before.number, names.length)
  await world.run('c', large)
  const grown = await residents(world)
  assert.ok(grown.number <= 1, `${grown.number}, the collection that may follow included`)
  assert.equal(await world.run('c', 'return me.large[12_345]'), 7)

  await world.reopen({ residentBytes: 1 })
  for (const name of names) await world.run(name, 'return 1n')
  assert.equal((await residents(world)).number, 1)
  assert.equal(await world.run('c', 'return me.large[12_345]'), 7)
  assert.equal(await world.run('a', 'return 2n'), 2n)
})

test('instances that are kept for the next worker count, and go first', async (t) => {
  const world = await openWorld(t, {
    vats: { a: puppet, b: puppet, c: puppet },
    open: { residentBytes: 20 * mebibyte },
  })
  for (const name of ['a', 'b', 'c']) await world.run(name, 'return 1n')
  await world.controller.evictWorkers()
  const { number, bytes } = await residents(world)
  assert.deepEqual(
    [number, bytes > 4 * mebibyte && bytes <= 20 * mebibyte],
    [0, true],
    `${bytes} bytes in spare instances`,
  )
})
