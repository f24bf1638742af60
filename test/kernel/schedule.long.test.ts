/** When a vat is asked to collect its garbage, and what the host pins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openController, type CollectionOptions, type Remote } from '../../src/host/index.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { deviationsOf } from '../kit/audit.ts'
import { answerOf, forTheFile, openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { idle: puppet }, config: { collectionInterval: 4 } })
let made = 0

/** A new vat with this schedule of its own. */
async function scheduled(collection?: CollectionOptions, on: World = world): Promise<string> {
  made += 1
  const name = `vat-${made}`
  const options = collection === undefined ? {} : { collection }
  answerOf(await on.settle(await on.controller.createVat(name, await on.install(), options)))
  return name
}

/** Which of the vat's deliveries were collections: `.` for any other. */
async function pattern(name: string, on: World = world): Promise<string> {
  return (await on.transcript(name))
    .map(({ delivery }) => (delivery.kind === 'bringOutYourDead' ? 'C' : '.'))
    .join('')
}

async function echo(name: string, times: number, ...args: readonly unknown[]): Promise<void> {
  for (let time = 0; time < times; time += 1) await world.ask(name, 'echo', ...args)
}

/**
 * schedule, what is sent each time, and after which deliveries the vat was asked. The first delivery is the
 * start.
 */
const schedules: readonly (readonly [
  situation: string,
  collection: CollectionOptions | undefined,
  objects: number,
  times: number,
  expected: string,
])[] = [
  ['as the store has it', undefined, 0, 8, '....C....C.'],
  ['by its own count of deliveries', { deliveries: 2 }, 0, 5, '..C..C..C'],
  ['after each delivery', { deliveries: 1 }, 0, 3, '.C.C.C.C'],
  ['never', { deliveries: 'never' }, 0, 9, '..........'],
  ['by references', { deliveries: 'never', references: 5 }, 2, 6, '....C...C'],
  ['by references, of which there are none', { deliveries: 'never', references: 1 }, 0, 6, '.......'],
  ['by either, whichever comes first', { deliveries: 3, references: 4 }, 2, 4, '...C..C'],
  ['by references, with the count of the store', { references: 1_000 }, 1, 4, '....C.'],
]

for (const [situation, collection, args, times, expected] of schedules) {
  test(`asked ${situation}`, async () => {
    const name = await scheduled(collection)
    const objects = [await world.root('idle'), await world.controller.vatAdmin()]
    await echo(name, times, ...objects.slice(0, args))
    assert.equal(await pattern(name), expected)
  })
}

// Gs2.
test('references and computrons are counted for the schedules that use them', async () => {
  const counts: Record<string, readonly [references: boolean, computrons: boolean]> = {}
  for (const [situation, collection] of [
    ['neither', { deliveries: 100 }],
    ['never', { deliveries: 100, references: 'never', computrons: 'never' }],
    ['references', { deliveries: 100, references: 100 }],
    ['computrons', { deliveries: 100, computrons: 10n ** 15n }],
  ] as const) {
    const name = await scheduled(collection)
    await echo(name, 2, await world.root('idle'))
    const { vat } = await world.controller.vat(name)
    const row = ((await world.rows('kernel')).get(`count.${vat}`) ?? assert.fail()).split(' ')
    const [references = '0', computrons = '0'] = row.slice(4)
    counts[situation] = [references !== '0', computrons !== '0']
  }
  assert.deepEqual(counts, {
    neither: [false, false],
    never: [false, false],
    references: [true, false],
    computrons: [false, true],
  })
})

test('asked by computrons: a delivery that takes many counts for many', async () => {
  const name = await scheduled({ deliveries: 'never', computrons: 5_000_000n })
  await echo(name, 3)
  await world.run(name, 'for (let i = 0; i < 100_000; i += 1);')
  assert.match(await pattern(name), /^\.+$/, 'not yet')
  for (let time = 0; time < 8; time += 1) await world.run(name, 'for (let i = 0; i < 1_000_000; i += 1);')
  const asked = await pattern(name)
  const after = (asked.match(/C/g) ?? []).length
  assert.ok(after >= 1 && after <= 8, asked)
  const computrons = (await world.transcript(name))
    .filter(({ delivery }) => delivery.kind !== 'bringOutYourDead')
    .map((entry) => BigInt(entry.computrons))
  assert.equal(after, timesReached(computrons, 5_000_000n), 'as often as the sum says')
})

