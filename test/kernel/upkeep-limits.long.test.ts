/** What the kernel asks of a vat by itself has a limit that the vat's heap fits in, and an end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import type { Delivery } from '../../src/protocol/worker/delivery.ts'
import { maxReleasedPerDelivery, upkeepComputrons } from '../../src/protocol/limits.ts'
import { malloryStore } from '../kit/mallory.ts'
import { answerOf, openWorld, rejectionOf, type Scope, type World, type WorldOptions } from '../kit/world.ts'

const { directory, worker } = await malloryStore()

/** Makes functions, and lets go of them in one circle, so that only a collection ends them. */
const source = `export const buildRootObject = () => {
  let all = []
  return Far('crowd', {
    make: (count) => { for (let n = 0; n < count; n += 1) all.push(() => n) },
    circle: () => { all.push(all); all = [] },
    loop: () => { for (;;); },
  })
}`

interface Crowd {
  readonly objects: number
  /** In one message. */
  readonly together: number
  readonly computronsPerDelivery: bigint
}
const poor: Crowd = { objects: 100_000, together: 2_000, computronsPerDelivery: 5_000_000n }
const large: Crowd = { objects: 400_000, together: 20_000, computronsPerDelivery: 20_000_000n }

/** Makes so many objects and lets go of them. */
async function pile(
  world: World,
  { objects, together, computronsPerDelivery }: Crowd,
  between: () => Promise<void> = async () => {},
): Promise<void> {
  await world.create('crowded', { source, computronsPerDelivery })
  for (let n = 0; n < objects; n += together) await world.ask('crowded', 'make', together)
  await between()
  await world.ask('crowded', 'circle')
}

/** The same, and collects while they live and when they are dead. */
async function crowd(world: World, one: Crowd): Promise<void> {
  await pile(world, one, () => collect(world))
  await collect(world)
}

async function collect(world: World): Promise<void> {
  await world.controller.collectAll()
  await world.controller.run()
}

async function deliveriesOf<Kind extends Delivery['kind']>(
  world: World,
  vat: string,
  kind: Kind,
): Promise<{ readonly delivery: Extract<Delivery, { kind: Kind }>; readonly computrons: bigint }[]> {
  return (await world.transcript(vat)).flatMap(({ delivery, computrons }) =>
    delivery.kind === kind
      ? [{ delivery: delivery as Extract<Delivery, { kind: Kind }>, computrons: BigInt(computrons) }]
      : [],
  )
}
async function mostOf(world: World, vat: string, kind: Delivery['kind']): Promise<bigint> {
  return (await deliveriesOf(world, vat, kind)).reduce(
    (most, { computrons }) => (computrons > most ? computrons : most),
    0n,
  )
}
async function assertRuns(world: World, vat: string): Promise<void> {
  const { status } = await world.controller.vat(vat)
  assert.equal(status.kind, 'running', JSON.stringify(status))
}

for (const [what, one] of Object.entries({
  '400,000 objects, made with 20 million computrons for a delivery': large,
  '100,000 objects, made with 5 million': poor,
})) {
  test(`a heap of ${what}, is collected while it lives and when it is dead`, async (t) => {
    const world = await openWorld(t)
    await crowd(world, one)
    await assertRuns(world, 'crowded')
    assert.ok(
      (await mostOf(world, 'crowded', 'bringOutYourDead')) > one.computronsPerDelivery,
      'a search took more than a message may',
    )
    assert.ok((await mostOf(world, 'crowded', 'message')) <= one.computronsPerDelivery)
  })
}

test('a collection that took more than a message may is the same in a vat that is restored from its transcript', async (t) => {
  const hashes = async (options: WorldOptions): Promise<readonly string[]> => {
    const world = await openWorld(t, { ...options, config: { snapshotInterval: 20 } })
    await crowd(world, poor)
    assert.ok(await mostOf(world, 'crowded', 'bringOutYourDead') > poor.computronsPerDelivery)
    await world.reopen({ verify: 'all' })
    return [await world.activityHash(), await world.controller.heapHash('crowded')]
  }
  assert.deepEqual(await hashes({ open: { eviction: 'after-each-crank' } }), await hashes({}))
})

