/**
 * Meters: who pays for what, what an empty one does to each kind of delivery, and that nothing is paid twice
 * or not at all.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Remote, Status } from '../../src/host/index.ts'
import { maxMeterWaiters } from '../../src/protocol/limits.ts'
import { malloryStore } from '../kit/mallory.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  preparedStore,
  puppet,
  reasonOf,
  rejectionOf,
  type VatRecipe,
  type World,
  type WorldOptions,
} from '../kit/world.ts'

const { directory, worker } = await malloryStore()

interface Kit {
  readonly root: Remote
  readonly adminNode: Remote
}

/** A world with its vatAdmin, and what the tests do with it. */
class Metered {
  readonly world: World
  readonly admin: Remote

  constructor(world: World, admin: Remote) {
    this.world = world
    this.admin = admin
  }

  static async open(t: Parameters<typeof openWorld>[0], options: WorldOptions = {}): Promise<Metered> {
    const world = await openWorld(t, { from: directory, ...options })
    return new Metered(world, await world.controller.vatAdmin())
  }

  meter(remaining: bigint, threshold = 0n): Promise<Remote> {
    return this.world.ask(this.admin, 'createMeter', remaining, threshold) as Promise<Remote>
  }

  async left(meter: Remote): Promise<bigint> {
    return ((await this.world.ask(meter, 'get')) as { remaining: bigint }).remaining
  }

  async vat(name: string, meter: Remote, options: object = {}, recipe: VatRecipe = puppet): Promise<Kit> {
    return (await this.world.ask(this.admin, 'createVat', await this.world.install(recipe), {
      name,
      meter,
      ...options,
    })) as Kit
  }

  /** Computrons of the vat's deliveries by its transcript. */
  async spent(name: string): Promise<bigint> {
    return (await this.world.transcript(name)).reduce((sum, { computrons }) => sum + BigInt(computrons), 0n)
  }
}

const shared = await Metered.open(forTheFile)
const plenty = 1_000_000_000n
const loop = 'for (;;);'
const garbage = {
  vatAdmin: shared.admin,
  meter: await shared.meter(5n, 1n),
  unlimited: (await shared.world.ask(shared.admin, 'createUnlimitedMeter')) as Remote,
  adminNode: (await shared.world.create('garbage')).adminNode,
}
const garbageRoot = await shared.world.root('garbage')

// --- what is charged

test('a vat is charged the computrons of each of its cranks, its start included', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('payer', meter)
  for (let n = 0; n < 5; n += 1) await shared.world.ask(root, 'add', 1n, 1n)
  assert.equal(await shared.left(meter), plenty - (await shared.spent('payer')))
})

test('vats that share a meter are charged to the one', async () => {
  const meter = await shared.meter(plenty)
  const [one, two] = [await shared.vat('one', meter), await shared.vat('two', meter)]
  await shared.world.ask(one.root, 'add', 1n, 1n)
  await shared.world.run(two.root, 'return E(args[0]).add(2n, 2n)', one.root)
  assert.equal(await shared.left(meter), plenty - (await shared.spent('one')) - (await shared.spent('two')))
})

test('a delivery that is undone is paid for, and nothing else of it is left', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('undone', meter, { computronsPerDelivery: 30_000_000n })
  const before = await shared.left(meter)
  const image = await shared.world.imageOf('undone')
  rejectionOf(
    await shared.world.outcome(root, 'run', `baggage.init('x', 1n); ${loop}`),
    'computrons-exhausted',
  )
  assert.equal(await shared.left(meter), before - 30_000_000n)
  assert.equal(await shared.world.imageOf('undone'), image)
})

test('an illegal syscall is paid for up to where it was sent', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('illegal', meter, { worker })
  const before = await shared.left(meter)
  rejectionOf(await shared.world.outcome(root, 'ask', '[{"kind":"exit"}]'), 'illegal-syscall')
  const once = before - (await shared.left(meter))
  assert.ok(once > 0n)
  rejectionOf(await shared.world.outcome(root, 'finish', '[{"kind":"exit"}]'), 'illegal-syscall')
  assert.ok(await shared.left(meter) < before - once)
})

