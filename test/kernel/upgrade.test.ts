/**
 * Replacing the code of a vat: what stays, what ends and is said, and failures that leave everything as it
 * was.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disconnection, DurableUpgrade, UpgradeResult } from '../../src/protocol/results.ts'
import type { Remote, ResultHandle } from '../../src/host/index.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { malloryStore } from '../kit/mallory.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  readsAsDisconnection,
  reasonOf,
  rejectionOf,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, { from: directory, vats: { friend: puppet } })

const version = (number: number, more = ''): VatRecipe => ({
  setup: `me.version = ${number}n
    me.make = defineKind(baggage, 'Thing', (n) => ({ n }), { version: () => ${number}n, add: ({ state }, by) => (state.n += by) })
    me.thing = provide(baggage, 'thing', () => me.make(10n)); ${more}`,
})

let next = 1
/** A vat of its own for a test, at version 1. */
async function newVat(from: World = world): Promise<string> {
  const name = `vat${next++}`
  await from.create(name, version(1))
  return name
}

const disconnectionOf = (reason: unknown): Disconnection => {
  assert.ok(readsAsDisconnection(reason), String(reason))
  return reason
}

test('durable objects keep their identity and state and get the new behaviour', async () => {
  const vat = await newVat()
  const thing = (await world.run(vat, 'return me.thing')) as Remote
  await world.ask('friend', 'put', 'thing', thing)
  assert.deepEqual([await world.ask(thing, 'add', 5n), await world.ask(thing, 'version')], [15n, 1n])
  const result = answerOf(await world.upgrade(vat, version(2))) as DurableUpgrade
  assert.ok(result.computrons > 0n)
  assert.deepEqual(result, {
    mode: 'durable',
    incarnationNumber: 1,
    abandonedExports: 0,
    abandoned: [],
    disconnectedPromises: 0,
    disconnected: [],
    migratedKinds: [],
    abandonedKinds: [],
    deliveries: 2,
    computrons: result.computrons,
    collectionSkipped: null,
    replayRefused: null,
  } satisfies UpgradeResult)
  assert.deepEqual([await world.ask(thing, 'add', 5n), await world.ask(thing, 'version')], [20n, 2n])
  assert.equal(((await world.run(vat, 'return me.thing')) as Remote).kref, thing.kref)
  assert.equal(await world.run('friend', 'return me.thing === args[0] && E(me.thing).version()', thing), 2n)
})

test('messages before the upgrade reach the old code, those behind it the new, in order', async () => {
  const vat = await newVat()
  const requests: ResultHandle[] = []
  const ask = async (): Promise<void> => {
    requests.push(await world.controller.send(vat, 'run', ['return harden([me.version, me.thing.add(1n)])']))
  }
  await ask()
  await ask()
  const upgrade = await world.controller.upgradeVat(vat, await world.install(), {
    parameters: { setup: version(2).setup },
  })
  await ask()
  await ask()
  answerOf(await world.settle(upgrade))
  const answers = []
  for (const request of requests) answers.push(answerOf(await world.take(request)))
  assert.deepEqual(answers, [[1n, 11n], [1n, 12n], [2n, 13n], [2n, 14n]])
})

test('the root keeps its identity', async () => {
  const vat = await newVat()
  const { root } = await world.controller.vat(vat)
  await world.ask('friend', 'put', 'root', await world.root(vat))
  answerOf(await world.upgrade(vat, version(2)))
  assert.equal((await world.controller.vat(vat)).root, root)
  assert.equal(await world.run('friend', 'return E(me.root).run("return me.version")'), 2n)
})

test('the same bundle with one space more behaves the same under another id', async () => {
  const vat = await newVat()
  const before = await world.controller.vat(vat)
  const bundle = await world.installBundle(withSpace(await bundleFile(puppetFile)))
  answerOf(
    await world.settle(
      await world.controller.upgradeVat(vat, bundle, { parameters: { setup: version(1).setup } }),
    ),
  )
  const after = await world.controller.vat(vat)
  assert.notEqual(after.bundle, before.bundle)
  assert.deepEqual([after.bundle, after.incarnation, after.root], [bundle, 1, before.root])
  assert.deepEqual(await world.run(vat, 'return harden([me.version, me.thing.add(0n)])'), [1n, 10n])
})

