/** The end of stored objects: what keeps them, what lets them go, and that code cannot tell when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, type Scope, type World } from '../kit/world.ts'

const setup = `
  const single = { read: ({ state }) => state.value, set: ({ state }, value) => { state.value = value }, me: ({ self }) => self, leak: ({ state }) => state }
  const facets = { a: { read: ({ state }) => state.value, other: ({ facets }) => facets.b }, b: { set: ({ state }, value) => { state.value = value }, other: ({ facets }) => facets.a } }
  const init = (value) => ({ value })
  const handle = (tag) => provide(baggage, 'kind ' + tag, () => makeKindHandle(tag))
  me.durable = VatData.defineDurableKind(handle('Durable'), init, single)
  me.durablePair = VatData.defineDurableKindMulti(handle('DurablePair'), init, facets)
  me.virtual = VatData.defineKind('Virtual', init, single)
  me.virtualPair = VatData.defineKindMulti('VirtualPair', init, facets)
`
/** Garbage is collected after every delivery. */
const often = { collectionInterval: 2 }

async function openHome(scope: Scope): Promise<World> {
  return openWorld(scope, { vats: { home: { setup }, guest: {} }, config: often })
}

/** How many objects are in the store. */
async function stored(world: World): Promise<number> {
  await world.forgetAll()
  for (let n = 0; n < 3; n += 1) await world.ask('home', 'echo')
  for (let n = 0; n < 3; n += 1) await world.ask('guest', 'echo')
  await world.forgetAll()
  await world.ask('home', 'echo')
  const rows = [...(await world.rows('vat/v1')).keys()]
  return rows.filter((key) => key.startsWith('object.')).length
}

for (const maker of ['durable', 'virtual', 'durablePair', 'virtualPair']) {
  const isPair = maker.endsWith('Pair')
  const part = isPair ? '.a' : ''

  test(`a ${maker} object that nobody needs is deleted, with all its rows`, async (t) => {
    const world = await openHome(t)
    await world.run('home', `me.${maker}("gone")`)
    assert.equal(await stored(world), 0)
    const left = [...(await world.rows('vat/v1')).keys()].filter((key) => /o\+[dv]\d\d\/1/.test(key))
    assert.deepEqual(left, [])
  })

  const keepers: Readonly<Record<string, readonly [keep: string, release: string]>> = {
    'the heap has it': [`me.kept = me.${maker}("kept")${part}`, 'me.kept = undefined'],
    'the heap has its state or its record of facets': [
      isPair ? `me.kept = me.${maker}("kept")` : `me.kept = me.${maker}("kept").leak()`,
      'me.kept = undefined',
    ],
    'a closure has it': [`const it = me.${maker}("kept")${part}; me.kept = () => it`, 'me.kept = undefined'],
    'a virtual object refers to it': [
      `me.kept = me.virtual(me.${maker}("kept")${part})`,
      'me.kept.set(undefined)',
    ],
    ...(maker.startsWith('durable')
      ? {
          'the baggage refers to it': [
            `baggage.init("kept", me.${maker}("kept")${part})`,
            'baggage.delete("kept")',
          ] as const,
        }
      : {}),
  }
  for (const [why, [keep, release]] of Object.entries(keepers)) {
    test(`a ${maker} object lives as long as ${why}`, async (t) => {
      const world = await openHome(t)
      const others = why.startsWith('a virtual') ? 1 : 0
      await world.run('home', keep)
      assert.equal(await stored(world), 1 + others)
      await world.controller.evictWorkers()
      assert.equal(await stored(world), 1 + others)
      await world.run('home', release)
      assert.equal(await stored(world), others)
    })
  }

  test(`a ${maker} object lives as long as another vat has it`, async (t) => {
    const world = await openHome(t)
    await world.run(
      'guest',
      'me.kept = args[0]',
      (await world.run('home', `return me.${maker}("kept")${part}`)) as Remote,
    )
    assert.equal(await stored(world), 1)
    assert.equal(await world.run('guest', 'return E(me.kept).read()'), 'kept')
    await world.run('guest', 'me.kept = undefined')
    assert.equal(await stored(world), 0)
  })
}

for (const maker of ['durablePair', 'virtualPair']) {
  test(`any facet of a ${maker} keeps all of it`, async (t) => {
    const world = await openHome(t)
    for (const [facet, way] of [['a', 'me.kept.read()'], ['b', 'me.kept.other().read()']] as const) {
      await world.run('home', `me.kept = me.${maker}("kept").${facet}`)
      assert.equal(await stored(world), 1, facet)
      assert.equal(await world.run('home', `return ${way}`), 'kept')
    }
    await world.run('home', 'me.kept = undefined')
    assert.equal(await stored(world), 0)
  })

  test(`a ${maker} of which one facet was dropped by others lives by the other`, async (t) => {
    const world = await openHome(t)
    const { a, b } = (await world.run('home', `return me.${maker}("kept")`)) as { a: Remote; b: Remote }
    await world.run('guest', 'me.a = args[0]; me.b = args[1]', a, b)
    await world.run('guest', 'me.a = undefined')
    assert.equal(await stored(world), 1)
    assert.equal(await world.run('guest', 'return E(E(me.b).other()).read()'), 'kept')
    await world.run('guest', 'me.b = undefined')
    assert.equal(await stored(world), 0)
  })
}

// Ref3.
test('what is deleted lets go of what it referred to, down the chain', async (t) => {
  const world = await openHome(t)
  await world.run(
    'home',
    'let last = "end"; for (let n = 0; n < 5; n += 1) last = me.durable(last); baggage.init("chain", last)',
  )
  assert.equal(await stored(world), 5)
  await world.run('home', 'baggage.delete("chain")')
  assert.equal(await stored(world), 0)
})

test('a virtual object lets go of the ephemeral object that it referred to', async (t) => {
  const world = await openHome(t)
  await world.run(
    'home',
    'const thing = Far("thing", {}); me.ref = new WeakMap([[thing, 1]]); me.kept = me.virtual(thing)',
  )
  assert.equal(await stored(world), 1)
  assert.equal(await world.run('home', 'return me.ref.has(me.kept.read())'), true)
  await world.run('home', 'me.kept = undefined')
  assert.equal(await stored(world), 0)
})

test('virtual objects and the ephemeral ones that they referred to are gone after an upgrade, durable ones are not', async (t) => {
  const world = await openHome(t)
  await world.run(
    'home',
    'me.kept = [me.virtual(Far("thing", {})), me.virtualPair(1n)]; baggage.init("d", me.durable("there"))',
  )
  answerOf(await world.upgrade('home', { setup }))
  assert.equal(await world.run('home', 'return baggage.get("d").read()'), 'there')
})

// We2, Sl3.
test('that an object was collected in between cannot be seen', async (t) => {
  const world = await openHome(t)
  const see = `const it = baggage.get("it"), whole = it.other().other(); return harden([it === whole, me.set.has(it), me.set.has(it.other()), it.read()])`
  await world.run(
    'home',
    'const { a, b } = me.durablePair("x"); baggage.init("it", a); me.set = new WeakSet([a, b])',
  )
  const first = await world.run('home', see)
  await stored(world)
  await world.controller.evictWorkers()
  assert.deepEqual(await world.run('home', see), first)
  assert.deepEqual(first, [true, true, true, 'x'])
})