test('a start that fails is paid for', async () => {
  const meter = await shared.meter(plenty)
  const parameters = { setup: 'throw Error("no")' }
  rejectionOf(
    await shared.world.outcome(shared.admin, 'createVat', await shared.world.install(), {
      name: 'stillborn',
      meter,
      parameters,
    }),
    'start-refused',
  )
  const once = plenty - (await shared.left(meter))
  assert.ok(once > 0n)
  rejectionOf(
    await shared.world.outcome(shared.admin, 'createVat', await shared.world.install(), {
      name: 'stillborn',
      meter,
      parameters: { setup: loop },
      computronsPerDelivery: 40_000_000n,
    }),
    'start-refused',
  )
  assert.equal(await shared.left(meter), plenty - once - 40_000_000n)
})

test('an upgrade is paid for, by the same meter after it, and one that fails too', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('upgraded', meter, { computronsPerDelivery: 50_000_000n })
  answerOf(await shared.world.upgrade('upgraded'))
  const after = await shared.left(meter)
  assert.equal(after, plenty - (await shared.spent('upgraded')))
  rejectionOf(await shared.world.upgrade('upgraded', { setup: loop }), 'upgrade-refused')
  const failed = await shared.left(meter)
  assert.ok(failed < after - 50_000_000n, 'the collection before it is paid for too')
  await shared.world.ask(root, 'add', 1n, 1n)
  assert.ok(await shared.left(meter) < failed)
})

// Me2.
test('nothing is taken from an unlimited meter', async () => {
  const meter = (await shared.world.ask(shared.admin, 'createUnlimitedMeter')) as Remote
  const { root } = await shared.vat('free', meter)
  await shared.world.ask(root, 'add', 1n, 1n)
  await shared.world.ask(meter, 'addRemaining', 5n)
  await shared.world.ask(meter, 'setThreshold', 5n)
  assert.deepEqual(await shared.world.ask(meter, 'get'), { remaining: 'unlimited', threshold: 0n })
})

test('a vat is put on another meter, and the old one is charged no more', async () => {
  const [first, second] = [await shared.meter(plenty), await shared.meter(plenty)]
  const { root, adminNode } = await shared.vat('moved', first)
  await shared.world.ask(adminNode, 'changeOptions', { meter: second })
  const before = await shared.left(first)
  await shared.world.ask(root, 'add', 1n, 1n)
  assert.equal(await shared.left(first), before)
  assert.ok(await shared.left(second) < plenty)
  await shared.world.ask(adminNode, 'changeOptions', { computronsPerDelivery: 100_000n })
  rejectionOf(await shared.world.outcome(root, 'run', loop), 'computrons-exhausted')
})

// --- empty meters

test('a delivery may use what is left, and no more: the message is rejected and the meter is empty', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('spender', meter, { computronsPerDelivery: 2n * plenty })
  const rejection = rejectionOf(await shared.world.outcome(root, 'run', loop), 'meter-exhausted')
  assert.match(
    rejection.message,
    /vat spender \(v\d+\) used more than the \d+ computrons that its meter had left/,
  )
  assert.equal(await shared.left(meter), 0n)
  const entries = (await shared.world.transcript('spender')).length
  assert.match(
    rejectionOf(await shared.world.outcome(root, 'add', 1n, 1n), 'meter-exhausted').message,
    /the meter of vat spender \(v\d+\) has nothing left/,
  )
  assert.equal((await shared.world.transcript('spender')).length, entries, 'the delivery was not made')
  await shared.world.ask(meter, 'addRemaining', plenty)
  assert.equal(await shared.world.ask(root, 'add', 1n, 1n), 2n)
})

/** Empties the meter of a vat. */
async function empty(metered: Metered, root: Remote): Promise<void> {
  rejectionOf(await metered.world.outcome(root, 'run', loop), 'meter-exhausted')
}

test('a vat is not started on an empty meter', async () => {
  const rejection = rejectionOf(
    await shared.world.outcome(shared.admin, 'createVat', await shared.world.install(), {
      name: 'poor',
      meter: await shared.meter(0n),
    }),
    'start-refused',
  )
  assert.deepEqual(rejection.reason?.names, ['meter-exhausted'])
})

test('a vat is not upgraded on an empty meter, and goes on when there is something again', async () => {
  const meter = await shared.meter(plenty)
  const { root } = await shared.vat('waiting', meter, {
    computronsPerDelivery: 2n * plenty,
    parameters: { setup: 'me.n = 3n' },
  })
  await empty(shared, root)
  const rejection = rejectionOf(await shared.world.upgrade('waiting'), 'upgrade-refused')
  assert.deepEqual(rejection.reason?.names, ['meter-exhausted'])
  await shared.world.ask(meter, 'addRemaining', plenty)
  assert.equal(await shared.world.run(root, 'return me.n'), 3n)
})

