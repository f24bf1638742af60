/** Durable objects that only an ended heap needed are found though the old incarnation could not collect. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import { answerOf, openWorld, puppet, type Scope, type World } from '../kit/world.ts'

const setup = `
  me.make = defineKind(baggage, 'Box', (value) => ({ value }), { read: ({ state }) => state.value, set: ({ state }, value) => { state.value = value } })
  me.map = () => VatData.makeScalarBigMapStore('map', { durable: true })
`
const collectionInterval = 60

const open = (scope: Scope): Promise<World> =>
  openWorld(scope, {
    vats: { home: { setup, computronsPerDelivery: 10_000_000n }, guest: puppet },
    config: { collectionInterval },
  })

/** The vat's own rows, but for those that every incarnation writes anew. */
async function stored(world: World): Promise<string[]> {
  const { vat } = await world.controller.vat('home')
  return [...(await world.rows(`vat/${vat}`)).keys()]
    .filter((key) => /^(?:object|collection|entry|size|count|export|loose|weak|uncollected)/.test(key))
    .sort()
}

/** The dead of both vats are brought out so many times. */
async function collect(world: World, times = 2): Promise<void> {
  for (let n = 0; n < times * collectionInterval; n += 1)
    for (const vat of ['home', 'guest']) await world.ask(vat, 'echo')
}

/** How an old incarnation comes not to collect before it is replaced → what the upgrade says of it. */
const skipped: Readonly<Record<string, readonly [happens: (world: World) => Promise<void>, says: RegExp]>> = {
  'a fault had suspended it': [
    async (world) => {
      await world.outcome(
        'home',
        'run',
        'E(args[0]).same(1n).then(() => { for (;;) {} })',
        await world.root('guest'),
      )
      assert.equal((await world.controller.vat('home')).status.kind, 'suspended')
    },
    /^the vat was suspended/,
  ],
  'the host had suspended it': [
    async (world) => {
      await world.settle(await world.controller.suspendVat('home', 'for a while'))
    },
    /for a while$/,
  ],
}

/** What the old heap alone needed, or nobody. */
const strays: Readonly<Record<string, string>> = {
  'an object in a variable': 'me.kept = me.make(1n)',
  'an object that nobody had after the delivery': 'me.make(1n)',
  'a collection with entries': "me.kept = me.map(); me.kept.init('a', me.make(1n)); me.kept.init('b', 2n)",
  'an object that was taken from the baggage':
    "baggage.init('box', me.make(1n)); me.kept = baggage.get('box'); baggage.delete('box')",
  'an object that held an object of another vat':
    'return E(args[0]).run(\'return Far("thing", {})\').then((thing) => { me.kept = me.make(thing) })',
  'an object that another vat had': "me.kept = me.make(1n); return E(args[0]).run('args[0]', me.kept)",
  'a weak key of a durable map':
    "baggage.init('weak', VatData.makeScalarBigWeakMapStore('weak', { durable: true })); me.kept = me.make(1n); baggage.get('weak').init(me.kept, me.make(2n))",
}

for (const [why, [happens, says]] of Object.entries(skipped)) {
  // Und1.
  test(`what only the old heap needed is collected by the heir when ${why}`, async (t) => {
    const world = await open(t)
    const guest = await world.root('guest')
    await world.run(
      'home',
      "baggage.init('stays', me.make(1n)); baggage.get('stays').set(me.make(2n)); baggage.init('map', me.map()); baggage.get('map').init('x', me.make(3n))",
    )
    await collect(world)
    const before = await stored(world)
    for (const code of Object.values(strays)) await world.run('home', code, guest)
    await happens(world)
    const { collectionSkipped } = answerOf(await world.upgrade('home', { setup })) as DurableUpgrade
    assert.match(collectionSkipped ?? 'nothing', says)
    assert.ok((await stored(world)).length > before.length + Object.keys(strays).length)
    await collect(world, 9)
    await world.run('home', "me.kept = me.make('of the heir'); baggage.delete('weak')")
    await collect(world)
    const fresh = (await stored(world)).filter((key) => !before.includes(key))
    assert.deepEqual(
      fresh.map((key) => key.split('.')[0]),
      ['loose', 'object'],
      'the heir has one object of its own',
    )
    assert.deepEqual(
      before.filter((key) => !fresh.includes(key)),
      before,
    )
    assert.equal(await world.run('home', 'return me.kept.read()'), 'of the heir')
    assert.equal(await world.run('home', "return baggage.get('map').get('x').read()"), 3n)
    assert.equal(await world.run('home', "return baggage.get('stays').read().read()"), 2n)
  })
}

const count = async (world: World): Promise<number> =>
  (await stored(world)).filter((key) => key.startsWith('object.')).length
const isMarked = async (world: World): Promise<boolean> => (await stored(world)).includes('uncollected')

test('many strays are found some at a time, also by the heir of the heir', async (t) => {
  const world = await open(t)
  const many = 2_500
  for (let n = 0; n < many; n += 250) await world.run('home', 'for (let n = 0; n < 250; n += 1) me.make(1n)')
  await world.settle(await world.controller.suspendVat('home', 'for a while'))
  assert.match(
    (answerOf(await world.upgrade('home', { setup })) as DurableUpgrade).collectionSkipped ?? '',
    /for a while/,
  )
  assert.equal(await count(world), many)
  // An upgrade asks the old incarnation once only, and its heir begins the search anew.
  const left: number[] = []
  for (let n = 0; n < 2; n += 1) {
    const request = await world.controller.upgradeVat('home', await world.install({ setup }), {
      parameters: { setup },
    })
    while ((await world.controller.status(request)).kind === 'pending')
      await world.controller.run({ cranks: 1 })
    assert.equal((answerOf(await world.take(request)) as DurableUpgrade).collectionSkipped, null)
    left.push(await count(world))
    assert.equal(await isMarked(world), true)
  }
  const [first = 0, second = 0] = left
  assert.ok(many > first && first > second && second > 0, String(left))
  // The heir is asked by itself until nothing is left.
  await world.controller.run()
  assert.deepEqual([await count(world), await isMarked(world)], [0, false])
})

test('who collects in good order leaves no mark, and its heir does not search', async (t) => {
  const world = await open(t)
  await world.run('home', 'me.kept = me.make(1n); me.make(2n)')
  assert.equal(await isMarked(world), true)
  answerOf(await world.upgrade('home', { setup }))
  assert.equal(await isMarked(world), false)
  await collect(world, 1)
  assert.equal(await count(world), 0)
})