test('two upgrades in a row are two incarnations', async () => {
  const vat = await newVat()
  const bundle = await world.install()
  const requests = [2, 3].map((number) =>
    world.controller.upgradeVat(vat, bundle, { parameters: { setup: version(number).setup } }),
  )
  await world.controller.run()
  const numbers = []
  for (const request of requests)
    numbers.push((answerOf(await world.take(await request)) as UpgradeResult).incarnationNumber)
  assert.deepEqual(numbers, [1, 2])
  assert.deepEqual(await world.run(vat, 'return harden([me.version, me.thing.add(0n)])'), [3n, 10n])
})

test('parameters reach the heir, references among them', async () => {
  const vat = await newVat()
  const source =
    'export const buildRootObject = (_powers: unknown, parameters: any, baggage: any) => { const handle = baggage.get("kind Thing"); defineDurableKind(handle, () => ({}), {}); return Far("r", { get: () => parameters }) }'
  const friend = await world.root('friend')
  answerOf(await world.upgrade(vat, { source, parameters: { number: 7n, friend } }))
  const got = (await world.ask(vat, 'get')) as { number: bigint; friend: Remote }
  assert.deepEqual([got.number, got.friend.kref], [7n, friend.kref])
})

// --- failures

/** Heirs that fail, and the code of the reason. */
const failures: Readonly<
  Record<string, readonly [heir: VatRecipe, code: string, names?: readonly string[]]>
> = {
  'throws at start': [version(2, 'me.thing.add(1n); throw Error("no")'), 'start/threw'],
  'never settles': [version(2, 'return new Promise(() => {})'), 'start/never-settled'],
  'loops at start': [version(2, 'for (;;);'), 'start/fault', ['computrons-exhausted']],
  'fills the heap at start': [
    version(2, 'const all = []; for (;;) all.push(new Uint8Array(1_000_000))'),
    'start/fault',
    ['heap-exhausted'],
  ],
  'is a broken bundle': [
    { source: 'throw Error("broken"); export const buildRootObject = () => {}' },
    'start/bundle-broken',
  ],
  'forgets a kind': [{ setup: '' }, 'start/kinds-missing', ['Thing']],
  'gives no root': [
    {
      source:
        'export const buildRootObject = (_a: unknown, _b: unknown, baggage: any) => { defineDurableKind(baggage.get("kind Thing"), () => ({}), {}) }',
    },
    'start/root-not-remotable',
  ],
  'empties the baggage and throws': [
    version(2, 'for (const key of [...baggage.keys()]) baggage.delete(key); throw Error("no")'),
    'start/threw',
  ],
}

for (const [name, [heir, code, names = []]] of Object.entries(failures)) {
  test(`an heir that ${name} is refused, and the old incarnation goes on to the byte`, async () => {
    const vat = `old${next++}`
    await world.create(vat, {
      ...version(1),
      computronsPerDelivery: 30_000_000n,
      heapLimitBytes: 48 * 1024 * 1024,
    })
    const ephemeral = (await world.run(
      vat,
      'me.count = 5n; me.pending = new Promise((r) => { me.keep = r }); return Far("ephemeral", { f: () => 1n })',
    )) as Remote
    const pending = await world.controller.send(vat, 'run', ['return me.pending'])
    await world.controller.run()
    const before = await world.imageOf(vat)
    const rejection = rejectionOf(await world.upgrade(vat, heir), 'upgrade-refused')
    assert.deepEqual([rejection.reason?.code, rejection.reason?.names], [code, names])
    assert.match(rejection.message, new RegExp(`^vat ${vat} \\(v\\d+\\) keeps incarnation 0: `))
    assert.equal(await world.imageOf(vat), before)
    assert.deepEqual(await world.run(vat, 'me.keep(me.count); return me.thing.add(0n)'), 10n)
    assert.equal(answerOf(await world.take(pending)), 5n, 'a promise of the old incarnation is kept')
    assert.equal(await world.ask(ephemeral, 'f'), 1n, 'an ephemeral object lives on')
    assert.equal((await world.controller.vat(vat)).incarnation, 0)
  })
}