/**
 * Deliveries that are no messages: what comes before the meter is emptied, what after, and how many wait
 * then.
 */
interface Other {
  readonly before: string
  readonly queued?: readonly [target: 'poor' | 'friend', code: string]
  readonly after?: string
  readonly parked: number
}
const others: Readonly<Record<string, Other>> = {
  'a notification': { before: 'E(args[0]).take("settled").then(() => 1n)', after: 'me.go(1n)', parked: 1 },
  'a notification that is on its way': {
    before: 'E(args[0]).take("settled").then(() => 1n)',
    queued: ['friend', 'me.go(1n)'],
    parked: 1,
  },
  'a collection': { before: '', queued: ['poor', ''], parked: 1 },
  'the news that an export was dropped, and forgotten,': {
    before: 'E(args[0]).put("held", Far("thing", {}))',
    after: 'me.held = undefined',
    parked: 2,
  },
}
for (const [name, { before, queued, after, parked }] of Object.entries(others)) {
  test(`${name} for a vat whose meter is empty suspends it, and waits first`, async (t) => {
    const from = await preparedStore({ collectionInterval: name === 'a collection' ? 3 : 5 })
    const metered = await Metered.open(t, {
      vats: { friend: { setup: 'me.settled = new Promise((go) => { me.go = go })' } },
      from,
    })
    const { world } = metered
    const meter = await metered.meter(plenty)
    const { root } = await metered.vat('poor', meter)
    const burner = await metered.vat('burner', meter, { computronsPerDelivery: 2n * plenty })
    await world.run(root, before, await world.root('friend'))
    if (queued !== undefined) await world.controller.sendOnly(queued[0], 'run', [queued[1]])
    await empty(metered, burner.root)
    if (after !== undefined) for (let n = 0; n < 6; n += 1) await world.run('friend', after)
    const { vat, status, parked: waits } = await world.controller.vat('poor')
    assert.deepEqual(
      [status.kind, status.kind === 'suspended' && status.cause, waits],
      ['suspended', 'meter-exhausted', parked],
    )
    const late = await world.controller.send(root, 'add', [1n, 1n])
    await world.reopen()
    await world.controller.run()
    assert.deepEqual(await world.controller.status(late), { kind: 'pending' })
    assert.equal((await world.controller.vat(vat)).parked, parked + 1)
    await world.ask(meter, 'addRemaining', plenty)
    answerOf(await world.upgrade('poor'))
    assert.equal(answerOf(await world.take(late)), 2n)
  })
}

// --- thresholds

// Mt3.
test('who asked is told what remains as soon as that is less than the threshold, once', async () => {
  const meter = await shared.meter(plenty, plenty - 1n)
  const asked = await shared.world.controller.send(meter, 'notify')
  await shared.world.controller.run()
  assert.deepEqual(await shared.world.controller.status(asked), { kind: 'pending' })
  await shared.vat('crossing', meter)
  assert.equal(answerOf(await shared.world.take(asked)), plenty - (await shared.spent('crossing')))
})

// Mt3.
test('notify answers at once below the threshold, and when the threshold is raised past what remains', async () => {
  const meter = await shared.meter(5n, 6n)
  assert.equal(await shared.world.ask(meter, 'notify'), 5n)
  await shared.world.ask(meter, 'addRemaining', 5n)
  const asked = await shared.world.controller.send(meter, 'notify')
  await shared.world.controller.run()
  assert.equal((await shared.world.controller.status(asked)).kind, 'pending')
  await shared.world.ask(meter, 'setThreshold', 10n)
  assert.equal(
    (await shared.world.controller.status(asked)).kind,
    'pending',
    'as much as the threshold is not less',
  )
  await shared.world.ask(meter, 'setThreshold', 11n)
  assert.equal(answerOf(await shared.world.take(asked)), 10n)
})