function timesReached(amounts: readonly bigint[], threshold: bigint): number {
  let times = 0
  let sum = 0n
  for (const amount of amounts) {
    sum += amount
    if (sum < threshold) continue
    times += 1
    sum = 0n
  }
  return times
}

test('a schedule is changed while the vat lives, and survives an upgrade', async () => {
  const name = await scheduled({ deliveries: 'never' })
  await echo(name, 3)
  await world.controller.setCollection(name, { deliveries: 2 })
  await echo(name, 1)
  assert.equal(await pattern(name), '.....C')
  answerOf(await world.upgrade(name))
  const before = (await pattern(name)).length
  await echo(name, 4)
  assert.equal((await pattern(name)).slice(before).match(/C/g)?.length, 2, 'every second time')
  await world.controller.setCollection(name, {})
  const shortly = (await pattern(name)).length
  await echo(name, 8)
  assert.equal((await pattern(name)).slice(shortly).match(/C/g)?.length, 2, 'as the store has it')
})

test('a vat gives a schedule to a vat that it makes, and changes it', async () => {
  const admin = await world.controller.vatAdmin()
  const kit = (await world.ask(admin, 'createVat', await world.install(), {
    name: 'child',
    collection: { deliveries: 'never', references: 5 },
  })) as { root: Remote; adminNode: Remote }
  const idle = await world.root('idle')
  for (let time = 0; time < 6; time += 1) await world.ask(kit.root, 'echo', idle, admin)
  assert.equal(await pattern('child'), '....C...C')
  await world.ask(kit.adminNode, 'changeOptions', { collection: { deliveries: 2n } })
  for (let time = 0; time < 4; time += 1) await world.ask(kit.root, 'echo', idle)
  assert.equal(await pattern('child'), '....C...C..C..C')
})

test('the store has a schedule by references too, for vats that have none', async (t) => {
  const other = await openWorld(t, { config: { collectionInterval: 100, collection: { references: 2 } } })
  const [plain, own] = [await scheduled(undefined, other), await scheduled({ references: 'never' }, other)]
  const root = await other.root(plain)
  for (const name of [plain, own]) for (let time = 0; time < 4; time += 1) await other.ask(name, 'echo', root)
  assert.deepEqual([await pattern(plain, other), await pattern(own, other)], ['...C..C', '.....'])
  await other.reopen()
  for (let time = 0; time < 2; time += 1) await other.ask(plain, 'echo', root)
  assert.equal(await pattern(plain, other), '...C..C..C')
})

test('all are asked at once: vats that run, once each, and no vat that is suspended or has not started', async (t) => {
  const other = await openWorld(t, {
    vats: { one: puppet, two: puppet, faulty: { computronsPerDelivery: 5_000_000n } },
  })
  await other.run('faulty', 'E(args[0]).same(1n).then(() => { for (;;); })', await other.root('one'))
  assert.equal((await other.controller.vat('faulty')).status.kind, 'suspended')
  await other.controller.createVat('young', await other.install())
  await other.controller.collectAll()
  await other.controller.run()
  for (const name of ['one', 'two']) assert.equal((await pattern(name, other)).match(/C/g)?.length, 1, name)
  for (const name of ['faulty', 'young']) assert.doesNotMatch(await pattern(name, other), /C/)
  assert.equal((await other.controller.vat('faulty')).parked, 1, 'what was parked before')
})

test('asking all frees what nobody holds, across two vats', async (t) => {
  const other = await openWorld(t, {
    vats: { owner: puppet, holder: puppet },
    config: { collectionInterval: 1_000 },
  })
  const { kref } = (await other.run('owner', 'return Far("thing", {})').then(async (thing) => {
    await other.run('holder', 'me.held = args[0]', thing)
    return thing
  })) as Remote
  await other.forgetAll()
  await other.run('holder', 'me.held = undefined')
  await other.controller.collectAll()
  await other.controller.run()
  assert.equal((await other.rows('kernel')).get(`object.${kref}`), undefined)
})

// --- pins

async function thingOf(name: string): Promise<Remote> {
  const thing = (await world.run(name, 'return (me.last = Far("thing", { f: () => 7n }))')) as Remote
  await world.run(name, 'me.last = undefined')
  return thing
}

