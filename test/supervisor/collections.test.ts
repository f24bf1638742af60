/** Stored collections: maps, sets and their weak kin, over cranks, evictions, restarts and upgrades. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, forTheFile, openWorld, puppet, type World } from '../kit/world.ts'

const kinds = `
  me.makeThing = defineKind(baggage, 'Thing', (n) => ({ n }), { n: ({ state }) => state.n })
  const any = (tag, payload) => harden(Object.create(Object.prototype, {
    [Symbol.for('passStyle')]: { value: 'tagged' }, [Symbol.toStringTag]: { value: tag }, payload: { value: payload, enumerable: true } }))
  me.M = { string: () => any('match:string', []), bigint: () => any('match:bigint', []), gte: (x) => any('match:gte', x), lt: (x) => any('match:lt', x),
    and: (...x) => any('match:and', x), number: () => any('match:kind', 'number'), remotable: () => any('match:kind', 'remotable') }
  me.tries = (...codes) => harden(codes.map((code) => { try { return code() } catch (error) { return error.name + ': ' + error.message } }))
`
const world = await openWorld(forTheFile, {
  vats: { home: { setup: kinds }, guest: puppet },
  config: { snapshotInterval: 5 },
})
const run = (code: string, ...args: unknown[]): Promise<unknown> => world.run('home', code, ...args)

const prelude = `const { M, makeThing, tries } = me
  const map = VatData.makeScalarBigMapStore('m'), set = VatData.makeScalarBigSetStore('s')
  const weakMap = VatData.makeScalarBigWeakMapStore('w'), weakSet = VatData.makeScalarBigWeakSetStore('ws')
  const durable = VatData.makeScalarBigMapStore('d', { durable: true }), durableSet = VatData.makeScalarBigSetStore('ds', { durable: true })
`

/** Code, and what it gives. */
const cases: Readonly<Record<string, readonly [code: string, answer: unknown]>> = {
  'init, get, set, has, delete': [
    'map.init("a", 1n); const one = map.get("a"); map.set("a", 2n); const two = map.get("a"); map.delete("a"); return harden([one, two, map.has("a"), map.getSize()])',
    [1n, 2n, false, 0],
  ],
  'errors name key and label': [
    'map.init("a", 1); return tries(() => map.get("b"), () => map.set(5n, 1), () => map.delete(1.5), () => map.init("a", 2), () => set.delete(null), () => weakMap.get(Symbol.iterator))',
    [
      'Error: key "b" not found in collection "m"',
      'Error: key "[5n]" not found in collection "m"',
      'Error: key 1.5 not found in collection "m"',
      'Error: key "a" already registered in collection "m"',
      'Error: key null not found in collection "s"',
      'Error: key "[Symbol(Symbol.iterator)]" not found in collection "w"',
    ],
  ],
  'labels that are not given': [
    'return tries(() => VatData.makeScalarBigMapStore().get(1), () => VatData.makeScalarBigSetStore().delete(1))',
    ['Error: key 1 not found in collection "map"', 'Error: key 1 not found in collection "set"'],
  ],
  'keys of all sorts in their order': [
    'const keys = ["b", "a", "", 2, -1, 0.5, Infinity, NaN, -Infinity, 3n, -4n, 0n, true, false, null, undefined, Symbol.for("s"), "é"]; for (const key of keys) map.init(key, 1); return harden([...map.keys()])',
    [
      false,
      true,
      -Infinity,
      -1,
      0.5,
      2,
      Infinity,
      NaN,
      -4n,
      0n,
      3n,
      '',
      'a',
      'b',
      'é',
      null,
      Symbol.for('s'),
      undefined,
    ],
  ],
  '0 and -0 are one key': [
    'map.init(-0, 1); return harden([map.has(0), [...map.keys()].map((key) => Object.is(key, 0)), tries(() => map.init(0, 2))[0]])',
    [true, [true], 'Error: key 0 already registered in collection "m"'],
  ],
  'remotables in the order of their first insertion': [
    'const [a, b, c] = [makeThing(1n), makeThing(2n), makeThing(3n)]; for (const one of [c, a, b]) map.init(one, one.n()); map.delete(a); map.init(a, 9n); map.set(c, 8n); return harden([[...map.values()], [...map.keys()].map((k) => k.n())])',
    [[8n, 2n, 9n], [3n, 2n, 1n]],
  ],
  'a presence, a durable object and an ephemeral one as keys': [
    'const thing = makeThing(1n), far = Far("far", {}); for (const key of [args[0], thing, far]) { map.init(key, 1); set.add(key); weakMap.init(key, 2); weakSet.add(key) } return harden([args[0], thing, far].map((key) => [map.get(key), set.has(key), weakMap.get(key), weakSet.has(key)]))',
    [[1, true, 2, true], [1, true, 2, true], [1, true, 2, true]],
  ],
  'what is no key': [
    'return tries(() => map.init({}, 1), () => map.init([1], 1), () => set.add(Promise.resolve()), () => map.init(Symbol("own"), 1), () => map.has({}), () => map.get(harden({})), () => weakSet.has({}))',
    [
      'Error: invalid key type for collection "m": a key is a scalar or a remotable',
      'Error: invalid key type for collection "m": a key is a scalar or a remotable',
      'Error: invalid key type for collection "s": a key is a scalar or a remotable',
      'TypeError: a symbol as a key is registered or well known, and its name has no half of a surrogate pair; Symbol(own) is not one',
      false,
      'Error: invalid key type for collection "m": a key is a scalar or a remotable',
      false,
    ],
  ],
  'what cannot be a key is in no collection': [
    `const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); const bomb = new Proxy({}, new Proxy({}, { get: () => () => { throw Error('bomb') } }))
    const none = [harden({}), [], Promise.resolve(), new Date(0), new Map(), () => {}, Error('e'), 'x'.repeat(1_000), '\\ud800', 'a\\udc00', Symbol('own'), Symbol.for('\\ud800'), 10n ** 999n, -(10n ** 999n), proxy, bomb]
    const answer = (act) => { try { return act() } catch (error) { return error.message.replace(/^.*(invalid key|not found).*$/s, '$1') } }
    const all = new Set()
    for (const store of [map, set, weakMap, weakSet, durable, durableSet]) for (const key of none) all.add(answer(() => store.has(key)))
    const errors = new Set()
    for (const store of [map, weakMap, durable]) for (const key of none) { errors.add(answer(() => store.get(key))); errors.add(answer(() => store.set(key, 1))) }
    for (const store of [map, set, weakMap, weakSet, durable, durableSet]) for (const key of none) errors.add(answer(() => store.delete(key)))
    return harden([[...all], [...errors].sort()])`,
    [[false], ['invalid key', 'not found']],
  ],
  'the longest bigints are keys': [
    'for (const key of [10n ** 436n - 1n, 1n - 10n ** 436n]) map.init(key, 1); return harden([...map.keys()].map((key) => String(key).length))',
    [437, 436],
  ],
  'a key that is too long': [
    'return tries(() => map.init("x".repeat(440), 1), () => map.has("x".repeat(440)), () => map.init("x".repeat(439), 1))',
    [
      'CodedError: a key of collection "m" has 441 characters when it is written down; at most 440 are possible',
      false,
      undefined,
    ],
  ],
  'a set': [
    'set.add("b"); set.add("a"); set.add("b"); set.addAll(["c", "a"]); set.delete("b"); return harden([[...set.keys()], [...set.values()], [...set.entries()], set.getSize(), set.has("b")])',
    [
      ['a', 'c'],
      ['a', 'c'],
      [
        ['a', 'a'],
        ['c', 'c'],
      ],
      2,
      false,
    ],
  ],
  'addAll of a map': [
    'map.init("a", 1); map.addAll([["a", 2], ["b", 3]]); return harden([...map.entries()])',
    [
      ['a', 2],
      ['b', 3],
    ],
  ],
  'snapshots are copies': [
    'map.init("a", 1); set.add("x"); const copies = [map.snapshot(), set.snapshot()]; map.set("a", 2); set.add("y"); return harden([copies.map((copy) => copy[Symbol.toStringTag]), copies[0].payload, copies[1].payload])',
    [['copyMap', 'copySet'], { keys: ['a'], values: [1] }, ['x']],
  ],
  'addAll of a snapshot': [
    'map.init("a", 1); set.add("x"); durable.addAll(map.snapshot()); durableSet.addAll(set.snapshot()); return harden([[...durable.entries()], [...durableSet.keys()]])',
    [[['a', 1]], ['x']],
  ],
  'patterns narrow keys, values, entries, sizes': [
    'for (let n = 0n; n < 20n; n += 1n) { map.init(n, n % 2n === 0n ? "even" : n); map.init("k" + n, n) } return harden([[...map.keys(M.gte(18n))], [...map.values(M.gte("k8"))], [...map.entries(M.lt(3n), M.string())], map.getSize(M.string()), map.getSize(M.bigint(), M.string()), [...map.keys("k7")], [...map.keys(M.number())]])',
    [[18n, 19n], [8n, 9n], [[0n, 'even'], [2n, 'even']], 20, 10, ['k7'], []],
  ],
  'clear, all or what fits': [
    'for (let n = 0n; n < 10n; n += 1n) map.init(n, n); map.clear(M.gte(5n)); const some = [...map.keys()]; map.clear(undefined, M.lt(2n)); const fewer = [...map.keys()]; const size = map.getSize(); map.clear(); return harden([some, fewer, size, [...map.keys()], map.getSize()])',
    [[0n, 1n, 2n, 3n, 4n], [2n, 3n, 4n], 3, [], 0],
  ],
  'shapes of keys and values': [
    'const shaped = VatData.makeScalarBigMapStore("shaped", { keyShape: M.string(), valueShape: M.bigint() }); shaped.init("a", 1n); return harden([...tries(() => shaped.init(1, 1n), () => shaped.init("b", 1), () => shaped.set("a", "x"), () => shaped.get(1)), shaped.getSize(), shaped.get("a")])',
    [
      'Error: invalid key type for collection "shaped": number (a number) - Must be a string',
      'Error: invalid value type for collection "shaped": number (a number) - Must be a bigint',
      'Error: invalid value type for collection "shaped": string (a string) - Must be a bigint',
      'Error: invalid key type for collection "shaped": number (a number) - Must be a string',
      1,
      1n,
    ],
  ],
  'a shape that is none': [
    'return tries(() => VatData.makeScalarBigMapStore("x", { keyShape: Promise.resolve() }))[0].slice(0, 5)',
    'Error',
  ],
  'removal and change while walking are seen': [
    'for (let n = 0; n < 30; n += 1) map.init(n, n); const seen = []; for (const [key, value] of map.entries()) { seen.push(value); if (key === 0) { map.delete(1); map.set(2, 200); map.delete(29) } if (key === 5) map.delete(5) } return harden([seen.length, seen.slice(0, 3), seen.at(-1), map.getSize()])',
    [28, [0, 200, 3], 28, 27],
  ],
  'a key that is added ends the walk': [
    'map.init(1, 1); map.init(2, 2); return tries(() => { for (const key of map.keys()) map.init(key + 10, 1) })',
    ['Error: keys in store cannot be added to during iteration'],
  ],
  'what was put is not what is changed later': [
    'const list = [1n]; map.init("a", list); try { list.push(2n) } catch {} return map.get("a")',
    [1n],
  ],
  'an operation that throws has changed nothing': [
    'map.init("a", 1n); const tried = tries(() => map.init("b", () => {}), () => map.set("a", () => {})); return harden([tried.length, [...map.entries()], map.getSize()])',
    [2, [['a', 1n]], 1],
  ],
  'durable data: the place of what cannot be': [
    'const far = Far("x", {}); durable.init("a", 1); return tries(() => durable.init("k", harden({ purses: [{ amount: far }] })), () => durable.set("a", far), () => durable.init(far, 1), () => durable.init("v", map), () => durable.init(map, 1), () => durable.init("p", harden({ "odd key": Promise.resolve() })), () => durableSet.add(far))',
    [
      'Error: value is not durable: slot 0 of [d].get("k").purses[0].amount: durable data cannot refer to Alleged: x: it ends with this incarnation',
      'Error: value is not durable: slot 0 of [d].get("a"): durable data cannot refer to Alleged: x: it ends with this incarnation',
      'Error: key ("[Alleged: x]") is not durable in collection "d": durable data cannot refer to Alleged: x: it ends with this incarnation',
      'Error: value is not durable: slot 0 of [d].get("v"): durable data cannot refer to Alleged: mapStore: it ends with this incarnation',
      'Error: key ("[Alleged: mapStore]") is not durable in collection "d": durable data cannot refer to Alleged: mapStore: it ends with this incarnation',
      'Error: value is not durable: slot 0 of [d].get("p")["odd key"]: durable data cannot refer to a promise',
      'Error: key ("[Alleged: x]") is not durable in collection "ds": durable data cannot refer to Alleged: x: it ends with this incarnation',
    ],
  ],
  'collections in collections, and as keys': [
    'map.init("set", set); map.init(durable, "durable"); durable.init("self", durable); set.add(map); return harden([map.get("set") === set, map.get(durable), durable.get("self") === durable, [...set.keys()][0] === map])',
    [true, 'durable', true, true],
  ],
  'methods taken off their store': [
    'const { init, get, keys } = map; init("a", 1); return harden([get("a"), [...keys()]])',
    [1, ['a']],
  ],
  'a store is constant': [
    'return tries(() => { map.get = 1 }, () => { Object.getPrototypeOf(map).x = 1 }, () => { map.x = 1 }).map((text) => text.slice(0, 9))',
    ['TypeError', 'TypeError', 'TypeError'],
  ],
  'weak stores cannot be walked over': [
    'return harden([weakMap.keys, weakMap.getSize, weakMap.clear, weakSet.values, weakSet.snapshot].map((method) => typeof method))',
    Array(5).fill('undefined'),
  ],
  names: [
    'return harden([map, set, weakMap, weakSet, baggage].map((store) => store[Symbol.toStringTag]))',
    [
      'Alleged: mapStore',
      'Alleged: setStore',
      'Alleged: weakMapStore',
      'Alleged: weakSetStore',
      'Alleged: mapStore',
    ],
  ],
}