test('what a failed heir sent and asked for never happened', async () => {
  const vat = await newVat()
  await world.run(
    'friend',
    'me.heard = []; me.ear = Far("ear", { hear: (n) => { me.heard.push(n) } }); baggage.init("unused", 1n); baggage.delete("unused")',
  )
  await world.run(vat, 'baggage.init("ear", args[0])', await world.run('friend', 'return me.ear'))
  rejectionOf(
    await world.upgrade(vat, version(2, 'E(baggage.get("ear")).hear(1n); throw Error("no")')),
    'upgrade-refused',
  )
  assert.deepEqual(await world.run('friend', 'return [...me.heard]'), [])
  answerOf(await world.upgrade(vat, version(2, 'E(baggage.get("ear")).hear(2n)')))
  assert.deepEqual(await world.run('friend', 'return [...me.heard]'), [2n])
})

for (const how of ['throw', '{"batch":[{"kind":"exit"}],"result":{"kind":"ok"}}', '{']) {
  test(`old code that ends its last collection with ${how} is replaced all the same`, async () => {
    const name = `mallory${next++}`
    await world.create(name, { worker, computronsPerDelivery: 20_000_000n })
    await world.ask(name, 'arm', 'bringOutYourDead', how)
    const result = answerOf(await world.upgrade(name)) as DurableUpgrade
    assert.equal(result.incarnationNumber, 1)
    assert.match(String(result.collectionSkipped), new RegExp(name))
    assert.equal(await world.ask(name, 'add', 1n, 2n), 3n)
  })
}

// --- what ends

test('promises that the old incarnation was to keep are rejected with the record, for the host and for vats', async () => {
  const vat = await newVat()
  const host = await world.controller.send(vat, 'run', ['return new Promise(() => {})'])
  await world.run(
    'friend',
    'E(args[0]).run("return new Promise(() => {})").catch((reason) => { me.reason = reason })',
    await world.root(vat),
  )
  const result = answerOf(
    await world.upgrade(vat, version(2), { upgradeMessage: 'for a reason' }),
  ) as UpgradeResult
  assert.equal(result.disconnectedPromises, 2)
  const record: Disconnection = { name: 'vatUpgraded', upgradeMessage: 'for a reason', incarnationNumber: 0 }
  assert.deepEqual(disconnectionOf(reasonOf(await world.take(host))), record)
  assert.deepEqual(await world.run('friend', 'return me.reason'), record)
})

test('messages that wait for a promise of the old incarnation are rejected with the record', async () => {
  const vat = await newVat()
  const code =
    'const p = E(args[0]).run("return new Promise(() => {})"); E(p).f().catch((reason) => { me.first = reason }); E(E(p).g()).h().catch((reason) => { me.second = reason })'
  await world.run('friend', code, await world.root(vat))
  answerOf(await world.upgrade(vat, version(2)))
  const [first, second] = (await world.run('friend', 'return harden([me.first, me.second])')) as unknown[]
  assert.equal(disconnectionOf(first).name, 'vatUpgraded')
  assert.equal(disconnectionOf(second).name, 'vatUpgraded')
})

test('answers to what the old incarnation sent come to nobody, and harm nobody', async () => {
  const vat = await newVat()
  await world.run('friend', 'me.wait = Far("wait", { f: () => new Promise((r) => { me.keep = r }) })')
  await world.run(
    vat,
    'E(args[0]).f().then(() => { throw Error("heard") })',
    await world.run('friend', 'return me.wait'),
  )
  answerOf(await world.upgrade(vat, version(2)))
  const entries = (await world.transcript(vat)).length
  await world.run('friend', 'me.keep(1n)')
  assert.equal((await world.transcript(vat)).length, entries)
  assert.equal(await world.run(vat, 'return me.version'), 2n)
})

test('a promise of another vat that the old incarnation held is of no interest to the heir', async () => {
  const vat = await newVat()
  await world.run(
    'friend',
    'me.p = new Promise((r) => { me.keep = r }); return E(args[0]).run("me.p = args[0].p; me.p.then(() => {})", { p: me.p })',
    await world.root(vat),
  )
  answerOf(await world.upgrade(vat, version(2)))
  await world.run('friend', 'me.keep(1n)')
  assert.equal(await world.run(vat, 'return me.version'), 2n)
})