const settle = async (): Promise<void> => {
  await world.forgetAll()
  await world.controller.collectAll()
  await world.controller.run()
}
const isThere = async ({ kref }: Remote): Promise<boolean> =>
  (await world.rows('kernel')).has(`object.${kref}`)

test('what is pinned outlives the result that gave it, and the store that was closed', async () => {
  const thing = await thingOf('idle')
  await world.controller.pin(thing)
  await settle()
  await world.reopen()
  assert.equal(await world.ask(thing, 'f'), 7n)
  assert.deepEqual(
    (await world.controller.pins()).map(({ object, pins }) => [object.kref, pins]),
    [[thing.kref, 1]],
  )
  await world.controller.unpin(thing)
  await settle()
  assert.equal(await isThere(thing), false)
})

test('what is not pinned ends with the result that gave it', async () => {
  const thing = await thingOf('idle')
  await settle()
  assert.equal(await isThere(thing), false)
})

test('what is pinned twice is unpinned twice, and counts as one reference', async () => {
  const thing = await thingOf('idle')
  await world.controller.pin(thing)
  await world.controller.pin(thing)
  await settle()
  assert.match((await world.rows('kernel')).get(`object.${thing.kref}`) ?? '', / 1 1$/)
  await world.controller.unpin(thing)
  await settle()
  assert.equal(await isThere(thing), true)
  await world.controller.unpin(thing)
  assert.deepEqual(await deviationsOf(world.controller), [])
  const before = (await world.transcript('idle')).length
  await settle()
  assert.equal(await isThere(thing), false)
  const kinds = (await world.transcript('idle')).slice(before).map(({ delivery }) => delivery.kind)
  assert.deepEqual(
    kinds.filter((kind) => kind.endsWith('Exports')),
    ['dropExports', 'retireExports'],
    'its owner was told',
  )
})

test('a pin of what a vat holds too lets go of nothing else', async () => {
  await world.create('other-holder')
  const thing = await thingOf('idle')
  await world.run('other-holder', 'me.held = args[0]', thing)
  await world.controller.pin(thing)
  await world.controller.unpin(thing)
  await settle()
  assert.equal(await world.run('other-holder', 'return E(me.held).f()'), 7n)
})

test('what is not there cannot be pinned, what is not pinned not be unpinned, and nothing changes by it', async () => {
  const thing = await thingOf('idle')
  await settle()
  const before = await world.activityHash()
  await assert.rejects(world.controller.pin(thing), { code: 'object/unknown' })
  await assert.rejects(world.controller.unpin(thing), { code: 'object/not-pinned' })
  await assert.rejects(world.controller.unpin(await world.root('idle')), { code: 'object/not-pinned' })
  await assert.rejects(world.controller.pin({ kref: 'ko1' } as Remote), { code: 'api/bad-argument' })
  assert.equal(await world.activityHash(), before)
})

test('a store of release 0.1.0, whose kernel knows neither pins nor schedules, refuses them and goes on', async (t) => {
  const directory = temporaryDirectory(t)
  unpackStore('0.1.0', directory)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  const root = await controller.root('counters')
  for (const ask of [
    controller.pin(root),
    controller.collectAll(),
    controller.setCollection('counters', { references: 5 }),
  ])
    await assert.rejects(ask, { code: 'kernel/too-old' })
  await assert.rejects(controller.unpin(root), { code: 'object/not-pinned' })
  assert.deepEqual(await controller.pins(), [])
  await controller.run()
})

for (const [situation, collection] of [
  ['no deliveries', { deliveries: 0 }],
  ['half a reference', { references: 0.5 }],
  ['computrons as a number', { computrons: 5 }],
  ['a word', { deliveries: 'sometimes' }],
  ['a name that there is not', { reapInterval: 5 }],
  ['no record', 5],
] as const) {
  test(`refused as a schedule: ${situation}`, async () => {
    const wrong = { collection: collection as CollectionOptions }
    await assert.rejects(world.controller.setCollection('idle', wrong.collection), {
      code: 'api/bad-argument',
    })
    await assert.rejects(world.controller.createVat('x', await world.install(), wrong), {
      code: 'api/bad-argument',
    })
  })
}