for (const [name, [code, answer]] of Object.entries(cases)) {
  test(name, async () => {
    assert.deepEqual(await run(`${prelude}${code}`, await world.root('guest')), answer)
  })
}

// --- over time

const passages: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'a crank': (one) => one.ask('home', 'echo'),
  'an eviction': (one) => one.controller.evictWorkers(),
  'a snapshot and an eviction': async (one) => {
    for (let n = 0; n < 6; n += 1) await one.ask('home', 'echo')
    await one.controller.commit()
    await one.controller.evictWorkers()
  },
  'closing and opening the store': (one) => one.reopen(),
  'an upgrade': async (one) => answerOf(await one.upgrade('home', { setup: kinds })),
}

for (const [name, pass] of Object.entries(passages)) {
  test(`durable stores keep all that they are over ${name}`, async (t) => {
    const one = await openWorld(t, {
      vats: { home: { setup: kinds }, guest: puppet },
      config: { snapshotInterval: 5 },
    })
    const guest = await one.root('guest')
    await one.run('home', `const { M } = me
      const map = VatData.makeScalarBigMapStore('the map', { durable: true, keyShape: M.string(), valueShape: M.bigint() })
      const weak = VatData.makeScalarBigWeakMapStore('the weak', { durable: true })
      const set = VatData.makeScalarBigSetStore('the set', { durable: true }), weakSet = VatData.makeScalarBigWeakSetStore('the weak set', { durable: true })
      const things = [1n, 2n, 3n].map(me.makeThing)
      for (const thing of things) { set.add(thing); weak.init(thing, thing.n()) }
      weak.init(args[0], 'guest'); weakSet.add(args[0]); set.add(args[0]); set.add('text')
      for (let n = 0n; n < 50n; n += 1n) map.init('key ' + n, n)
      baggage.init('all', harden({ map, weak, set, weakSet }))`, guest)
    await pass(one)
    assert.deepEqual(
      await one.run('home', `const { map, weak, set, weakSet } = baggage.get('all')
        const things = [...set.keys()].filter((one) => typeof one === 'object' && one !== args[0])
        return harden([map.getSize(), map.get('key 7'), [...map.keys()].length, things.map((one) => one.n()), things.map((one) => weak.get(one)),
          weak.get(args[0]), weakSet.has(args[0]), set.has(args[0]), [...set.keys()].length, me.tries(() => map.init(1, 1n))[0], baggage.get('all').map === map])`,
        guest,
      ),
      [
        50,
        7n,
        50,
        [1n, 2n, 3n],
        [1n, 2n, 3n],
        'guest',
        true,
        true,
        5,
        'Error: invalid key type for collection "the map": number (a number) - Must be a string',
        true,
      ],
    )
    const next = await one.run(
      'home',
      `const { set } = baggage.get('all'); set.add(me.makeThing(4n)); return harden([...set.keys()].filter((key) => typeof key === 'object' && key !== args[0]).map((key) => key.n()))`,
      guest,
    )
    assert.deepEqual(next, [1n, 2n, 3n, 4n])
  })
}