test('an upgrade by replay may use for a recorded collection what that might', async (t) => {
  const world = await openWorld(t)
  await crowd(world, poor)
  const bundle = await world.install({ source: `${source} ` })
  const { deliveries, mode } = answerOf(
    await world.settle(await world.controller.upgradeVat('crowded', bundle, { mode: 'replay' })),
  ) as { mode: string; deliveries: number }
  assert.ok(mode === 'replay' && deliveries > poor.objects / poor.together)
  await world.ask('crowded', 'make', 1)
})

test('an upgrade collects a heap that is larger than what a message may look through', async (t) => {
  const world = await openWorld(t)
  await pile(world, poor)
  const { collectionSkipped } = answerOf(await world.upgrade('crowded', { source })) as {
    collectionSkipped: string | null
  }
  assert.equal(collectionSkipped, null)
  assert.ok(
    (await deliveriesOf(world, 'crowded', 'bringOutYourDead')).at(-1)!.computrons >
      poor.computronsPerDelivery,
  )
})

test('a vat that never ends its collection is stopped at the limit of its heap, and pays so much', async (t) => {
  const world = await openWorld(t, { from: directory })
  const heapLimitBytes = 16 * 1024 * 1024
  const limit = upkeepComputrons.fixed + upkeepComputrons.perHeapByte * BigInt(heapLimitBytes)
  const admin = await world.controller.vatAdmin()
  const meter = (await world.ask(admin, 'createMeter', 1_000_000_000n, 0n)) as Remote
  const left = async (): Promise<bigint> =>
    ((await world.ask(meter, 'get')) as { remaining: bigint }).remaining
  await world.ask(admin, 'createVat', await world.install(), {
    name: 'mallory',
    worker,
    meter,
    heapLimitBytes,
    computronsPerDelivery: 5_000_000n,
  })
  await world.outcome('mallory', 'arm', 'bringOutYourDead', 'loop')
  const before = await left()
  await collect(world)
  const { status } = await world.controller.vat('mallory')
  assert.ok(
    status.kind === 'suspended' &&
      status.cause === 'computrons-exhausted' &&
      status.message.includes(String(limit)),
    JSON.stringify(status),
  )
  assert.equal(before - (await left()), limit)
})

test('a vat that fills its heap in a collection is stopped, by the limit or a little above it', async (t) => {
  const world = await openWorld(t, {
    from: directory,
    vats: { mallory: { worker, heapLimitBytes: 16 * 1024 * 1024 } },
  })
  await world.outcome('mallory', 'arm', 'bringOutYourDead', 'fill')
  await collect(world)
  const { status } = await world.controller.vat('mallory')
  assert.ok(status.kind === 'suspended' && status.cause === 'heap-exhausted', JSON.stringify(status))
})

// Vl1, Vl2.
test('a message has the limit of the vat as before, and so has a delivery of upkeep where that is larger', async (t) => {
  const world = await openWorld(t, { from: directory })
  const heapLimitBytes = 8 * 1024 * 1024
  await world.create('crowded', { source, computronsPerDelivery: 3_000_000n, heapLimitBytes })
  const { status } = { status: await world.outcome('crowded', 'loop') }
  assert.match(
    String((status as { reason?: { message?: string } }).reason?.message),
    /more than its 3000000 computrons/,
  )
  await world.create('mallory', { worker, heapLimitBytes, computronsPerDelivery: 90_000_000n })
  await world.outcome('mallory', 'arm', 'bringOutYourDead', 'loop')
  await collect(world)
  const suspended = (await world.controller.vat('mallory')).status
  assert.ok(
    suspended.kind === 'suspended' && suspended.message.includes('90000000'),
    JSON.stringify(suspended),
  )
})

