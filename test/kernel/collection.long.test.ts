/**
 * Garbage: what nobody refers to any more is dropped by its holder, and its owner is told, after a count of
 * deliveries.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import type { DeliveryKind } from '../../src/protocol/worker/delivery.ts'
import { maxReleasedPerDelivery } from '../../src/protocol/limits.ts'
import { answerOf, forTheFile, openWorld, puppet } from '../kit/world.ts'

const collectionInterval = 5
const world = await openWorld(forTheFile, {
  vats: { owner: puppet, holder: puppet },
  config: { collectionInterval },
})

/** Deliveries to the vat until it has collected its garbage, and whoever is concerned was told. */
async function collect(name: string): Promise<void> {
  await world.forgetAll()
  for (let delivery = 0; delivery <= collectionInterval; delivery += 1) await world.ask(name, 'echo')
  await world.forgetAll()
  await world.controller.run()
}

const row = async (key: string): Promise<string | undefined> => (await world.rows('kernel')).get(key)

/** The deliveries of this kind that the vat got since its transcript had so many entries. */
async function deliveriesSince(name: string, start: number, kind: DeliveryKind): Promise<unknown[]> {
  return (await world.transcript(name))
    .slice(start)
    .map(({ delivery }) => delivery)
    .filter((delivery) => delivery.kind === kind)
}

async function syscallsSince(name: string, start: number): Promise<unknown[]> {
  return (await world.transcript(name))
    .slice(start)
    .flatMap(({ syscalls }) => syscalls)
    .filter(({ kind }) => kind === 'dropImports' || kind === 'retireImports')
}

/** An object of the owner that the holder holds, and how far the transcripts are. */
async function handOver(
  hold: string,
  make = 'Far("thing", { f: () => 1n })',
): Promise<{ kref: string; thing: Remote; owner: number; holder: number }> {
  await world.forgetAll()
  const thing = (await world.run('owner', `return ${make}`)) as Remote
  await world.run('holder', hold, thing)
  return {
    kref: thing.kref,
    thing,
    owner: (await world.transcript('owner')).length,
    holder: (await world.transcript('holder')).length,
  }
}

test('an object that is held is not collected', async () => {
  const { kref } = await handOver('me.held = args[0]')
  await collect('holder')
  assert.equal(await row(`object.${kref}`), 'v1 1 1')
  assert.equal(await world.run('holder', 'return E(me.held).f()'), 1n)
})

// Rk3.
test('an object that is dropped is told to its owner: dropped, then retired, and its rows are gone', async () => {
  const { kref, owner, holder } = await handOver('me.second = args[0]')
  const vref = (await row(`c.v1.${kref}`))?.slice(2)
  await world.run('holder', 'me.second = undefined')
  assert.match(String(await row(`c.v2.${kref}`)), /^R /, 'not before a collection')
  await collect('holder')
  const imports = (await syscallsSince('holder', holder)) as { kind: string; imports: string[] }[]
  assert.deepEqual(
    imports.map(({ kind }) => kind),
    ['dropImports', 'retireImports'],
  )
  assert.deepEqual(await deliveriesSince('owner', owner, 'dropExports'), [
    { kind: 'dropExports', exports: [vref] },
  ])
  assert.deepEqual(await deliveriesSince('owner', owner, 'retireExports'), [
    { kind: 'retireExports', exports: [vref] },
  ])
  for (const key of [`object.${kref}`, `c.v1.${kref}`, `c.v1.${vref}`, `c.v2.${kref}`])
    assert.equal(await row(key), undefined, key)
})

test('an object in a cycle of garbage is dropped too', async () => {
  const { kref } = await handOver('const cycle = { thing: args[0] }; cycle.self = cycle')
  await collect('holder')
  await collect('holder')
  assert.equal(await row(`object.${kref}`), undefined)
})

test('an object that comes back before the collection is not dropped', async () => {
  const { kref, thing, holder } = await handOver('me.gone = args[0]; me.gone = undefined')
  await world.run('holder', 'me.back = args[0]', thing)
  await collect('holder')
  assert.deepEqual(await syscallsSince('holder', holder), [])
  assert.equal(await row(`object.${kref}`), 'v1 1 1')
})