// Col4.
test('a walk that is kept over cranks and evictions goes on, and sees what has changed', async () => {
  await run(
    `me.kept = VatData.makeScalarBigMapStore('kept'); for (let n = 0; n < 40; n += 1) me.kept.init(n, n); me.walk = me.kept.entries(); return me.walk.next().value`,
  )
  await world.controller.evictWorkers()
  assert.deepEqual(
    await run('me.kept.delete(1); me.kept.set(2, 200); return harden(me.walk.next().value)'),
    [2, 200],
  )
  await world.reopen()
  assert.deepEqual(await run('return harden(me.walk.next().value)'), [3, 3])
  await run('me.kept.init(100, 1)')
  assert.match(String(await run('return me.tries(() => me.walk.next())[0]')), /cannot be added to/)
})

test('a store is sent to another vat, which sends messages to it', async () => {
  const store = (await run(
    "const map = VatData.makeScalarBigMapStore('shared'); map.init('a', 1n); return map",
  )) as Remote
  assert.equal(await world.run('guest', 'return E(args[0]).get("a")', store), 1n)
  assert.equal(await world.ask(store, 'getSize'), 1)
})

test('ten thousand entries are walked over, counted and cleared', async (t) => {
  const one = await openWorld(t, { vats: { home: { setup: kinds } } })
  await one.run(
    'home',
    "me.map = VatData.makeScalarBigMapStore('big'); for (let n = 0; n < 10_000; n += 1) me.map.init(n * 7 % 10_007, n)",
  )
  assert.deepEqual(
    await one.run(
      'home',
      'let sum = 0; let last = -1; for (const [key, value] of me.map.entries()) { if (key <= last) throw Error("order"); last = key; sum += value } return harden([sum, me.map.getSize()])',
    ),
    [49_995_000, 10_000],
  )
  assert.equal(await one.run('home', 'me.map.clear(); return me.map.getSize()'), 0)
  assert.deepEqual([...(await one.rows('vat/v1')).keys()].filter((key) => key.startsWith('entry.o+v')), [])
})