// Mt3.
test('a notifier tells each time that less comes to remain than the threshold', async (t) => {
  const metered = await Metered.open(t)
  const { world } = metered
  const meter = await metered.meter(10n, 6n)
  const notifier = (await world.ask(meter, 'getNotifier')) as Remote
  const first = [
    await world.controller.send(notifier, 'getUpdateSince'),
    await world.controller.send(notifier, 'getUpdateSince', [0n]),
  ]
  await world.controller.run()
  for (const asked of first)
    assert.equal((await world.controller.status(asked)).kind, 'pending', 'less has never remained')
  await world.ask(meter, 'setThreshold', 11n)
  for (const asked of first)
    assert.deepEqual(answerOf(await world.take(asked)), { value: 10n, updateCount: 1n })
  assert.deepEqual(await world.ask(notifier, 'getUpdateSince'), { value: 10n, updateCount: 1n })
  assert.deepEqual(await world.ask(notifier, 'getUpdateSince', 0), { value: 10n, updateCount: 1n })
  const next = await world.controller.send(notifier, 'getUpdateSince', [1n])
  await world.ask(meter, 'setThreshold', 20n)
  assert.equal((await world.controller.status(next)).kind, 'pending', 'it was less before')
  await world.ask(meter, 'addRemaining', 50n)
  await world.reopen()
  assert.equal((await world.controller.status(next)).kind, 'pending')
  await world.ask(meter, 'setThreshold', 61n)
  assert.deepEqual(answerOf(await world.take(next)), { value: 60n, updateCount: 2n })
  const other = (await world.ask(meter, 'getNotifier')) as Remote
  assert.deepEqual(
    await world.ask(other, 'getUpdateSince', 1n),
    { value: 60n, updateCount: 2n },
    'all notifiers of a meter tell the same',
  )
})

test('a vat that follows the notifier of a meter hears of each time, as those that were written for SwingSet do', async (t) => {
  const metered = await Metered.open(t, { vats: { boss: puppet } })
  const { world } = metered
  const meter = await metered.meter(plenty, plenty / 2n)
  const { root } = await metered.vat('worker', meter, { computronsPerDelivery: 20_000_000n })
  await world.run('boss', `me.told = []
    const follow = async (notifier, since) => { for (;;) { const { value, updateCount } = await E(notifier).getUpdateSince(since); me.told.push(value); since = updateCount } }
    follow(E(args[0]).getNotifier()).catch((reason) => me.told.push(reason.message))`, meter)
  await world.ask(root, 'run', 'return 1n')
  await world.ask(meter, 'setThreshold', plenty)
  await world.ask(meter, 'addRemaining', plenty)
  await world.ask(meter, 'setThreshold', 3n * plenty)
  const told = (await world.run('boss', 'return [...me.told]')) as bigint[]
  const spent = await metered.spent('worker')
  assert.deepEqual(told, [plenty - spent, 2n * plenty - spent])
})

test('a notifier keeps its meter; with the last of both those who wait are told', async (t) => {
  const metered = await Metered.open(t, { vats: { boss: puppet } })
  const { world } = metered
  for (const make of ['createMeter(5n, 1n)', 'createUnlimitedMeter()']) {
    await world.run('boss', `me.notifier = await E(E(args[0]).${make}).getNotifier()`, metered.admin)
    const services = async (): Promise<string[]> =>
      [...(await world.rows('kernel'))]
        .filter(([key, value]) => key.startsWith('service.') && /"(?:meter|notifier)"/.test(value))
        .map(([key]) => key)
    await world.run('boss', 'me.asked = E(me.notifier).getUpdateSince().catch((reason) => reason)')
    await world.controller.collectAll()
    await world.controller.run()
    assert.equal((await services()).length, 2, make)
    await world.run('boss', 'me.notifier = undefined')
    await world.controller.collectAll()
    await world.controller.run()
    assert.deepEqual(await services(), [], make)
    assert.match(
      ((await world.run('boss', 'return me.asked')) as Error).message,
      /nobody refers to the meter/,
    )
  }
})

test('a vat waits for its own meter, across a restart', async (t) => {
  const metered = await Metered.open(t, { vats: { boss: puppet } })
  const { world } = metered
  const meter = await metered.meter(plenty, plenty / 2n)
  const { root } = await metered.vat('worker', meter, { computronsPerDelivery: 2n * plenty })
  await world.run('boss', 'me.told = []; E(args[0]).notify().then((n) => { me.told.push(n) })', meter)
  await world.reopen()
  assert.deepEqual(await world.run('boss', 'return [...me.told]'), [])
  await empty(metered, root)
  assert.deepEqual(await world.run('boss', 'return [...me.told]'), [0n])
})