test('an object that was retired and is sent again works under a new name', async () => {
  const { kref } = await handOver('', '(me.again = Far("again", { f: () => 1n }))')
  await collect('holder')
  assert.equal(await row(`object.${kref}`), undefined)
  const again = (await world.run('owner', 'return me.again')) as Remote
  assert.notEqual(again.kref, kref)
  assert.equal(await world.ask(again, 'f'), 1n)
  assert.equal(await world.run('owner', 'return me.again === args[0]', again), true)
})

test('a durable object that nobody holds keeps its state, and is sent again', async () => {
  await world.create('durable', {
    setup:
      "me.make = defineKind(baggage, 'K', () => ({ n: 1n }), { add: ({ state }) => (state.n += 1n) }); provide(baggage, 'k', () => me.make())",
  })
  const first = (await world.run('durable', 'return baggage.get("k")')) as Remote
  assert.equal(await world.ask(first, 'add'), 2n)
  await collect('holder')
  assert.equal(await row(`object.${first.kref}`), undefined)
  const again = (await world.run('durable', 'return baggage.get("k")')) as Remote
  assert.equal(await world.ask(again, 'add'), 3n)
})

test('an import that only the baggage holds is not collected', async () => {
  const { kref } = await handOver('baggage.init("kept", args[0])')
  await collect('holder')
  await collect('holder')
  assert.equal(await world.run('holder', 'return E(baggage.get("kept")).f()'), 1n)
  assert.match(String(await row(`object.${kref}`)), /^v1 [1-9]/)
})

test('an import that only the memory of the old incarnation held is dropped by an upgrade', async () => {
  await world.create('heir')
  const thing = (await world.run('owner', 'return Far("thing", {})')) as Remote
  await world.run('heir', 'me.held = args[0]', thing)
  await world.forgetAll()
  await world.upgrade('heir')
  await world.forgetAll()
  await world.controller.run()
  assert.equal(await row(`object.${thing.kref}`), undefined)
})

test('an abandoned object is gone when its last holder drops it', async () => {
  await world.create('former')
  const thing = (await world.run('former', 'return Far("thing", {})')) as Remote
  await world.run('holder', 'me.held = args[0]', thing)
  answerOf(await world.upgrade('former'))
  await world.forgetAll()
  assert.equal(await row(`object.${thing.kref}`), 'abandoned 1 1')
  await world.run('holder', 'me.held = undefined')
  await collect('holder')
  assert.equal(await row(`object.${thing.kref}`), undefined)
})

// Ce3.
test('an entry of a weak collection is found after its key was collected and sent again', async () => {
  const { kref, thing, holder } = await handOver(
    'me.weak = new WeakMap([[args[0], "value"]])',
    '(me.key = Far("key", {}))',
  )
  await world.create('third')
  await world.run('third', 'me.held = args[0]', thing)
  await collect('holder')
  assert.deepEqual(
    ((await syscallsSince('holder', holder)) as { kind: string }[]).map(({ kind }) => kind),
    ['dropImports'],
  )
  assert.equal(await row(`object.${kref}`), 'v1 1 2')
  assert.match((await row(`c.v2.${kref}`)) ?? '', /^_ /)
  const key = await world.run('owner', 'return me.key')
  assert.equal(await world.run('holder', 'return me.weak.get(args[0])', key), 'value')
  assert.match((await row(`c.v2.${kref}`)) ?? '', /^R /, 'the holder can send to it again')
})

/** Ends of an entry, after its key was dropped. */
const endings: Readonly<Record<string, readonly [prepare: string, end: string]>> = {
  'its collection is collected': ['me.weak = new WeakMap([[args[0], { self: 1 }]])', 'me.weak = undefined'],
  'its collection, which it refers to, is collected': [
    'me.weak = new WeakMap(); me.weak.set(args[0], me.weak)',
    'me.weak = undefined',
  ],
  'the entry is deleted': ['me.weak = new WeakSet([args[0]])', 'me.weak.delete(args[0])'],
}

