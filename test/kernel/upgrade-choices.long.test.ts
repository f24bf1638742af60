/**
 * What may be chosen for an upgrade: the parameters of before, and what becomes of the vat when the heir
 * cannot start.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade, StartRefusalCode } from '../../src/protocol/results.ts'
import type { Remote } from '../../src/host/index.ts'
import { openStore } from '../../src/store/store.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf, type VatRecipe } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet } })
const bundle = await world.install()
const friend = await world.root('friend')

let next = 1
const newName = (): string => `vat${next++}`

// --- parameters

/** A vat that shows what it was started with. */
const shows: VatRecipe = {
  source: `import { E, Far } from 'heirloom/vat'
    export const buildRootObject = (_powers, parameters) => Far('root', { show: () => parameters, ask: () => E(parameters.friend).echo(1n) })`,
}
const showing = await world.install(shows)

test('an heir gets the parameters of the incarnation before, references too, over a new opening and many upgrades', async () => {
  const vat = newName()
  await world.create(vat, { ...shows, parameters: { fee: 5n, friend } })
  await world.reopen()
  for (const round of [1, 2, 3]) {
    const result = answerOf(
      await world.settle(await world.controller.upgradeVat(vat, showing, { parametersFrom: 'kept' })),
    ) as DurableUpgrade
    assert.equal(result.incarnationNumber, round)
    assert.deepEqual(await world.ask(vat, 'ask'), [1n])
  }
  assert.equal(((await world.ask(vat, 'show')) as { fee: bigint }).fee, 5n)
})

test('parameters that are given take the place of those before, and are kept from then on; a refused upgrade changes nothing', async () => {
  const vat = newName()
  await world.create(vat, { ...shows, parameters: { n: 1n } })
  const upgrade = async (options: object): Promise<unknown> => {
    answerOf(await world.settle(await world.controller.upgradeVat(vat, showing, options)))
    return world.ask(vat, 'show')
  }
  assert.deepEqual(await upgrade({ parameters: { n: 2n } }), { n: 2n })
  rejectionOf(await world.upgrade(vat, { setup: 'throw Error("no")' }), 'upgrade-refused')
  assert.deepEqual(await upgrade({ parametersFrom: 'kept' }), { n: 2n })
  assert.equal(await upgrade({}), undefined)
  assert.equal(await upgrade({ parametersFrom: 'kept' }), undefined)
})

test('kept parameters hold what they refer to, until others take their place or the vat has ended', async () => {
  const has = async (kref: string): Promise<boolean> => (await world.rows('kernel')).has(`object.${kref}`)
  const give = async (): Promise<Remote> => (await world.run('friend', 'return Far("given", {})')) as Remote
  const settle = async (): Promise<void> => {
    await world.forgetAll()
    await world.controller.collectAll()
    await world.controller.run()
  }
  const vat = newName()
  const [first, second] = [await give(), await give()]
  await world.create(vat, {
    source: "import { Far } from 'heirloom/vat'\nexport const buildRootObject = () => Far('root', {})",
    parameters: { first },
  })
  await settle()
  assert.deepEqual([await has(first.kref), await has(second.kref)], [true, false])
  const third = await give()
  answerOf(await world.settle(await world.controller.upgradeVat(vat, showing, { parameters: { third } })))
  await settle()
  assert.deepEqual([await has(first.kref), await has(third.kref)], [false, true])
  await world.controller.terminateVat(vat, 'the end')
  await world.controller.run()
  await settle()
  assert.equal(await has(third.kref), false)
  await world.audit()
})

test('a vat of a kernel that kept no parameters is refused the kept ones, and then takes given ones', async (t) => {
  const other = await openWorld(t, { vats: { old: shows } })
  await other.controller.commit()
  await other.controller.shutdown()
  const store = openStore(other.directory, { verify: 'lazy' })
  const vat = store.state.get('kernel', 'name.old')
  store.state.delete('kernel', `parameters.${vat}`)
  store.sealCrank()
  store.commit()
  store.close()
  await other.open()
  const code = await other.install(shows)
  const kept = (): Promise<unknown> =>
    other.controller
      .upgradeVat('old', code, { parametersFrom: 'kept' })
      .then((request) => other.settle(request))
  assert.equal(
    rejectionOf((await kept()) as never, 'upgrade-refused').reason?.code,
    'start/parameters-unknown',
  )
  assert.deepEqual((await other.controller.history('old')).at(-1)?.parameters, { from: 'kept', hash: null })
  answerOf(await other.settle(await other.controller.upgradeVat('old', code, { parameters: 7n })))
  answerOf((await kept()) as never)
  assert.equal(await other.ask('old', 'show'), 7n)
})