// --- garbage

/** What is asked, and what it is refused with. */
const refusals: Readonly<
  Record<
    string,
    readonly [
      target: 'vatAdmin' | 'meter' | 'unlimited' | 'adminNode',
      method: string,
      args: readonly unknown[],
      message: RegExp,
    ]
  >
> = {
  'a meter of nothing': ['vatAdmin', 'createMeter', [], /what remains of a meter is a bigint/],
  'a meter of a number': ['vatAdmin', 'createMeter', [5, 5n], /what remains of a meter is a bigint/],
  'a meter of less than nothing': ['vatAdmin', 'createMeter', [-1n, 0n], /a bigint from 0n/],
  'a meter of too much': ['vatAdmin', 'createMeter', [2n ** 62n + 1n, 0n], /2n \*\* 62n/],
  'a meter without a threshold': ['vatAdmin', 'createMeter', [5n], /the threshold of a meter/],
  'adding nothing': ['meter', 'addRemaining', [], /addRemaining takes/],
  'adding less than nothing': ['meter', 'addRemaining', [-5n], /addRemaining takes/],
  'adding past what a meter holds': ['meter', 'addRemaining', [2n ** 62n], /a meter holds at most/],
  'a threshold of text': ['meter', 'setThreshold', ['5'], /setThreshold takes/],
  'a threshold of less than nothing': ['unlimited', 'setThreshold', [-1n], /setThreshold takes/],
  'waiting for an unlimited meter': ['unlimited', 'notify', [], /never falls below/],
  'a method that there is not': ['meter', 'subtract', [1n], /meter has no method "subtract"/],
  'a meter that is a number': [
    'adminNode',
    'changeOptions',
    [{ meter: 5n }],
    /changeOptions: the option meter is a meter/,
  ],
  'no options': ['adminNode', 'changeOptions', [], /options of changeOptions are a record/],
  'an option that cannot be changed': [
    'adminNode',
    'changeOptions',
    [{ name: 'other' }],
    /^invalid option "name"/,
  ],
  'an option that there is not': [
    'adminNode',
    'changeOptions',
    [{ toString: 5n }],
    /^invalid option "toString"/,
  ],
}
for (const [name, [target, method, args, message]] of Object.entries(refusals)) {
  test(`${name} is refused`, async () => {
    assert.match(
      rejectionOf(await shared.world.outcome(garbage[target], method, ...args), 'service-refused').message,
      message,
    )
    assert.deepEqual(await shared.world.ask(garbage.meter, 'get'), { remaining: 5n, threshold: 1n })
  })
}

/** Options of createVat, and what they are refused with; `undefined` where they are taken. */
const options: Readonly<Record<string, readonly [options: object, message?: RegExp]>> = {
  'a vatAdmin for a meter': [{ meter: shared.admin }, /: the option meter is a meter/],
  'a root for a meter': [{ meter: garbageRoot }, /option meter/],
  'a computron limit of nothing': [
    { computronsPerDelivery: 0n },
    /: the option computronsPerDelivery is a bigint from 1n/,
  ],
  'a heap of nothing': [{ heapLimitBytes: 0 }, /heapLimitBytes/],
  'a worker that there is not': [{ worker: 'w1-0' }, /option worker/],
  'parameters twice': [{ parameters: 1n, vatParameters: 1n }, /the same option/],
  'a critical vat of no sort': [{ critical: 'yes' }, /the option critical is the key of getCriticalVatKey/],
  'no transcript': [{ useTranscript: false }, /: the option useTranscript is true/],
  'a setup function': [{ enableSetup: true }, /: the option enableSetup is false/],
  'a vatstore of its own': [{ enableVatstore: true }, /enableVatstore/],
  'a worker of no kind': [{ managerType: 'docker' }, /managerType/],
  'half an interval': [{ reapInterval: 0.5 }, /reapInterval/],
  'pipelining as a text': [{ enablePipelining: 'yes' }, /enablePipelining/],
  'a schedule with a word too many': [
    { collection: { deliveries: 5, cranks: 5 } },
    /the option collection is a record of deliveries/,
  ],
  'a schedule by no computrons': [{ collection: { computrons: 0n } }, /the option collection is a record/],
  'a schedule by half a reference': [
    { collection: { references: 0.5 } },
    /the option collection is a record/,
  ],
  'an interval and none': [
    { neverReap: false, reapInterval: 5 },
    /neverReap and reapInterval are the same option/,
  ],
  'node options that are none': [{ nodeOptions: '--x' }, /nodeOptions/],
  'a schedule and an interval': [
    { collection: {}, reapInterval: 5 },
    /collection and reapInterval are the same option/,
  ],
  'an importance twice': [
    { critical: false, importance: 'ordinary' },
    /critical and importance are the same option/,
  ],
  'a schedule of all sorts': [{ collection: { deliveries: 'never', references: 5n, computrons: 5n } }],
  'an upgrade message': [{ upgradeMessage: 'x' }, /unknown options "upgradeMessage"/],
  'all that SwingSet takes and that has no meaning here': [
    {
      managerType: 'xs-worker',
      reapInterval: 'never',
      enablePipelining: false,
      virtualObjectCacheSize: 0,
      useTranscript: true,
      enableSetup: false,
      critical: false,
      description: 'x',
      nodeOptions: ['--x'],
      meter: undefined,
    },
  ],
  'that it is never to collect': [{ neverReap: true }],
  'nothing at all': [{}],
}
for (const [name, [given, message]] of Object.entries(options)) {
  // Vo1.
  test(`createVat with ${name} ${message === undefined ? 'makes a vat' : 'is refused'}`, async () => {
    const before = (await shared.world.controller.vats()).length
    const outcome = await shared.world.outcome(shared.admin, 'createVat', await shared.world.install(), given)
    if (message === undefined) answerOf(outcome)
    else assert.match(rejectionOf(outcome, 'service-refused').message, message)
    assert.equal((await shared.world.controller.vats()).length, before + (message === undefined ? 1 : 0))
  })
}

