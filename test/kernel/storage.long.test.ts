/**
 * What a vat may store (`src/kernel/delivery/storage.ts`). At the end of each world the audit counts every
 * vat's data again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { deviationsIn } from '../kit/audit.ts'
import { malloryStore } from '../kit/mallory.ts'
import {
  answerOf,
  openWorld,
  puppet,
  rejectionOf,
  type Scope,
  type VatRecipe,
  type World,
} from '../kit/world.ts'
import { Dice } from '../store/support.ts'

const least = 64 * 1024
const setup = `
  const make = defineKind(baggage, 'Note', (text) => ({ text }), { set: ({ state }, text) => { state.text = text }, get: ({ state }) => state.text })
  const watchers = { onFulfilled: () => {}, onRejected: () => {} }
  me.watcher = provide(baggage, 'watcher', defineKind(baggage, 'Watcher', () => ({}), watchers))
  me.make = make
  me.note = provide(baggage, 'note', () => make('n'))
  me.map = provide(baggage, 'map', () => VatData.makeScalarBigMapStore('map', { durable: true }))
  me.set = provide(baggage, 'set', () => VatData.makeScalarBigSetStore('set', { durable: true }))
  me.fill = () => {
    for (let n = me.map.getSize(); ; n += 1) {
      try { me.map.init(n, 'x'.repeat(500)) } catch (error) { return [error.name, error.code, error.message] }
    }
  }`
const storing: VatRecipe = { setup }

async function open(scope: Scope, storageLimit?: number): Promise<World> {
  const world = await openWorld(scope, { vats: { v: storing }, config: { snapshotInterval: 5 } })
  if (storageLimit !== undefined) await world.controller.changeVatOptions('v', { storageLimit })
  return world
}

const storage = async (
  { controller }: World,
  vat = 'v',
): Promise<{ readonly units: number; readonly entries: number; readonly limit: number | null }> => {
  const view = (await controller.vat(vat)).storage
  assert.ok(view !== null)
  return view
}

/** What does not fit when the vat stores as much as it may. */
const writes: Readonly<Record<string, string>> = {
  'an entry of a map': 'me.map.init("more", "y".repeat(2_000))',
  'a longer value of an entry': 'me.map.set(0, "y".repeat(3_000))',
  'an entry of a set':
    'me.set.add("z".repeat(400)); me.set.add("y".repeat(400)); me.set.add("w".repeat(400))',
  'an entry of the baggage': 'baggage.init("more", "y".repeat(2_000))',
  'a durable object': 'me.make("y".repeat(2_000))',
  'a longer field of an object': 'me.note.set("y".repeat(2_000))',
  'a collection': 'VatData.makeScalarBigMapStore("l".repeat(2_000), { durable: true })',
  'a virtual object': 'VatData.defineKind("virtual", () => ({ text: "y".repeat(2_000) }), {})()',
  'a watch of a promise': 'VatData.watchPromise(new Promise(() => {}), me.watcher, "y".repeat(2_000))',
}

// Qu1, Qu2, Sq2.
test('what does not fit throws an error with a code, which the vat can catch, and nothing of it has happened', async (t) => {
  const world = await open(t, least)
  const [, code, message] = (await world.run('v', 'return me.fill()')) as string[]
  assert.equal(code, 'storage/quota-exceeded')
  assert.match(message ?? '', /stores as much as it may/)
  const full = await storage(world)
  assert.ok(full.units > least - 700 && full.units <= least && full.limit === least, JSON.stringify(full))
  for (const [what, write] of Object.entries(writes)) {
    const before = await storage(world)
    const code = `const before = [me.map.getSize(), [...me.set.keys()].length, me.note.get()]
      let told
      try { ${write} } catch (error) { told = error.code }
      return [told, JSON.stringify(before) === JSON.stringify([me.map.getSize(), [...me.set.keys()].length, me.note.get()])]`
    const [told, same] = (await world.run('v', code)) as [string | undefined, boolean]
    assert.equal(told, 'storage/quota-exceeded', what)
    if (what !== 'an entry of a set') assert.equal(same, true, what)
    assert.ok((await storage(world)).units <= before.units + 1_500, what)
  }
  // Uncaught it is the sender's rejection, and the vat goes on.
  const outcome = await world.outcome('v', 'run', 'me.map.init("more", "y".repeat(2_000))')
  assert.ok(outcome.kind === 'rejected')
  assert.equal((outcome.reason as { code?: string }).code, 'storage/quota-exceeded')
  assert.equal((await world.controller.vat('v')).status.kind, 'running')
})

