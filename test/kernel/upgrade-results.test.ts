/**
 * What an upgrade tells of itself: what has ended and who is concerned, and which records will be migrated.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/protocol/results.ts'
import type { Remote } from '../../src/host/index.ts'
import { upgradeLimits } from '../../src/protocol/limits.ts'
import { answerOf, forTheFile, openWorld, puppet } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { alice: puppet, bob: puppet } })

let next = 1
async function newVat(setup = ''): Promise<string> {
  const name = `vat${next++}`
  await world.create(name, { setup })
  return name
}
const upgraded = async (vat: string, setup = ''): Promise<DurableUpgrade> =>
  answerOf(await world.upgrade(vat, { setup })) as DurableUpgrade

// --- abandoned exports

const far = (code = ''): string => `const thing = Far("thing", {}); ${code}`

/** Who is told of the object by its vat, and what the upgrade says of that. */
const held: Readonly<
  Record<
    string,
    readonly [give: (vat: string) => Promise<unknown>, holders: readonly string[], others: number]
  >
> = {
  'two vats': [
    (vat) => world.run(vat, far('for (const who of args) E.sendOnly(who).put("held", thing)'), ...roots),
    ['alice', 'bob'],
    0,
  ],
  'one vat in its baggage': [
    (vat) =>
      world.run(
        vat,
        far(
          'E.sendOnly(args[0]).run("baggage.has(`b`) ? baggage.set(`b`, args[0]) : baggage.init(`b`, args[0])", thing)',
        ),
        roots[1],
      ),
    ['bob'],
    0,
  ],
  'the host, by an answer': [(vat) => world.run(vat, far('return thing')), [], 1],
  'the host by an answer and a pin, and a vat': [
    async (vat) =>
      world.controller.pin(
        (await world.run(
          vat,
          far('E.sendOnly(args[0]).put("held", thing); return thing'),
          roots[0],
        )) as Remote,
      ),
    ['alice'],
    2,
  ],
  'a message that waits for a suspended vat': [
    async (vat) => {
      await world.controller.suspendVat('bob', 'holds it')
      await world.run(vat, far('E.sendOnly(args[0]).put("held", thing)'), roots[1])
    },
    [], 1,
  ],
}
const roots = [await world.root('alice'), await world.root('bob')] as const

for (const [name, [give, holders, others]] of Object.entries(held)) {
  // En1.
  test(`an abandoned export that is held by ${name} is listed with who holds it`, async () => {
    const vat = await newVat()
    await give(vat)
    const { abandonedExports, abandoned } = await upgraded(vat)
    await world.controller.resumeVat('bob')
    assert.equal(abandonedExports, 1)
    assert.deepEqual(abandoned.map(({ holders, others }) => [holders, others]), [[holders, others]])
    assert.match(abandoned[0]!.object, /^o\+\d+$/)
  })
}

test('of more abandoned exports than the limit the first are listed and all are counted', async () => {
  const vat = await newVat()
  const many = upgradeLimits.listed + 5
  await world.run(
    vat,
    'E.sendOnly(args[0]).put("many", harden(Array.from({ length: args[1] }, () => Far("thing", {}))))',
    roots[0],
    many,
  )
  const { abandonedExports, abandoned } = await upgraded(vat)
  assert.deepEqual([abandonedExports, abandoned.length], [many, upgradeLimits.listed])
  assert.ok(abandoned.every(({ holders, others }) => holders.join() === 'alice' && others === 0))
})

test('what nobody holds any more is collected first, and not abandoned', async () => {
  const vat = await newVat()
  await world.run(vat, far('E.sendOnly(args[0]).echo(thing)'), roots[0])
  await world.controller.collectAll()
  await world.controller.run()
  assert.deepEqual((await upgraded(vat)).abandoned, [])
})

// --- disconnected promises

// En1.
test('a disconnected promise is listed with the vats that are told and the messages that waited', async () => {
  const vat = await newVat()
  await world.run(
    vat,
    'const p = new Promise(() => {}); E.sendOnly(args[0]).run("args[0].p.catch(() => {}); E(args[0].p).a().catch(() => {}); E(args[0].p).b().catch(() => {})", { p }); E.sendOnly(args[1]).run("me.told = args[0].p.catch(({ name }) => name)", { p })',
    ...roots,
  )
  const { disconnectedPromises, disconnected } = await upgraded(vat)
  assert.equal(disconnectedPromises, disconnected.length)
  const [told] = disconnected.filter(({ subscribers }) => subscribers.includes('bob'))
  assert.deepEqual(
    { ...told, subscribers: [...told!.subscribers].sort() },
    { promise: told!.promise, subscribers: ['alice', 'bob'], others: 0, waiting: 2 },
  )
  assert.match(told!.promise, /^p\+\d+$/)
  assert.equal(await world.run('bob', 'return me.told'), 'vatUpgraded')
})

test('a promise of the host alone is disconnected and tells no vat', async () => {
  const vat = await newVat()
  await world.controller.send(vat, 'run', ['return new Promise(() => {})'])
  await world.controller.run()
  const { disconnected } = await upgraded(vat)
  assert.deepEqual(
    disconnected.map(({ subscribers, others, waiting }) => [subscribers, others, waiting]),
    [[[], 0, 0]],
  )
  assert.match(disconnected[0]!.promise, /^p-\d+$/)
})

// --- migrations and costs

const kind = (version: number, tag = 'Coin'): string => `
  const steps = harden(Object.fromEntries(Array.from({ length: ${version - 1} }, (_, n) => [n + 1, (state) => state])))
  const handle = baggage.has('${tag}') ? baggage.get('${tag}') : makeKindHandle('${tag}')
  if (!baggage.has('${tag}')) baggage.init('${tag}', handle)
  me.${tag} = VatData.defineDurableKind(handle, () => ({ n: 1n }), { n: ({ state }) => state.n }, { stateVersion: ${version}, migrate: ${version === 1 ? 'undefined' : 'steps'} })`

test('durable kinds that come to a higher state version are listed with both versions', async () => {
  const vat = await newVat(`{${kind(1)}}; {${kind(2, 'Same')}}; me.Coin()`)
  assert.deepEqual(
    (await upgraded(vat, `{${kind(3)}}; {${kind(2, 'Same')}}; {${kind(1, 'New')}}`)).migratedKinds,
    [{ tag: 'Coin', from: 1, to: 3 }],
  )
  assert.deepEqual(
    (await upgraded(vat, `{${kind(3)}}; {${kind(2, 'Same')}}; {${kind(1, 'New')}}`)).migratedKinds,
    [],
  )
})

test('an upgrade tells the deliveries and the computrons that it took: those with which its crank was charged', async () => {
  const vat = await newVat()
  const request = await world.controller.upgradeVat(vat, await world.install(), { parameters: {} })
  const run = await world.controller.run()
  const { deliveries, computrons } = answerOf(await world.take(request)) as DurableUpgrade
  assert.deepEqual([deliveries, computrons], [2, run.computrons])
  await world.controller.suspendVat(vat, 'not asked to collect')
  assert.equal((await upgraded(vat)).deliveries, 1)
})