// --- life and death

/** Rows of the vat but for what counts kinds and the baggage's own. */
async function rowsOf(one: World): Promise<string[]> {
  return [...(await one.rows('vat/v1')).keys()].filter(
    (key) => !/^(kinds?|next|size|sweep)\.|o\+d2\/1\b|o\+d1\//.test(key),
  )
}

const openCollecting = async (t: Parameters<typeof openWorld>[0]): Promise<World> =>
  openWorld(t, { vats: { home: { setup: kinds }, guest: puppet }, config: { collectionInterval: 2 } })

// Col2.
test('a store that nobody holds is deleted, with all that only it referred to', async (t) => {
  const one = await openCollecting(t)
  const before = await rowsOf(one)
  await one.run('home', `for (const durable of [true, false]) {
      const map = VatData.makeScalarBigMapStore('m', { durable }), inner = VatData.makeScalarBigSetStore('i', { durable })
      const weak = VatData.makeScalarBigWeakMapStore('w', { durable })
      inner.add(me.makeThing(1n)); map.init('inner', inner); map.init(args[0], harden([me.makeThing(2n), args[0]])); map.init(me.makeThing(3n), weak); weak.init(args[0], me.makeThing(4n))
      me[durable] = map
    }`, await one.root('guest'))
  assert.ok((await rowsOf(one)).length > before.length)
  await one.run('home', 'me[true] = undefined; me[false] = undefined')
  await one.ask('home', 'echo')
  await one.ask('home', 'echo')
  assert.deepEqual(await rowsOf(one), before)
})