// Qu3.
test('a full vat reads, deletes and makes smaller, and then has room again', async (t) => {
  const world = await open(t, least)
  await world.run('v', 'me.fill()')
  const before = await storage(world)
  assert.equal(
    await world.run(
      'v',
      'me.map.set(0, "short"); me.map.set(1, "w".repeat(500)); me.map.set(0, "v".repeat(400)); return me.map.get(1).length',
    ),
    500,
  )
  await world.run('v', 'for (const key of [3, 4, 5, 6, 7, 8]) me.map.delete(key)')
  const after = await storage(world)
  assert.ok(
    after.units < before.units - 3_000 && after.entries === before.entries - 6,
    JSON.stringify([before, after]),
  )
  await world.run('v', 'me.map.init("again", "y".repeat(2_000))')
})

test('the limit is shown and changed like the other limits, by its host and by its maker', async (t) => {
  const world = await openWorld(t, { vats: { maker: puppet }, config: { storageLimit: 100_000 } })
  assert.equal((await storage(world, 'maker')).limit, 100_000)
  const bundle = await world.install()
  const made = await world.run(
    'maker',
    'return E(args[0]).createVat(args[1], { name: "made", storageLimit: 70_000, parameters: { setup: args[2] } }).then(({ adminNode }) => { me.node = adminNode; return E(adminNode).status() })',
    await world.controller.vatAdmin(),
    bundle,
    setup,
  )
  const { units, entries, limit } = await storage(world, 'made')
  assert.deepEqual([(made as { storage: unknown }).storage, limit], [{ units, entries, limit }, 70_000])
  await world.run('made', 'me.fill()')
  await world.run('maker', 'return E(me.node).changeOptions({ storageLimit: 80_000 })')
  await world.run('made', 'me.map.init("more", "y".repeat(5_000))')
  await world.controller.changeVatOptions('made', { storageLimit: 65_536 })
  const outcome = await world.outcome('made', 'run', 'me.map.init("yet more", "y")')
  assert.equal(outcome.kind, 'rejected', 'it stores more than it may now')
  await world.run('made', 'me.map.delete("more")')
  await assert.rejects(world.controller.changeVatOptions('made', { storageLimit: 1 }), {
    code: 'api/bad-argument',
  })
  rejectionOf(
    await world.outcome(await world.controller.vatAdmin(), 'createVat', bundle, { storageLimit: 1 }),
    'service-refused',
  )
})

// Sq5.
test('being full bars no upgrade; what is stored counts on in the heir', async (t) => {
  const world = await open(t, least)
  await world.run('v', 'me.fill()')
  const before = await storage(world)
  answerOf(await world.upgrade('v', { setup: `${setup}; baggage.init('more', 'm'.repeat(10_000))` }))
  const after = await storage(world)
  assert.ok(after.units > before.units + 10_000 && after.limit === least)
  assert.equal((await world.outcome('v', 'run', 'me.map.init("more", "y")')).kind, 'rejected')
  const large = `${setup}; for (let n = 0; n < 30; n += 1) baggage.init('large' + n, 'm'.repeat(50_000))`
  assert.equal(
    rejectionOf(await world.upgrade('v', { setup: large }), 'upgrade-refused').reason?.code,
    'start/threw',
    'its start has room, but not any',
  )
  assert.deepEqual(await storage(world), after)
  await world.controller.changeVatOptions('v', { storageLimit: 4_000_000 })
  await world.run('v', 'for (const n of [1, 2, 3]) me.map.init(`large ${n}`, "m".repeat(900_000))')
  await world.controller.changeVatOptions('v', { storageLimit: least })
  answerOf(await world.upgrade('v', { setup: `${setup}; baggage.init('most', 'm'.repeat(900_000))` }))
  answerOf(await world.upgrade('v', storing))
  await world.controller.collectAll()
  await world.controller.run()
})

// Sq3.
test('a supervisor that heeds no limit is stopped by the kernel', async (t) => {
  const { directory, worker } = await malloryStore(t)
  const world = await openWorld(t, { from: directory, vats: { mallory: { worker } } })
  await world.controller.changeVatOptions('mallory', { storageLimit: least })
  const write = (key: string, length: number): string =>
    JSON.stringify([{ kind: 'vatstoreWrite', entries: [key, 'm'.repeat(length)] }])
  await world.outcome('mallory', 'finish', write('a', 1_000_000))
  const reserve = await storage(world, 'mallory')
  assert.ok(reserve.units > 1_000_000, 'what is for the supervisor itself')
  for (const batch of [write('b', 1_000_000), write('a', 3_000_000)]) {
    const { code, message } = rejectionOf(
      await world.outcome('mallory', 'finish', batch),
      'storage-exhausted',
    )
    assert.match(message, new RegExp(`mallory .* would store \\d+ code units and may store ${least}`), code)
    assert.deepEqual(await storage(world, 'mallory'), reserve)
  }
  await world.outcome('mallory', 'finish', write('a', 10))
  assert.ok((await storage(world, 'mallory')).units < 100)
})