test('a replay goes on with the parameters, kept or not said', async () => {
  const vat = newName()
  await world.create(vat, { ...shows, parameters: { n: 3n } })
  const other = await world.install({
    source: (shows.source ?? '')
      .replace('(_powers, parameters)', '(_powers, parameters, baggage)')
      .replace('=> Far', '=> baggage.init("other", 1n) ?? Far'),
  })
  const { mode } = answerOf(
    await world.settle(
      await world.controller.upgradeVat(vat, showing, { mode: 'replay', parametersFrom: 'kept' }),
    ),
  ) as { mode: string }
  assert.equal(mode, 'replay')
  const { mode: durable, replayRefused } = answerOf(
    await world.settle(
      await world.controller.upgradeVat(vat, other, { mode: 'auto', parametersFrom: 'kept' }),
    ),
  ) as DurableUpgrade
  assert.deepEqual([durable, replayRefused?.code], ['durable', 'replay/diverged'])
  answerOf(await world.settle(await world.controller.upgradeVat(vat, showing, { parametersFrom: 'kept' })))
  assert.deepEqual(await world.ask(vat, 'show'), { n: 3n })
})

test('the holder of an admin node keeps parameters, and is refused both at once and a source that is none', async () => {
  const { adminNode } = await world.create(newName(), { ...shows, parameters: { n: 4n } })
  await world.ask(adminNode, 'upgrade', showing, { parametersFrom: 'kept' })
  await world.ask(adminNode, 'upgrade', showing, {
    vatParameters: { n: 5n },
    upgradeMessage: 'as SwingSet does',
  })
  await world.ask(adminNode, 'upgrade', showing, { parametersFrom: 'kept' })
  const status = (await world.ask(adminNode, 'status')) as { name: string; incarnation: number }
  assert.deepEqual([status.incarnation, await world.ask(status.name, 'show')], [3, { n: 5n }])
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ parametersFrom: 'kept', vatParameters: {} }, /give one of them/],
    [{ parametersFrom: 'thrown away' }, /parametersFrom is one of given, kept/],
    [{ onFailure: 'shrug' }, /onFailure is one of keep, suspend/],
    [{ drain: 5n }, /drain is a record \{ maxCranks \}/],
    [{ drain: {} }, /maxCranks/],
    [{ drain: { maxCranks: 0n } }, /from 1 to 1000000/],
    [{ drain: { maxCranks: 1_000_001 } }, /from 1 to 1000000/],
    [{ drain: { maxCranks: 5, minutes: 1 } }, /maxCranks/],
  ]
  for (const [options, message] of wrong)
    assert.match(
      rejectionOf(await world.outcome(adminNode, 'upgrade', showing, options), 'service-refused').message,
      message,
    )
})

// --- onFailure

const kind = (methods: string, options = '{}'): string => `
  const handle = baggage.has('Coin') ? baggage.get('Coin') : makeKindHandle('Coin')
  if (!baggage.has('Coin')) baggage.init('Coin', handle)
  me.make = ${methods.startsWith('multi') ? 'VatData.defineDurableKindMulti' : 'VatData.defineDurableKind'}(handle, () => ({ n: 1n }), ${methods.replace('multi', '')}, ${options})`
const single = kind('{ n: ({ state }) => state.n }')
const multi = kind('multi{ a: { n: () => 1n }, b: { n: () => 2n } }')

/** Every reason for which an heir cannot start: what the vat was made with, the heir, and what is said. */
const reasons: Readonly<
  Record<string, readonly [before: string, heir: VatRecipe, code: StartRefusalCode, names: readonly string[]]>
> = {
  'code that does not parse': ['', { source: 'export const buildRootObject = 5' }, 'start/bundle-broken', []],
  'buildRootObject that throws': ['', { setup: 'throw Error("no")' }, 'start/threw', []],
  'buildRootObject that never settles': [
    '',
    { setup: 'await new Promise(() => {})' },
    'start/never-settled',
    [],
  ],
  'a root that is data': [
    '',
    { source: 'export const buildRootObject = () => 5' },
    'start/root-not-remotable',
    [],
  ],
  'a durable kind that is not defined': [
    `${single}; provide(baggage, 'coin', () => me.make())`,
    {},
    'start/kinds-missing',
    ['Coin'],
  ],
  'a facet that is not there any more': [
    multi,
    { setup: kind('multi{ a: { n: () => 1n } }') },
    'start/facets-missing',
    ['Coin.b'],
  ],
  'one facet in the place of several': [multi, { setup: single }, 'start/facets-changed', ['Coin']],
  'several facets in the place of one': [single, { setup: multi }, 'start/facets-changed', ['Coin']],
  'a state shape that was not there': [
    single,
    { setup: kind('{ n: ({ state }) => state.n }', '{ stateShape: { n: 1n } }') },
    'start/shape-changed',
    ['Coin'],
  ],
  'a state version that is lower': [
    kind('{ n: ({ state }) => state.n }', '{ stateVersion: 2, migrate: { 1: (state) => state } }'),
    { setup: single },
    'start/migration-missing',
    ['Coin'],
  ],
  'a named export that is forgotten': [
    'me.named = Far("named", {}); vatPowers.nameExport("label", me.named)',
    {},
    'start/exports-missing',
    ['label'],
  ],
  'an heir that leaves': ['', { setup: 'vatPowers.exitVat(1n)' }, 'start/exited', []],
  'an heir that loops': ['', { setup: 'for (;;);' }, 'start/fault', ['computrons-exhausted']],
  'an heir that fills the heap': [
    '',
    { setup: 'for (const all = [];;) all.push(new Uint8Array(1_000_000))' },
    'start/fault',
    ['heap-exhausted'],
  ],
}

