/** Watches of promises: told once, in order, to whichever incarnation lives when the promise is settled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld, rejectionOf, type Scope, type VatRecipe, type World } from '../kit/world.ts'

/** Tells what it was told, and which incarnation it was. */
const home = (incarnation: string): VatRecipe => ({
  setup: `
    me.log = []
    const tell = (...entry) => { me.log.push(harden(['${incarnation}', ...entry])) }
    me.handle = provide(baggage, 'handle', () => makeKindHandle('Watcher'))
    me.watcher = VatData.providePromiseWatcher(me.handle, (...all) => tell('kept', ...all), (...all) => tell('broken', ...all))
    me.makeHalf = defineKind(baggage, 'Half', (name) => ({ name }), { onFulfilled: ({ state }, value) => tell(state.name, value) })
    me.makeCounter = defineKind(baggage, 'Counter', () => ({ count: 0n }), { onFulfilled: ({ state }) => tell(state.count += 1n), onRejected: ({ state }, reason) => tell(state.count += 1n, reason) })
  `,
})
const guest: VatRecipe = {
  setup: `me.kits = new Map(); me.open = (name) => { const kit = Promise.withResolvers(); me.kits.set(name, kit); return kit.promise }`,
}

const openPair = (scope: Scope): Promise<World> => openWorld(scope, { vats: { home: home('first'), guest } })
/** Code in the home vat that gives a promise, of which the guest knows how it will end. */
const promised = `E(guest).run("return me.open(args[0])", 'a')`
const inHome = async (world: World, code: string, ...more: unknown[]): Promise<unknown> =>
  world.run('home', `const [guest, ...more] = args; ${code}`, await world.root('guest'), ...more)
const log = (world: World): Promise<unknown> => world.run('home', 'return [...me.log]')
const upgrade = async (world: World, name = 'second'): Promise<unknown> =>
  answerOf(await world.upgrade('home', home(name)))
const keep = (world: World): Promise<unknown> =>
  world.run('guest', `me.kits.get('a').resolve(harden({ kept: 1n }))`)
const breakIt = (world: World): Promise<unknown> =>
  world.run('guest', `me.kits.get('a').reject(Error('broken'))`)
const value = { kept: 1n }

/** What happens between the watch and the end of the promise → which incarnation is told. */
const passages: Readonly<Record<string, readonly [who: string, pass: (world: World) => Promise<unknown>]>> = {
  'a crank': ['first', (world) => world.ask('home', 'echo')],
  'an eviction': ['first', (world) => world.controller.evictWorkers()],
  'closing and opening the store': ['first', (world) => world.reopen()],
  'an upgrade': ['second', (world) => upgrade(world)],
  'an upgrade, closing and opening': [
    'second',
    async (world) => {
      await upgrade(world)
      await world.reopen()
    },
  ],
  'two upgrades': [
    'third',
    async (world) => {
      await upgrade(world)
      await upgrade(world, 'third')
    },
  ],
  'an upgrade that fails': [
    'first',
    async (world) => {
      rejectionOf(await world.upgrade('home', { setup: 'throw Error("no")' }), 'upgrade-refused')
    },
  ],
}

for (const [name, [who, pass]] of Object.entries(passages)) {
  // Wa1.
  test(`a promise of another vat is watched over ${name}`, async (t) => {
    const world = await openPair(t)
    await inHome(world, `VatData.watchPromise(${promised}, me.watcher, 'x', harden([guest, me.watcher]))`)
    await pass(world)
    assert.deepEqual(await log(world), [])
    await keep(world)
    const [entry, ...more] = (await log(world)) as unknown[][]
    assert.deepEqual(entry?.slice(0, 4), [who, 'kept', value, 'x'])
    assert.deepEqual(more, [])
    const same = await inHome(
      world,
      'const [, , , , [g, w]] = me.log[0]; return harden([g === guest, w === me.watcher])',
    )
    assert.deepEqual(same, [true, true])
  })

  test(`a broken promise of another vat is told over ${name}`, async (t) => {
    const world = await openPair(t)
    await inHome(world, `VatData.watchPromise(${promised}, me.watcher)`)
    await pass(world)
    await breakIt(world)
    const [[, outcome, reason]] = (await log(world)) as [[string, string, Error]]
    assert.deepEqual([outcome, reason.message], ['broken', 'broken'])
  })
}