// Sq4.
test('far above a limit that was lowered a vat may store less, and its upkeep has the reserve', async (t) => {
  const { directory, worker } = await malloryStore(t)
  const world = await openWorld(t, { from: directory, vats: { mallory: { worker } } })
  const write = (key: string, length: number): string =>
    JSON.stringify([{ kind: 'vatstoreWrite', entries: [key, 'm'.repeat(length)] }])
  await world.outcome('mallory', 'finish', write('a', 3_000_000))
  await world.controller.changeVatOptions('mallory', { storageLimit: least })
  await world.outcome('mallory', 'finish', write('a', 2_900_000))
  const less = (await storage(world, 'mallory')).units
  assert.ok(less < 2_910_000)
  rejectionOf(await world.outcome('mallory', 'finish', write('a', 2_900_001)), 'storage-exhausted')
  await world.ask('mallory', 'arm', 'bringOutYourDead', `{"batch":${write('b', 500_000)},"result":{"kind":"ok"}}`)
  await world.controller.collectAll()
  await world.controller.run()
  assert.equal((await world.controller.vat('mallory')).status.kind, 'running')
  assert.ok((await storage(world, 'mallory')).units > less + 500_000)
})

test('whatever is written, deleted, undone or ended, the count is what the audit counts', async (t) => {
  const dice = new Dice(20_261_129)
  const world = await open(t)
  const deeds = [
    'me.map.init(`k${me.n = (me.n ?? 0) + 1}`, "é".repeat(args[0]))',
    'for (const [key] of [...me.map.entries()].slice(0, 2)) me.map.delete(key)',
    'me.keep = me.make("k".repeat(args[0])); me.note.set("é".repeat(args[0]))',
    'me.keep = undefined',
    'me.set.add(me.make("x")); baggage.set("note", me.note)',
    'me.map.init("undone" + args[0], 1); for (;;);',
    'return Far("export", {})',
  ]
  for (let step = 0; step < 60; step += 1) {
    await world.controller.sendOnly(
      'v',
      'run',
      [dice.pick(deeds), BigInt(dice.roll(300))].map((value) =>
        typeof value === 'bigint' ? Number(value) : value,
      ),
    )
    if (dice.roll(10) === 0) await world.controller.collectAll()
    if (dice.roll(25) === 0) answerOf(await world.upgrade('v', storing))
    await world.controller.run()
    if (dice.roll(8) === 0) await world.audit()
  }
  await world.create('short', storing)
  await world.controller.terminateVat('short', 'enough')
  await world.controller.run()
  await world.audit()
})

// Sq6.
test('what an older kernel did not count is not counted, and not limited', async (t) => {
  const world = await open(t, least)
  await world.run('v', 'me.fill()')
  await world.controller.commit()
  await world.controller.shutdown()
  const store = openStore(world.directory, { verify: 'lazy' })
  store.state.delete('kernel', 'stored.v1')
  store.sealCrank()
  store.commit()
  store.close()
  await world.open()
  await world.run('v', 'me.map.init("more", "y".repeat(1_000_000))')
  answerOf(await world.upgrade('v', storing))
  assert.equal((await world.controller.vat('v')).storage, null)
  assert.equal((await world.rows('kernel')).get('stored.v1'), undefined)
  await world.audit()
})

test('a count that is not right is found', async (t) => {
  const world = await open(t)
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  assert.deepEqual(await deviationsIn(world.directory), [])
  const store = openStore(world.directory, { verify: 'lazy' })
  const [units, entries] = (store.state.get('kernel', 'stored.v1') ?? '').split(' ')
  store.state.set('kernel', 'stored.v1', `${Number(units) - 1} ${entries}`)
  store.sealCrank()
  store.commit()
  store.close()
  const [found, ...others] = await deviationsIn(world.directory)
  assert.match(found ?? '', /^storage\/count: kernel stored\.v1: v1 stores \d+ code units/)
  assert.deepEqual(others, [])
})