// Ref4.
test('an entry of a weak store ends with its key, and lets go of its value', async (t) => {
  const one = await openCollecting(t)
  await one.run(
    'home',
    `me.weaks = harden([true, false].map((durable) => VatData.makeScalarBigWeakMapStore('w', { durable }))); baggage.init('keep', me.weaks[0])
    for (const weak of me.weaks) { weak.init(me.makeThing(1n), me.makeThing(2n)); me.key = me.makeThing(3n); weak.init(me.key, 'kept'); me['kept' + me.weaks.indexOf(weak)] = me.key }
    me.weaks[1].init(Far('x', {}), me.makeThing(4n))`)
  await one.ask('home', 'echo')
  await one.ask('home', 'echo')
  assert.deepEqual(
    (await rowsOf(one))
      .filter((key) => /^(entry|object|weak)/.test(key))
      .map((key) => key.replace(/\..*/, '')),
    ['entry', 'entry', 'object', 'object', 'weak', 'weak'],
  )
  assert.deepEqual(
    await one.run('home', 'return harden([me.weaks[0].get(me.kept0), me.weaks[1].get(me.kept1)])'),
    ['kept', 'kept'],
  )
})

test('an entry under an object of another vat is there as long as somebody can bring the object', async (t) => {
  const one = await openCollecting(t)
  await one.run('guest', 'me.thing = Far("thing", {})')
  await one.run(
    'home',
    "me.weak = VatData.makeScalarBigWeakMapStore('w', { durable: true }); baggage.init('weak', me.weak)",
  )
  const bring = 'return E(args[0]).run(args[1], me.thing)'
  const home = await one.root('home')
  await one.run('guest', bring, home, 'me.weak.init(args[0], "entry")')
  for (let n = 0; n < 3; n += 1) await one.ask('home', 'echo')
  assert.equal(await one.run('guest', bring, home, 'return me.weak.get(args[0])'), 'entry')
})