test('a promise of the vat itself is told in its incarnation, and with the disconnection after an upgrade', async (t) => {
  const world = await openPair(t)
  await inHome(world, `
    VatData.watchPromise(Promise.resolve(1n), me.watcher, 'settled before')
    VatData.watchPromise(Promise.reject(2n), me.watcher, 'rejected before')
    const kit = Promise.withResolvers(); me.kit = kit
    VatData.watchPromise(kit.promise, me.watcher, 'settled later')
    VatData.watchPromise(new Promise(() => {}), me.watcher, 'never')`)
  await inHome(world, 'me.kit.resolve(3n)')
  assert.deepEqual(await log(world), [
    ['first', 'kept', 1n, 'settled before'],
    ['first', 'broken', 2n, 'rejected before'],
    ['first', 'kept', 3n, 'settled later'],
  ])
  await upgrade(world)
  const disconnected = { name: 'vatUpgraded', upgradeMessage: 'vat upgraded', incarnationNumber: 0 }
  const [[who, outcome, reason, what]] = (await log(world)) as [[string, string, typeof disconnected, string]]
  assert.deepEqual([who, outcome, what], ['second', 'broken', 'never'])
  assert.deepEqual(
    [reason.name, reason.incarnationNumber],
    [disconnected.name, disconnected.incarnationNumber],
  )
})

test('a promise of the vat that others hold too: watched, settled, and disconnected', async (t) => {
  const world = await openPair(t)
  await inHome(world, `
    me.one = Promise.withResolvers(); me.two = Promise.withResolvers()
    E(guest).put('one', me.one.promise); E(guest).put('two', me.two.promise)
    VatData.watchPromise(me.one.promise, me.watcher, 'one'); VatData.watchPromise(me.two.promise, me.watcher, 'two')`,
  )
  await inHome(world, 'me.one.resolve(1n)')
  assert.deepEqual(await log(world), [['first', 'kept', 1n, 'one']])
  await upgrade(world)
  const entries = (await log(world)) as [string, string, { name: string }, string][]
  assert.deepEqual(
    entries.map(([who, outcome, reason, what]) => [who, outcome, reason.name, what]),
    [['second', 'broken', 'vatUpgraded', 'two']],
  )
})

test('an upgrade of the vat that was to keep the promise is told to the watcher', async (t) => {
  const world = await openPair(t)
  await inHome(world, `VatData.watchPromise(${promised}, me.watcher)`)
  answerOf(await world.upgrade('guest', guest))
  const [[, outcome, reason]] = (await log(world)) as [[string, string, { name: string }]]
  assert.deepEqual([outcome, reason.name], ['broken', 'vatUpgraded'])
})

test('watches of one promise are told in their order, and in turns of their own', async (t) => {
  const world = await openPair(t)
  await inHome(
    world,
    `const p = ${promised}
    VatData.watchPromise(p, me.watcher, 1n); VatData.watchPromise(p, me.makeHalf('half')); VatData.watchPromise(p, me.watcher, 2n)`,
  )
  await upgrade(world)
  await keep(world)
  assert.deepEqual(await log(world), [
    ['second', 'kept', value, 1n],
    ['second', 'half', value],
    ['second', 'kept', value, 2n],
  ])
})

test('a watcher without a method for the outcome, and one that throws, disturb no other', async (t) => {
  const world = await openPair(t)
  await inHome(world, `const p = ${promised}
    me.bad = defineKind(baggage, 'Bad', () => ({}), { onRejected: () => { throw Error('bad') } })
    VatData.watchPromise(p, me.makeHalf('half')); VatData.watchPromise(p, me.bad()); VatData.watchPromise(p, me.watcher)`,
  )
  await breakIt(world)
  assert.equal(((await log(world)) as unknown[]).length, 1)
})

test('watchers with state keep it', async (t) => {
  const world = await openPair(t)
  await inHome(
    world,
    `const counter = me.makeCounter(); VatData.watchPromise(Promise.resolve(1n), counter); VatData.watchPromise(${promised}, counter)`,
  )
  await upgrade(world)
  await keep(world)
  assert.deepEqual(await log(world), [['second', 2n]])
})