test('a vat without a name, or with one that is like an id, is named by its id', async (t) => {
  const { world, admin } = await Metered.open(t)
  const bundle = await world.install()
  const made = async (given?: object): Promise<unknown> =>
    world.ask(
      ((await world.ask(admin, 'createVat', bundle, ...(given === undefined ? [] : [given]))) as Kit)
        .adminNode,
      'status',
    )
  assert.equal(((await made()) as { name: string }).name, 'v1')
  assert.equal(((await made({ name: 'v3' })) as { name: string }).name, 'v2')
  assert.equal(((await made()) as { name: string }).name, 'v3')
})

test('createVatAdminService gives the service itself', async () => {
  assert.deepEqual(await shared.world.ask(shared.admin, 'createVatAdminService', 'a device'), shared.admin)
})

// --- life and death

test('a meter is collected when no vat and nobody refers to it, and who waited for it is told', async (t) => {
  const metered = await Metered.open(t, { vats: { boss: puppet, keeper: puppet } })
  const { world } = metered
  const meter = await metered.meter(plenty, 1n)
  const { adminNode } = await metered.vat('worker', meter)
  const service = async (): Promise<boolean> => (await world.rows('kernel')).has(`service.${meter.kref}`)
  await world.run(
    'boss',
    'me.asked = E(args[0]).notify().catch((reason) => reason); me.admin = args[1]',
    meter,
    adminNode,
  )
  await world.run('keeper', 'me.admin = args[0]', adminNode)
  await world.forgetAll()
  answerOf(await world.upgrade('boss', { setup: 'baggage.has("x")' }))
  assert.ok(await service(), 'its vat holds it')
  const asked = await world.controller.send(meter, 'notify')
  await world.controller.run()
  await world.ask(adminNode, 'changeOptions', {
    meter: (await world.ask(metered.admin, 'createUnlimitedMeter')) as Remote,
  })
  await world.controller.run()
  assert.ok(!(await service()))
  assert.match((reasonOf(await world.take(asked)) as Error).message, /nobody refers to the meter/)
})

// --- determinism

/** A life of metered vats, with a meter that runs out. */
async function life(t: TestContext, open: WorldOptions['open'], restart: 'never' | 'often'): Promise<string> {
  const metered = await Metered.open(t, open === undefined ? {} : { open })
  const { world } = metered
  const meter = await metered.meter(plenty, 10n)
  const one = await metered.vat('one', meter, { computronsPerDelivery: plenty / 3n })
  const two = await metered.vat('two', meter)
  for (let n = 0; n < 12; n += 1) {
    await world.outcome(
      n % 2 === 0 ? one.root : two.root,
      'run',
      n === 5 ? loop : `me.n = (me.n ?? 0) + ${n}; return E(args[0]).add(1n, 2n)`,
      n % 2 === 0 ? two.root : one.root,
    )
    if (n === 8) answerOf(await world.upgrade('one'))
    await (restart === 'often' ? world.reopen() : world.controller.commit())
  }
  return JSON.stringify([
    await world.activityHash(),
    String(await metered.left(meter)),
    await world.controller.heapHash('one'),
    await world.controller.heapHash('two'),
  ])
}

