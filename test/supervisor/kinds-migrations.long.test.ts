/** State versions: records are brought up to date when they are touched, or by the sweep. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, reasonOf, rejectionOf, type Scope, type World } from '../kit/world.ts'

const file = join(import.meta.dirname, 'fixtures', 'patterned.ts')

/** The kind `K` at a version; `me.ran` counts the steps that ran. */
const atVersion = (version: number, migrate: string, more = ''): string => `
  const { M } = vatPowers; me.ran = 0
  me.handle = provide(baggage, 'kind K', () => makeKindHandle('K'))
  const methods = {
    read: ({ state }) => harden({ ...state }),
    set: ({ state }, name, value) => { state[name] = value },
    self: ({ self }) => self,
  }
  const ran = (step) => (state) => { me.ran += 1; return step(state) }
  me.make = VatData.defineDurableKind(me.handle, (first) => first, methods, { stateVersion: ${version}, migrate: ${migrate}, ${more} })
`
const one = atVersion(1, '{}')
const two = atVersion(2, '{ 1: ran(({ n }) => ({ count: n, note: "from 1" })) }')
const three = atVersion(
  3,
  '{ 1: ran(({ n }) => ({ count: n, note: "from 1" })), 2: ran(({ count, note }) => ({ total: count * 10n, note })) }',
)

async function worldAt(
  scope: Scope,
  setup: string,
  make: string,
): Promise<{ readonly world: World; readonly made: unknown }> {
  const world = await openWorld(scope, { vats: { vat: { file, setup }, guest: {} } })
  return { world, made: await world.run('vat', make, await world.root('guest')) }
}
const upgrade = async (world: World, setup: string): Promise<unknown> =>
  answerOf(await world.upgrade('vat', { file, setup }))
const objectRows = async (world: World): Promise<[string, unknown][]> =>
  [...(await world.rows('vat/v1'))]
    .filter(([key]) => key.startsWith('object.'))
    .map(([key, text]) => [key, Number(text.split('\n')[0])])

// Rcd1.
test('a record is brought up to date when it is first touched, and once', async (t) => {
  const { world, made } = await worldAt(t, one, 'return me.make({ n: 5n })')
  await upgrade(world, two)
  assert.deepEqual(await objectRows(world), [['object.o+d10/1', 1]])
  assert.deepEqual(await world.ask(made as Remote, 'read'), { count: 5n, note: 'from 1' })
  assert.deepEqual(await objectRows(world), [['object.o+d10/1', 2]])
  await world.controller.evictWorkers()
  await world.reopen()
  assert.deepEqual(await world.ask(made as Remote, 'read'), { count: 5n, note: 'from 1' })
  assert.equal(await world.run('vat', 'return me.ran'), 1)
})

test('a record goes through every step from its own version', async (t) => {
  const { world, made } = await worldAt(t, one, 'return me.make({ n: 5n })')
  await upgrade(world, two)
  const second = (await world.run('vat', 'return me.make({ count: 7n, note: "new" })')) as Remote
  await upgrade(world, three)
  assert.deepEqual(await world.ask(made as Remote, 'read'), { total: 50n, note: 'from 1' })
  assert.deepEqual(await world.ask(second, 'read'), { total: 70n, note: 'new' })
  assert.equal(await world.run('vat', 'return me.ran'), 3)
})

test('a record that nobody touches waits over many incarnations', async (t) => {
  const { world, made } = await worldAt(t, one, 'return me.make({ n: 5n })')
  await upgrade(world, two)
  await upgrade(world, three)
  await upgrade(world, three)
  assert.deepEqual(await objectRows(world), [['object.o+d10/1', 1]])
  assert.deepEqual(await world.ask(made as Remote, 'read'), { total: 50n, note: 'from 1' })
})

