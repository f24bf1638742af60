/** `WeakMap` and `WeakSet` of vats: entries under what can be made again, and their end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld, puppet, type Scope, type World } from '../kit/world.ts'

const setup = `me.makeThing = defineKind(baggage, 'Thing', (n) => ({ n }), { n: ({ state }) => state.n })
  me.virtual = () => VatData.makeScalarBigMapStore('virtual')`
const openCollecting = (t: Scope): Promise<World> =>
  openWorld(t, { vats: { home: { setup }, guest: puppet }, config: { collectionInterval: 2 } })

const pass = async (one: World): Promise<void> => {
  for (let n = 0; n < 4; n += 1) await one.ask('home', 'echo')
}
const objects = async (one: World): Promise<number> =>
  [...(await one.rows('vat/v1')).keys()].filter((key) => key.startsWith('object.')).length

test('an entry under a stored object is found after the object was collected and made again', async (t) => {
  const one = await openCollecting(t)
  await one.run('home', `me.map = new WeakMap(); me.set = new WeakSet(); me.holder = me.virtual()
    const thing = me.makeThing(1n), inner = me.virtual(); me.holder.init('thing', thing); me.holder.init('inner', inner)
    for (const key of [thing, inner]) { me.map.set(key, 'value'); me.set.add(key) }`)
  await pass(one)
  const code =
    "return harden(['thing', 'inner'].map((name) => { const key = me.holder.get(name); return [me.map.get(key), me.set.has(key), me.map.delete(key), me.map.has(key)] }))"
  assert.deepEqual(await one.run('home', code), [
    ['value', true, true, false],
    ['value', true, true, false],
  ])
})

test('an entry ends with its object, and lets go of its value', async (t) => {
  const one = await openCollecting(t)
  await one.run(
    'home',
    "me.map = new WeakMap(); me.holder = me.virtual(); const key = me.makeThing(1n); me.holder.init('key', key); me.map.set(key, me.makeThing(2n))",
  )
  await pass(one)
  assert.equal(await objects(one), 2)
  await one.run('home', "me.holder.delete('key')")
  await pass(one)
  assert.equal(await objects(one), 0)
})

test('entries end with their collection, also when a value leads back to it', async (t) => {
  const one = await openCollecting(t)
  await one.run('home', `me.holder = me.virtual(); const key = me.makeThing(1n); me.holder.init('key', key)
    const map = new WeakMap(); map.set(key, [map, me.makeThing(2n)])`)
  await pass(one)
  assert.equal(await objects(one), 1)
})

// Sl4.
test('an import stays recognizable as long as an entry is under it', async (t) => {
  const one = await openCollecting(t)
  await one.run('guest', 'me.thing = Far("thing", {})')
  await one.run('home', 'me.map = new WeakMap()')
  const home = await one.root('home')
  await one.run('guest', 'return E(args[0]).run(args[1], me.thing)', home, 'me.map.set(args[0], "value")')
  await pass(one)
  assert.equal(
    await one.run('guest', 'return E(args[0]).run(args[1], me.thing)', home, 'return me.map.get(args[0])'),
    'value',
  )
})