for (const [name, [before, heir, code, names]] of Object.entries(reasons)) {
  // U5.
  test(`for ${name} the vat is put back and suspended, what comes waits, and the next upgrade delivers it`, async () => {
    const vat = newName()
    await world.create(vat, {
      setup: before,
      computronsPerDelivery: 30_000_000n,
      heapLimitBytes: 32 * 1024 * 1024,
    })
    await world.run(vat, 'me.count = 5n')
    await world.controller.run()
    const image = await world.imageOf(vat)
    const request = await world.controller.upgradeVat(vat, await world.install(heir), {
      parameters: { setup: heir.setup },
      onFailure: 'suspend',
    })
    const waits = await world.controller.send(vat, 'add', [1n, 2n])
    await world.controller.run()
    const { reason, message } = rejectionOf(await world.take(request), 'upgrade-refused')
    assert.deepEqual([reason?.code, reason?.names], [code, names], message)
    const { status, incarnation, parked } = await world.controller.vat(vat)
    assert.deepEqual([incarnation, parked], [0, 1])
    assert.deepEqual(status, {
      kind: 'suspended',
      cause: 'upgrade-refused',
      message,
      since: (status as { since: number }).since,
    })
    assert.equal(await world.imageOf(vat), image)
    answerOf(await world.upgrade(vat, { setup: before.replace('nameExport', 'reconnectExport') }))
    assert.equal(answerOf(await world.take(waits)), 3n)
  })
}

test('every reason of a start that is refused is tried, but for those of parameters and of what was salvaged', () => {
  const tried = new Set(Object.values(reasons).map(([, , code]) => code))
  const all: Record<Exclude<StartRefusalCode, 'start/parameters-unknown' | 'salvage/stale'>, true> = {
    'start/bundle-broken': true,
    'start/threw': true,
    'start/never-settled': true,
    'start/root-not-remotable': true,
    'start/kinds-missing': true,
    'start/facets-missing': true,
    'start/facets-changed': true,
    'start/shape-changed': true,
    'start/migration-missing': true,
    'start/exports-missing': true,
    'start/exited': true,
    'start/fault': true,
  }
  assert.deepEqual([...tried].sort(), Object.keys(all).sort())
})

test('a vat that a refused upgrade has suspended is resumed with the old code, heap and all', async () => {
  const vat = newName()
  await world.create(vat)
  await world.run(vat, 'me.count = 5n')
  rejectionOf(
    await world.upgrade(vat, { setup: 'throw Error("no")' }, { onFailure: 'suspend' }),
    'upgrade-refused',
  )
  const waits = await world.controller.send(vat, 'take', ['count'])
  await world.controller.run()
  await world.reopen()
  assert.deepEqual(answerOf(await world.take(await world.controller.resumeVat(vat))), {
    outcome: 'resumed',
    released: 1,
  })
  assert.equal(answerOf(await world.settle(waits)), 5n)
})

test('a meter with nothing left is the reason of a refusal, with its code', async () => {
  const vatAdmin = await world.controller.vatAdmin()
  const meter = await world.ask(vatAdmin, 'createMeter', 0n, 0n)
  const vat = newName()
  const { adminNode } = await world.create(vat)
  await world.ask(adminNode, 'changeOptions', { meter })
  const { reason } = rejectionOf(
    await world.upgrade(vat, puppet, { onFailure: 'suspend' }),
    'upgrade-refused',
  )
  assert.deepEqual([reason?.code, reason?.names], ['start/fault', ['meter-exhausted']])
  assert.equal((await world.controller.vat(vat)).status.kind, 'suspended')
})

test('a replay that differs suspends the vat too, when that was chosen', async () => {
  const vat = newName()
  await world.create(vat, { parameters: { setup: 'baggage.init("a", 1n)' } })
  const request = await world.controller.upgradeVat(vat, showing, { mode: 'replay', onFailure: 'suspend' })
  const { message } = rejectionOf(await world.settle(request), 'upgrade-refused')
  assert.match(message, /keeps its code/)
  assert.equal((await world.controller.vat(vat)).status.kind, 'suspended')
})

test('a vat that was suspended before stays so for its first reason, and a request that cannot be is no upgrade', async () => {
  const vat = newName()
  const { adminNode } = await world.create(vat)
  rejectionOf(
    await world.outcome(adminNode, 'upgrade', `b1-${'0'.repeat(64)}`, { onFailure: 'suspend' }),
    'service-refused',
  )
  assert.equal((await world.controller.vat(vat)).status.kind, 'running')
  await world.controller.suspendVat(vat, 'tea')
  await world.ask(
    'friend',
    'run',
    'return E(args[0]).upgrade(args[1], { vatParameters: { setup: "throw 1" }, onFailure: "suspend" }).catch(() => {})',
    adminNode,
    bundle,
  )
  const { status } = await world.controller.vat(vat)
  assert.deepEqual(status.kind === 'suspended' && [status.cause, status.message], ['requested', 'tea'])
})