// Vl2.
test('a delivery has the same limit in a kernel that has delivered much and in one that was just opened', async (t) => {
  const hashes = []
  for (const reopened of [false, true]) {
    const world = await openWorld(t, { from: directory })
    await world.create('mallory', { worker, heapLimitBytes: 8 * 1024 * 1024, computronsPerDelivery: 3_000_000n })
    for (let times = 0; times < 3; times += 1) await world.outcome('mallory', 'end', 'loop')
    await world.outcome('mallory', 'arm', 'bringOutYourDead', 'loop')
    if (reopened) await world.reopen()
    rejectionOf(await world.outcome('mallory', 'end', 'loop'), 'computrons-exhausted')
    await collect(world)
    assert.equal((await world.controller.vat('mallory')).status.kind, 'suspended')
    hashes.push(await world.activityHash())
  }
  assert.equal(hashes[0], hashes[1])
})

// --- a meter

async function metered(
  t: Scope,
): Promise<{ readonly world: World; readonly meter: Remote; left(): Promise<bigint> }> {
  const world = await openWorld(t)
  const admin = await world.controller.vatAdmin()
  const meter = (await world.ask(admin, 'createMeter', 100_000_000n, 0n)) as Remote
  await world.ask(admin, 'createVat', await world.install({ source }), {
    name: 'crowded',
    meter,
    computronsPerDelivery: poor.computronsPerDelivery,
  })
  return {
    world,
    meter,
    left: async () => ((await world.ask(meter, 'get')) as { remaining: bigint }).remaining,
  }
}

test('a meter pays for a collection, what it takes and no more', async (t) => {
  const { world, left } = await metered(t)
  const before = await left()
  await collect(world)
  const [collection] = await deliveriesOf(world, 'crowded', 'bringOutYourDead')
  assert.equal(before - (await left()), collection?.computrons)
})

test('a collection for which its meter has too little suspends the vat, and it waits until somebody has paid', async (t) => {
  const { world, meter } = await metered(t)
  while (answeredOf(await world.outcome('crowded', 'loop')) === 'computrons-exhausted') continue
  await world.ask(meter, 'addRemaining', 1_000n)
  await collect(world)
  const { status } = await world.controller.vat('crowded')
  assert.ok(status.kind === 'suspended' && status.cause === 'meter-exhausted', JSON.stringify(status))
  await world.ask(meter, 'addRemaining', 10_000_000n)
  await world.settle(await world.controller.resumeVat('crowded'))
  await assertRuns(world, 'crowded')
  assert.equal((await deliveriesOf(world, 'crowded', 'bringOutYourDead')).length, 1)
})

const answeredOf = (status: unknown): string | undefined =>
  (status as { reason?: { code?: string } }).reason?.code

// --- what others let go of

test('a vat is told in pieces that all it has given away was let go of at once, and is not suspended by it', async (t) => {
  const world = await openWorld(t, { vats: { giver: {}, holder: {} } })
  const many = 5 * maxReleasedPerDelivery + 1
  const holder = await world.root('holder')
  for (let n = 0; n < many; n += 500) {
    await world.run(
      'giver',
      'E.sendOnly(args[0]).run("(me.all ??= []).push(...args[0])", harden(Array.from({ length: args[1] }, () => Far("given", {}))))',
      holder,
      Math.min(500, many - n),
    )
  }
  await world.controller.changeVatOptions('giver', { computronsPerDelivery: 5_000_000n })
  // An upgrade drops all that only the old heap held.
  answerOf(await world.upgrade('holder'))
  await world.controller.run()
  await assertRuns(world, 'giver')
  for (const kind of ['dropExports', 'retireExports'] as const) {
    const named = (await deliveriesOf(world, 'giver', kind)).map(({ delivery }) =>
      'exports' in delivery ? delivery.exports.length : 0,
    )
    assert.ok(
      named.every((length) => length <= maxReleasedPerDelivery),
      `${kind} ${named.join()}`,
    )
    assert.ok(named.reduce((sum, length) => sum + length, 0) >= many, `${kind} ${named.join()}`)
  }
})