test('an entry under an object of another vat goes when its owner lets it go', async (t) => {
  const one = await openCollecting(t)
  await one.run('guest', 'me.thing = Far("thing", {})')
  await one.run(
    'home',
    "me.weak = VatData.makeScalarBigWeakMapStore('w', { durable: true }); baggage.init('weak', me.weak)",
  )
  await one.run(
    'guest',
    'return E(args[0]).run("me.weak.init(args[0], 7n)", me.thing)',
    await one.root('home'),
  )
  const entries = async (): Promise<string[]> =>
    [...(await one.rows(`vat/${(await one.controller.vat('home')).vat}`)).keys()].filter((key) =>
      key.startsWith('weak.o-'),
    )
  for (let n = 0; n < 4; n += 1) await one.ask('home', 'echo')
  assert.equal((await entries()).length, 1)
  await one.run('guest', 'me.thing = undefined')
  await one.forgetAll()
  for (let n = 0; n < 4; n += 1) for (const vat of ['guest', 'home']) await one.ask(vat, 'echo')
  assert.deepEqual(await entries(), [])
})

test('an entry of a durable weak store under an object of another vat outlives an upgrade', async (t) => {
  const one = await openCollecting(t)
  await one.run('guest', 'me.thing = Far("thing", {})')
  await one.run(
    'home',
    "me.weak = VatData.makeScalarBigWeakMapStore('w', { durable: true }); baggage.init('weak', me.weak)",
  )
  const bring = 'return E(args[0]).run(args[1], me.thing)'
  const home = await one.root('home')
  await one.run('guest', bring, home, 'me.weak.init(args[0], "entry")')
  for (let n = 0; n < 3; n += 1) await one.ask('home', 'echo')
  answerOf(await one.upgrade('home', { setup: kinds }))
  assert.equal(await one.run('guest', bring, home, 'return baggage.get("weak").get(args[0])'), 'entry')
})