for (const [name, [prepare, end]] of Object.entries(endings)) {
  test(`a dropped import is retired once ${name}`, async () => {
    const { kref, thing } = await handOver(prepare, '(me.key = Far("key", {}))')
    await collect('holder')
    assert.equal(await row(`object.${kref}`), 'v1 0 1')
    await world.run('holder', end, thing)
    await collect('holder')
    await collect('holder')
    assert.equal(await row(`object.${kref}`), undefined)
  })
}

test('what the host was answered is held until it forgets the result', async () => {
  await world.forgetAll()
  const thing = (await world.run('owner', 'return Far("for the host", { f: () => 2n })')) as Remote
  await world.controller.run()
  assert.equal(await world.ask(thing, 'f'), 2n)
  await world.forgetAll()
  await world.controller.run()
  assert.equal(await row(`object.${thing.kref}`), undefined)
})

/** Exchanges that must leave nothing behind, each done many times. */
const exchanges: Readonly<Record<string, string>> = {
  'answers with data': 'await E(args[0]).add(1n, 2n)',
  'answers with objects': 'await E(args[0]).same(Far("x", {}))',
  'promises': 'await E(args[0]).same(Promise.resolve(1n))',
  'promises inside records': 'await E(args[0]).echo({ p: Promise.resolve({ q: Promise.resolve(1n) }) })',
  'pipelined messages': 'await E(E(args[0]).same(Far("x", { f: () => 1n }))).f()',
  'rejections': 'await E(args[0]).throws("no").catch(() => {})',
  'messages to what is rejected': 'await E(E(args[0]).throws("no")).f().catch(() => {})',
  sendOnly: 'E.sendOnly(args[0]).add(1n, 2n)',
  'messages to oneself through another':
    'await E(E(args[0]).same(Far("x", { f: () => Promise.resolve(2n) }))).f()',
}

for (const [name, code] of Object.entries(exchanges)) {
  test(`${name} leave nothing behind in the kernel`, async () => {
    const once = async (): Promise<number> => {
      await world.run(
        'owner',
        `${code.includes('await') ? code : `await null; ${code}`}`,
        await world.root('holder'),
      )
      await collect('holder')
      await collect('owner')
      await collect('holder')
      return (await world.rows('kernel')).size
    }
    await once()
    const before = await once()
    for (let time = 0; time < 4; time += 1)
      await world.run(
        'owner',
        `${code.includes('await') ? code : `await null; ${code}`}`,
        await world.root('holder'),
      )
    assert.equal(await once(), before)
  })
}

test('a vat that is asked to collect after each delivery comes to rest', async (t) => {
  const one = await openWorld(t, { vats: { home: puppet }, config: { collectionInterval: 1 } })
  assert.deepEqual(await one.ask('home', 'echo', 5n), [5n])
})

test('however many others let go of at once, the owner is told in pieces that it can take', async (t) => {
  const many = 2_300
  // A piece takes some million computrons.
  const world = await openWorld(t, {
    vats: { owner: { computronsPerDelivery: 10_000_000n }, holder: { setup: 'me.all = []' } },
  })
  for (let n = 0; n < many / 100; n += 1)
    await world.run(
      'owner',
      'E.sendOnly(args[0]).run("me.all.push(args)", ...Array.from({ length: 100 }, () => Far("x", {})))',
      await world.root('holder'),
    )
  await world.forgetAll()
  // All that only the heap held ends with the incarnation, in one crank.
  answerOf(await world.upgrade('holder'))
  await world.controller.run()
  const told = (await world.transcript('owner'))
    .map(({ delivery }) => delivery)
    .filter((delivery) => delivery.kind === 'dropExports')
  const sizes = told.map(({ exports }) => exports.length)
  assert.deepEqual(
    [Math.max(...sizes), sizes.reduce((sum, size) => sum + size, 0)],
    [maxReleasedPerDelivery, many],
  )
  assert.equal((await world.controller.vat('owner')).status.kind, 'running')
})