test('identity and references are kept, and those that a step drops are let go', async (t) => {
  const { world } = await worldAt(
    t,
    one,
    'const b = me.make({ n: 2n }), a = me.make({ n: 1n, b, guest: args[0] }); baggage.init("a", a)',
  )
  await upgrade(world, atVersion(2, '{ 1: (state) => ({ friend: state.b, best: state.b }) }'))
  const counts = async (): Promise<unknown> =>
    [...(await world.rows('vat/v1'))].filter(([key]) => /^count\.o(-|\+d10\/)/.test(key)).sort()
  const before = (await counts()) as [string, string][]
  assert.deepEqual(
    before.map(([, count]) => count),
    ['1', '1', '1'],
  )
  assert.equal(
    await world.run(
      'vat',
      'const a = baggage.get("a"); const { friend, best } = a.read(); return a.self() === a && friend === best && friend.self() === friend',
    ),
    true,
  )
  const after = (await counts()) as [string, string][]
  assert.deepEqual(after, [['count.o+d10/1', '2'], ['count.o+d10/2', '1']])
})

test('what a step gets is hardened plain data', async (t) => {
  const { world, made } = await worldAt(t, one, 'return me.make({ n: 5n, ["__proto__"]: 1n, list: [1n] })')
  await upgrade(
    world,
    atVersion(
      2,
      '{ 1: (state) => { me.seen = [Object.isFrozen(state), Object.isFrozen(state.list), Object.getPrototypeOf(state) === Object.prototype, Object.keys(state).sort().join()]; return state } }',
    ),
  )
  await world.ask(made as Remote, 'self')
  assert.deepEqual(await world.run('vat', 'return me.seen'), [true, true, true, '__proto__,list,n'])
})

/** Steps that go wrong, and what is said. Each stands for version 1. */
const failing: Readonly<Record<string, readonly [step: string, why: RegExp]>> = {
  'a step that throws': ['() => { throw RangeError("too old") }', /too old/],
  'a step that gives nothing': ['() => {}', /the step from version 1 returned no plain record/],
  'a step that gives a promise': ['async (state) => state', /returned no plain record/],
  'a step that gives an array': ['() => []', /returned no plain record/],
  'a step that gives a remotable': ['() => Far("x", {})', /returned no plain record/],
  'a step that gives an accessor': [
    '() => ({ get n() { return 1n } })',
    /returned no plain record: its property "n" is not a field/,
  ],
  'a step that gives a symbol for a field': [
    '() => ({ [Symbol.iterator]: 1n })',
    /returned no plain record: its property Symbol\(Symbol\.iterator\) is not a field/,
  ],
  'a step that gives a field that the shape refuses': [
    '() => ({ n: "five" })',
    /K\.state\.n: string \(a string\) - Must be a bigint/,
  ],
  'a step that gives a field that the shape does not have': [
    '(state) => ({ ...state, more: 1n })',
    /K\.state\.more: the stateShape has no such field/,
  ],
  'a step that leaves out a field': ['() => ({})', /K\.state\.n: there is no such field/],
  'a step that gives what is not durable': [
    '(state) => ({ ...state, kept: Far("x", {}) })',
    /K\.state\.kept: durable data cannot refer to Alleged: x/,
  ],
  'a step that touches its own object': [
    '(state) => { me.object.read(); return state }',
    /touched the object that it is to bring up to date/,
  ],
}
const kShape = 'stateShape: { n: M.bigint(), kept: M.any() }'

for (const [name, [step, why]] of Object.entries(failing)) {
  test(`${name} fails the access, and the record is as it was`, async (t) => {
    const { world, made } = await worldAt(
      t,
      one,
      'const k = me.make({ n: 5n, kept: args[0] }); baggage.init("k", k); return k',
    )
    await upgrade(world, `${atVersion(2, `{ 1: ${step} }`, kShape)}; me.object = baggage.get("k")`)
    const before = [...(await world.rows('vat/v1'))]
    const { message } = reasonOf(await world.outcome(made as Remote, 'read')) as Error
    assert.match(message, /^K: the migration from state version 1 to 2 failed: /)
    assert.match(message, why)
    assert.equal(
      await world.run('vat', 'try { args[0].read() } catch (error) { return error.code }', made),
      'kind/migration-failed',
    )
    const [swept] = (await world.controller.sweepVat('vat')).kinds.flatMap(({ failures }) => failures)
    assert.equal(swept?.code, 'migration-failed')
    assert.match(swept.message, why)
    assert.deepEqual([...(await world.rows('vat/v1'))], before)
    await upgrade(world, atVersion(2, '{ 1: (state) => state }', kShape))
    assert.equal(
      ((await world.ask(made as Remote, 'read')) as { n: bigint }).n,
      5n,
      'a mended step finds all',
    )
  })
}