test('an ephemeral object that merely virtual stores know comes and goes', async (t) => {
  const one = await openCollecting(t)
  await one.run(
    'home',
    `me.map = VatData.makeScalarBigMapStore('m'); me.weak = VatData.makeScalarBigWeakSetStore('w')
    me.map.init('far', Far('in the value', { hi: () => 'hi' })); me.map.init(Far('key', { hi: () => 'key' }), 1); me.weak.add(Far('weak', {}))`,
  )
  await one.ask('home', 'echo')
  assert.deepEqual(
    await one.run(
      'home',
      'return harden([me.map.get("far").hi(), [...me.map.keys()].filter((key) => typeof key === "object").map((key) => key.hi())])',
    ),
    ['hi', ['key']],
  )
  const shared = (await one.run('home', 'return me.map.get("far")')) as Remote
  assert.equal(await one.ask(shared, 'hi'), 'hi')
  await one.forgetAll()
  for (let n = 0; n < 3; n += 1) await one.ask('home', 'echo')
  assert.equal(await one.run('home', 'return me.map.get("far").hi()'), 'hi')
  await one.run('home', 'me.map.clear()')
  for (let n = 0; n < 3; n += 1) await one.ask('home', 'echo')
  assert.equal(await one.run('home', 'return me.map.getSize()'), 0)
})

test('merely virtual stores of an earlier incarnation are deleted after an upgrade', async (t) => {
  const one = await openCollecting(t)
  const before = await rowsOf(one)
  await one.run(
    'home',
    `me.map = VatData.makeScalarBigMapStore('m'); me.weak = VatData.makeScalarBigWeakSetStore('w')
    for (let n = 0; n < 100; n += 1) me.map.init(n, me.makeThing(1n)); me.map.init(args[0], Far('x', {})); me.weak.add(args[0]); me.weak.add(Far('y', {}))`,
    await one.root('guest'),
  )
  answerOf(await one.upgrade('home', { setup: kinds }))
  await one.run(
    'home',
    "me.weak = VatData.makeScalarBigWeakSetStore('w'); me.weak.add(Far('y', {})); me.map = VatData.makeScalarBigMapStore('m'); me.map.init(Far('z', {}), 5)",
  )
  for (let n = 0; n < 4; n += 1) await one.ask('home', 'echo')
  assert.deepEqual(await one.run('home', 'return harden([...me.map.values()])'), [5])
  await one.run('home', 'me.map = me.weak = undefined')
  for (let n = 0; n < 8; n += 1) await one.ask('home', 'echo')
  assert.deepEqual(await rowsOf(one), before)
})