test('what meters have left is the same whether workers stay, are evicted after each crank, or the store is opened again', async (t) => {
  const calm = await life(t, undefined, 'never')
  assert.equal(await life(t, { eviction: 'after-each-crank' }, 'never'), calm)
  assert.equal(await life(t, undefined, 'often'), calm)
})

test('an upgrade by replay is paid for, one that differs too, and there is none on an empty meter', async () => {
  const meter = await shared.meter(plenty)
  const source =
    'export const buildRootObject = () => Far("r", { add: (a: bigint, b: bigint) => a + b, run: (code: string) => { for (;;); } })'
  const { root } = await shared.vat('replayed', meter, { computronsPerDelivery: 2n * plenty }, { source })
  await shared.world.ask(root, 'add', 1n, 1n)
  const before = await shared.left(meter)
  const recorded = await shared.spent('replayed')
  const replay = async (code: string): Promise<Status> =>
    shared.world.settle(
      await shared.world.controller.upgradeVat('replayed', await shared.world.install({ source: code }), {
        mode: 'replay',
      }),
    )
  answerOf(await replay(`${source} `))
  const after = await shared.left(meter)
  assert.ok(before - after > recorded / 2n, `${before - after} for what took ${recorded}`)
  rejectionOf(await replay(source.replace('a + b', 'a - b')), 'upgrade-refused')
  assert.ok(await shared.left(meter) < after)
  await empty(shared, root)
  const { reason } = rejectionOf(await replay(`${source}  `), 'upgrade-refused')
  assert.deepEqual(
    [reason?.code, reason?.message],
    ['replay/unavailable', 'the meter of the vat has nothing left'],
  )
})

test('who has gone and waited for a meter leaves nothing behind, though an upgrade that was paid from it is refused', async (t) => {
  const metered = await Metered.open(t, { vats: { asker: puppet } })
  const { world } = metered
  const meter = await metered.meter(10n * plenty)
  await metered.vat('payer', meter)
  await world.run('asker', 'E(args[0]).notify()', meter)
  answerOf(await world.upgrade('asker'))
  await world.ask(meter, 'setThreshold', await metered.left(meter))
  // The replay is paid for, and with that the promise is settled that nobody knows any more.
  const heir = { source: 'export const buildRootObject = () => { throw Error("not today") }' }
  rejectionOf(await world.upgrade('payer', heir, { mode: 'auto' }), 'upgrade-refused')
  await world.audit()
})

test('so many may wait with notifiers of a meter, and no more', async (t) => {
  const metered = await Metered.open(t)
  const { world } = metered
  const meter = await metered.meter(5n, 0n)
  const notifier = (await world.ask(meter, 'getNotifier')) as Remote
  const asked = []
  for (let n = 0; n < maxMeterWaiters; n += 1)
    asked.push(await world.controller.send(notifier, 'getUpdateSince'))
  assert.match(
    rejectionOf(await world.outcome(notifier, 'getUpdateSince'), 'service-refused').message,
    /1000 wait for this meter already/,
  )
  await world.ask(meter, 'setThreshold', 6n)
  for (const each of asked) assert.deepEqual(answerOf(await world.take(each)), { value: 5n, updateCount: 1n })
})

test('so many may wait for a meter, and no more', async (t) => {
  const metered = await Metered.open(t)
  const meter = await metered.meter(5n, 0n)
  const asked = []
  for (let n = 0; n < maxMeterWaiters; n += 1)
    asked.push(await metered.world.controller.send(meter, 'notify'))
  assert.match(
    rejectionOf(await metered.world.outcome(meter, 'notify'), 'service-refused').message,
    /1000 wait for this meter already/,
  )
  await metered.world.ask(meter, 'setThreshold', 6n)
  for (const each of asked) assert.equal(answerOf(await metered.world.take(each)), 5n)
})