/** Who may hold an ephemeral object of the old incarnation, and how it is used afterwards. */
const holders: Readonly<Record<string, readonly [hold: string, use: string]>> = {
  'the memory of a vat': ['me.held = args[0]', 'return E(me.held).f()'],
  'the baggage of a vat': [
    'baggage.has("held") || baggage.init("held", args[0])',
    'const held = baggage.get("held"); baggage.delete("held"); return E(held).f()',
  ],
  'a durable object of a vat': [
    "me.box ??= defineKind(baggage, 'Box', (x) => ({ x }), { x: ({ state }) => state.x })(args[0])",
    'return E(me.box.x()).f()',
  ],
  'a promise of a vat': ['me.held = Promise.resolve(args[0])', 'return E(me.held).f()'],
}

for (const [name, [hold, use]] of Object.entries(holders)) {
  test(`an ephemeral object in ${name} is abandoned; its holder is told when it uses it, and lives`, async () => {
    const vat = await newVat()
    const holder = `holder${next++}`
    await world.create(holder)
    const ephemeral = await world.run(vat, 'return Far("ephemeral", { f: () => 1n })')
    await world.run(holder, hold, ephemeral)
    const result = answerOf(await world.upgrade(vat, version(2))) as UpgradeResult
    assert.equal(result.abandonedExports, 1)
    await world.controller.evictWorkers()
    rejectionOf(await world.outcome(holder, 'run', use), 'object-abandoned')
    assert.equal(await world.ask(holder, 'add', 1n, 1n), 2n)
  })
}

test('an ephemeral object that the host holds is abandoned', async () => {
  const vat = await newVat()
  const ephemeral = (await world.run(vat, 'return Far("ephemeral", { f: () => 1n })')) as Remote
  answerOf(await world.upgrade(vat, version(2)))
  rejectionOf(await world.outcome(ephemeral, 'f'), 'object-abandoned')
  rejectionOf(await world.outcome('friend', 'run', 'return E(args[0]).f()', ephemeral), 'object-abandoned')
})

test('an ephemeral object on its way when its vat is upgraded arrives, abandoned', async () => {
  const vat = await newVat()
  await world.controller.send(vat, 'run', [
    'E(args[0]).put("late", Far("late", { f: () => 1n }))',
    await world.root('friend'),
  ])
  await world.controller.upgradeVat(vat, await world.install(), { parameters: { setup: version(2).setup } })
  await world.controller.run()
  rejectionOf(await world.outcome('friend', 'run', 'return E(me.late).f()'), 'object-abandoned')
})

test('an object of another vat in the baggage is the same object for the heir, and can be sent to', async () => {
  const vat = await newVat()
  const kept = (await world.run('friend', 'return (me.kept = Far("kept", { f: () => 3n }))')) as Remote
  await world.run(vat, 'baggage.init("kept", args[0])', kept)
  answerOf(await world.upgrade(vat, version(2)))
  assert.equal(((await world.run(vat, 'return baggage.get("kept")')) as Remote).kref, kept.kref)
  assert.equal(await world.run(vat, 'return E(baggage.get("kept")).f()'), 3n)
})

test('names that the heir gives do not meet those of the old incarnation', async () => {
  const vat = await newVat()
  const old = (await world.run(
    vat,
    'return harden([Far("a", { f: () => "old" }), Far("b", {})])',
  )) as Remote[]
  answerOf(await world.upgrade(vat, version(2)))
  const fresh = (await world.run(
    vat,
    'return harden([Far("c", { f: () => "new" }), Far("d", {})])',
  )) as Remote[]
  assert.equal(new Set([...old, ...fresh].map(({ kref }) => kref)).size, 4)
  assert.equal(await world.ask(fresh[0]!, 'f'), 'new')
  rejectionOf(await world.outcome(old[0]!, 'f'), 'object-abandoned')
})

test('an upgrade survives closing and opening, before it runs and after', async () => {
  const vat = await newVat()
  const request = await world.controller.upgradeVat(vat, await world.install(), {
    parameters: { setup: version(2).setup },
  })
  await world.reopen()
  assert.equal((answerOf(await world.settle(request)) as UpgradeResult).incarnationNumber, 1)
  await world.reopen()
  assert.deepEqual(await world.run(vat, 'return harden([me.version, me.thing.add(0n)])'), [2n, 10n])
})