test('a watcher that never ends suspends its vat, and its heir is told instead', async (t) => {
  const world = await openWorld(t, {
    vats: { home: { ...home('first'), computronsPerDelivery: 20_000_000n }, guest },
  })
  await inHome(
    world,
    `const makeLoop = defineKind(baggage, 'Loop', () => ({}), { onFulfilled: () => { for (;;); } })
    VatData.watchPromise(${promised}, makeLoop())`,
  )
  await keep(world)
  assert.equal((await world.controller.vat('home')).status.kind, 'suspended')
  const { setup = '' } = home('second')
  answerOf(
    await world.upgrade('home', {
      setup: `${setup}; defineKind(baggage, 'Loop', () => ({}), { onFulfilled: (_, value) => tell('at last', value) })`,
    }),
  )
  assert.deepEqual(await log(world), [['second', 'at last', value]])
})

test('names of promises that an heir gives do not meet those that are watched', async (t) => {
  const world = await openPair(t)
  await inHome(world, `VatData.watchPromise(${promised}, me.watcher)`)
  await upgrade(world)
  const answers = await inHome(
    world,
    `return Promise.all([1n, 2n, 3n, 4n, 5n].map(async (n) => E(guest).same(n)))`,
  )
  assert.deepEqual(answers, [1n, 2n, 3n, 4n, 5n])
  await keep(world)
  assert.equal(((await log(world)) as unknown[]).length, 1)
})

test('the promise that is watched comes in again and is the same', async (t) => {
  const world = await openPair(t)
  await world.run('guest', `me.open('a')`)
  await inHome(
    world,
    `E(guest).run("return { p: me.kits.get('a').promise }").then(({ p }) => VatData.watchPromise(p, me.watcher))`,
  )
  await upgrade(world)
  await inHome(
    world,
    `E(guest).run("return { p: me.kits.get('a').promise }").then(({ p }) => VatData.watchPromise(p, me.watcher, 'again'))`,
  )
  await keep(world)
  assert.deepEqual(await log(world), [['second', 'kept', value], ['second', 'kept', value, 'again']])
})

// Wa3.
test('nothing is left of a watch that was told', async (t) => {
  const world = await openPair(t)
  await inHome(world, `VatData.watchPromise(${promised}, me.makeHalf('gone'), guest)`)
  await keep(world)
  const { vat } = await world.controller.vat('home')
  const left = [...(await world.rows(`vat/${vat}`)).keys()].filter(
    (key) => /^watch\./.test(key) || key.startsWith('count.o-'),
  )
  assert.deepEqual(left, [])
})

/** What cannot be watched, or cannot watch; each is refused at once and leaves no trace. */
const refused: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'not a promise': ['VatData.watchPromise(1n, me.watcher)', /a promise/],
  'a thenable': ['VatData.watchPromise({ then() {} }, me.watcher)', /a promise/],
  'no watcher': ['VatData.watchPromise(Promise.resolve(), undefined)', /durable object/],
  'a watcher that ends with the incarnation': [
    'VatData.watchPromise(Promise.resolve(), Far("w", { onFulfilled() {} }))',
    /durable object/,
  ],
  'an object of another vat': ['VatData.watchPromise(Promise.resolve(), guest)', /durable object/],
  'a durable object that is no watcher': [
    'VatData.watchPromise(Promise.resolve(), me.handle)',
    /onFulfilled/,
  ],
  'an argument that is not durable': [
    'VatData.watchPromise(Promise.resolve(), me.watcher, Far("x", {}))',
    /durable data/,
  ],
  'a promise as an argument': [
    'VatData.watchPromise(Promise.resolve(), me.watcher, Promise.resolve())',
    /a promise/,
  ],
  'a watcher that is not made of functions': [
    'VatData.providePromiseWatcher(makeKindHandle("T"), 1n)',
    /functions/,
  ],
}
for (const [name, [code, message]] of Object.entries(refused)) {
  test(`refused: ${name}`, async (t) => {
    const world = await openPair(t)
    const text = await inHome(world, `try { ${code}; return 'taken' } catch (error) { return error.message }`)
    assert.match(String(text), message)
    assert.deepEqual(await log(world), [])
  })
}