test('a step may read other objects of the estate, of its own kind too', async (t) => {
  const { world, made } = await worldAt(t, one, 'const b = me.make({ n: 2n }); return me.make({ n: 1n, b })')
  await upgrade(
    world,
    atVersion(2, '{ 1: ({ n, b }) => ({ n: n + (b === undefined ? 100n : b.read().n) }) }'),
  )
  assert.deepEqual(await world.ask(made as Remote, 'read'), { n: 103n })
})

// --- the sweep

const sweep = (budget: number | string): string => `return VatData.sweepKind(me.handle, ${budget})`

test('a sweep brings up to date as many as its budget says, and goes on where it was', async (t) => {
  const { world } = await worldAt(
    t,
    one,
    'for (let n = 1n; n <= 12n; n += 1n) baggage.init("k" + n, me.make({ n }))',
  )
  await upgrade(world, two)
  assert.deepEqual(await world.run('vat', sweep(5)), { updated: 5, failed: 0, finished: false })
  await world.controller.evictWorkers()
  assert.deepEqual(await world.run('vat', sweep(5)), { updated: 5, failed: 0, finished: false })
  await world.reopen()
  assert.deepEqual(await world.run('vat', sweep(5)), { updated: 2, failed: 0, finished: true })
  assert.deepEqual(await world.run('vat', sweep(5)), { updated: 0, failed: 0, finished: true })
  assert.deepEqual(
    new Set(
      (await objectRows(world))
        .filter(([key]) => key.startsWith('object.o+d10/'))
        .map(([, version]) => version),
    ),
    new Set([2]),
  )
  assert.equal(await world.run('vat', 'return me.ran'), 12)
})

// Sw1.
test('a sweep goes on in the next incarnation, and one of a newer version begins anew', async (t) => {
  const { world } = await worldAt(
    t,
    one,
    'for (let n = 1n; n <= 6n; n += 1n) baggage.init("k" + n, me.make({ n }))',
  )
  await upgrade(world, two)
  assert.deepEqual(await world.run('vat', sweep(4)), { updated: 4, failed: 0, finished: false })
  await upgrade(world, two)
  assert.deepEqual(await world.run('vat', sweep(10)), { updated: 2, failed: 0, finished: true })
  await upgrade(world, three)
  assert.deepEqual(await world.run('vat', sweep(4)), { updated: 4, failed: 0, finished: false })
  await upgrade(world, three)
  assert.deepEqual(await world.run('vat', sweep(10)), { updated: 2, failed: 0, finished: true })
})

// Sw2.
test('after a finished sweep the steps behind it may be dropped, and not before', async (t) => {
  const { world, made } = await worldAt(t, one, 'return me.make({ n: 5n })')
  await upgrade(world, two)
  const short = atVersion(3, '{ 2: ({ count }) => ({ total: count }) }')
  const { reason } = rejectionOf(await world.upgrade('vat', { file, setup: short }), 'upgrade-refused')
  assert.deepEqual([reason?.code, reason?.names], ['start/migration-missing', ['K']])
  await world.run('vat', sweep(10))
  await upgrade(world, short)
  assert.deepEqual(await world.ask(made as Remote, 'read'), { total: 5n })
})

test('a record that cannot be brought up to date does not stop the sweep, and keeps its steps', async (t) => {
  const { world } = await worldAt(
    t,
    one,
    'for (let n = 1n; n <= 3n; n += 1n) baggage.init("k" + n, me.make({ n }))',
  )
  const picky = '{ 1: (state) => { if (state.n === 2n) throw Error("not two"); return state } }'
  await upgrade(world, atVersion(2, picky))
  assert.deepEqual(await world.run('vat', sweep(2)), { updated: 1, failed: 1, finished: false })
  assert.deepEqual(await world.run('vat', sweep(2)), { updated: 1, failed: 0, finished: true })
  rejectionOf(await world.upgrade('vat', { file, setup: atVersion(2, '{}') }), 'upgrade-refused')
  await upgrade(world, atVersion(2, '{ 1: (state) => state }'))
  assert.deepEqual(await world.run('vat', sweep(9)), { updated: 1, failed: 0, finished: true })
  await upgrade(world, atVersion(2, '{}'))
})

test('a kind of which nothing was made yet needs no steps', async (t) => {
  const { world } = await worldAt(t, one, 'return undefined')
  await upgrade(world, atVersion(5, '{}'))
  assert.deepEqual(await world.run('vat', sweep(1)), { updated: 0, failed: 0, finished: true })
})

test('an object made and swept in one crank is up to date', async (t) => {
  const { world } = await worldAt(t, one, 'baggage.init("k", me.make({ n: 1n }))')
  await upgrade(world, two)
  assert.deepEqual(
    await world.run('vat', `baggage.init("new", me.make({ count: 1n, note: "" })); ${sweep(9)}`),
    { updated: 1, failed: 0, finished: true },
  )
})

for (const budget of ['0', '-1', '1.5', '"5"', 'undefined', 'Infinity']) {
  test(`${budget} is no budget of a sweep`, async (t) => {
    const { world } = await worldAt(t, one, 'return undefined')
    assert.match(
      (reasonOf(await world.outcome('vat', 'run', sweep(budget))) as Error).message,
      /budget of a sweep/,
    )
  })
}

test('what is no handle of a defined kind cannot be swept', async (t) => {
  const { world } = await worldAt(t, one, 'return undefined')
  assert.match(
    (reasonOf(await world.outcome('vat', 'run', 'VatData.sweepKind({}, 1)')) as Error).message,
    /not a kind handle/,
  )
  assert.match(
    (reasonOf(await world.outcome('vat', 'run', 'VatData.sweepKind(makeKindHandle("Spare"), 1)')) as Error)
      .message,
    /not defined in this incarnation/,
  )
})

test('the example of the page for authors does what it says', async (t) => {
  const source = (kind: string): string => `
    import { sweepKind, provideKindHandle, defineKindMulti, defineVirtualKindMulti, canBeDurable } from 'heirloom/vat'
    const methods = { read: ({ state }) => harden({ ...state }) }
    export function buildRootObject(vatPowers, parameters, baggage) {
      const make = defineKind(baggage, 'Counter', ${kind})
      const makeAccount = defineKindMulti(baggage, 'Account', () => ({ balance: 0n }), {
        owner: { deposit: ({ state }, amount) => (state.balance += amount), viewer: ({ facets }) => facets.viewer },
        viewer: { balance: ({ state }) => state.balance },
      })
      const makePair = defineVirtualKindMulti('Pair', () => ({ n: 1n }), { a: { read: ({ state }) => state.n } })
      return Far('root', {
        make, makeAccount, makePair, can: (value) => canBeDurable(value),
        sweep: (budget) => sweepKind(provideKindHandle(baggage, 'Counter'), budget),
      })
    }`
  const world = await openWorld(t, { vats: { vat: { source: source('(count) => ({ count }), methods') } } })
  const counters = [await world.ask('vat', 'make', 1n), await world.ask('vat', 'make', 2n)] as Remote[]
  const { owner, viewer } = (await world.ask('vat', 'makeAccount')) as { owner: Remote; viewer: Remote }
  assert.equal(await world.ask(owner, 'deposit', 5n), 5n)
  const next = source(`(start) => ({ amounts: [['piece', start]] }), methods, { stateVersion: 3, migrate: {
    1: ({ count }) => ({ count, unit: 'piece' }), 2: ({ count, unit }) => ({ amounts: [[unit, count]] }) } }`)
  answerOf(await world.upgrade('vat', { source: next }))
  assert.deepEqual(await world.ask(counters[0] as Remote, 'read'), { amounts: [['piece', 1n]] })
  assert.deepEqual(await world.ask('vat', 'sweep', 10), { updated: 1, failed: 0, finished: true })
  assert.deepEqual(await world.ask(counters[1] as Remote, 'read'), { amounts: [['piece', 2n]] })
  assert.equal(await world.ask(viewer, 'balance'), 5n)
  const { a } = (await world.ask('vat', 'makePair')) as { a: Remote }
  assert.deepEqual(
    [await world.ask(a, 'read'), await world.ask('vat', 'can', a), await world.ask('vat', 'can', viewer)],
    [1n, false, true],
  )
})
