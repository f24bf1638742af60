/**
 * How many vats there may be (`src/kernel/objects/makers.ts`). At the end of each world the audit counts
 * them again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, puppet, rejectionOf, type Scope, type World } from '../kit/world.ts'

interface Bounded {
  readonly vatAdmin: Remote
  readonly bound: Remote
}

async function open(
  scope: Scope,
  maxVats: number,
): Promise<{ readonly world: World; readonly bundle: string } & Bounded> {
  const world = await openWorld(scope, { vats: { keeper: puppet }, config: { cleanupBudget: 40 } })
  const bundle = await world.install()
  const { vatAdmin, bound } = (await world.ask(
    await world.controller.vatAdmin(),
    'createBoundedVatAdmin',
    maxVats,
  )) as Bounded
  return { world, bundle, vatAdmin, bound }
}

test('the holder of a bounded vatAdmin makes so many vats and no more, until one of them is gone', async (t) => {
  const { world, bundle, vatAdmin, bound } = await open(t, 2)
  const make = (options: object = {}) => world.outcome(vatAdmin, 'createVat', bundle, options)
  const first = answerOf(await make({ name: 'first' })) as { adminNode: Remote }
  answerOf(await make())
  const { code, message } = rejectionOf(await make(), 'too-many-vats')
  assert.match(message, /2 vats were made with this vatAdmin .* it may have 2/, code)
  assert.deepEqual(await world.ask(bound, 'get'), { maxVats: 2, vats: 2 })
  await world.reopen()
  rejectionOf(await world.outcome(vatAdmin, 'createVatByName', 'none', {}), 'service-refused')
  rejectionOf(await make(), 'too-many-vats')

  // Its end alone makes no room; that nothing is left of it does.
  await world.run('first', 'for (let n = 0; n < 200; n += 1) baggage.init(`k${n}`, n)')
  await world.controller.send(first.adminNode, 'terminateWithFailure', ['enough'])
  await world.controller.run({ cleanups: 1 })
  assert.equal((await world.controller.storeStatus()).cleanups, 1)
  const early = await world.controller.send(vatAdmin, 'createVat', [bundle, {}])
  await world.controller.run({ cleanups: 1 })
  rejectionOf(await world.take(early), 'too-many-vats')
  await world.controller.run()
  assert.deepEqual(await world.ask(bound, 'get'), { maxVats: 2, vats: 1 })
  answerOf(await make())
  assert.equal((await world.controller.vats()).length, 3)
})

test('a vat that does not start is not counted any more, and one of another maker never was', async (t) => {
  const { world, bundle, vatAdmin, bound } = await open(t, 1)
  rejectionOf(
    await world.outcome(vatAdmin, 'createVat', bundle, { parameters: { setup: 'throw Error("no")' } }),
    'start-refused',
  )
  assert.deepEqual(await world.ask(bound, 'get'), { maxVats: 1, vats: 0 })
  answerOf(await world.outcome(await world.controller.vatAdmin(), 'createVat', bundle, {}))
  answerOf(await world.outcome(vatAdmin, 'createVat', bundle, {}))
  // Two at once, before either has started.
  const both = [
    await world.controller.send(vatAdmin, 'createVat', [bundle, {}]),
    await world.controller.send(vatAdmin, 'createVat', [bundle, {}]),
  ]
  await world.ask(bound, 'setMaxVats', 2)
  await world.controller.run()
  for (const one of both) rejectionOf(await world.take(one), 'too-many-vats')
  const again = [
    await world.controller.send(vatAdmin, 'createVat', [bundle, {}]),
    await world.controller.send(vatAdmin, 'createVat', [bundle, {}]),
  ]
  await world.controller.run()
  answerOf(await world.take(again[0]!))
  rejectionOf(await world.take(again[1]!), 'too-many-vats')
})

test('the bound is its maker\'s to change; its holder can only pass it on', async (t) => {
  const { world, bundle, vatAdmin, bound } = await open(t, 0)
  rejectionOf(await world.outcome(vatAdmin, 'createVat', bundle, {}), 'too-many-vats')
  await world.run('keeper', 'me.vatAdmin = args[0]; me.bound = args[1]', vatAdmin, bound)
  await world.forgetAll()
  await world.controller.collectAll()
  await world.controller.run()
  await world.reopen()
  assert.equal(await world.run('keeper', 'return E(me.bound).setMaxVats(1)'), undefined)
  await world.run(
    'keeper',
    'return E(me.vatAdmin).createVat(args[0], { name: "made" }).then(() => {})',
    bundle,
  )
  assert.deepEqual(await world.run('keeper', 'return E(me.bound).get()'), { maxVats: 1, vats: 1 })
  for (const wrong of [-1, 1.5, '2', 2n, undefined, null, Infinity]) {
    const { message } = rejectionOf(await world.outcome(bound, 'setMaxVats', wrong), 'service-refused')
    assert.match(message, /a whole number of vats/)
    rejectionOf(
      await world.outcome(await world.controller.vatAdmin(), 'createBoundedVatAdmin', wrong),
      'service-refused',
    )
  }
  rejectionOf(await world.outcome(vatAdmin, 'createBoundedVatAdmin', 10), 'service-refused')
  // Nobody holds it any more; the vat that it made counts on, and goes in its time.
  await world.run('keeper', 'me.vatAdmin = undefined; me.bound = undefined')
  await world.forgetAll()
  await world.controller.collectAll()
  await world.controller.run()
  await world.audit()
  await world.controller.terminateVat('made', 'enough')
  await world.controller.run()
})

test('a store has as many vats as its configuration allows', async (t) => {
  const world = await openWorld(t, { config: { maxVats: 2 } })
  const bundle = await world.install()
  await world.create('a')
  await world.create('b')
  const { message } = rejectionOf(await world.tryCreate('c'), 'too-many-vats')
  assert.match(message, /the store has 2 vats, as many as it may/)
  rejectionOf(
    await world.outcome(await world.controller.vatAdmin(), 'createVat', bundle, {}),
    'too-many-vats',
  )
  await world.controller.terminateVat('a', 'enough')
  await world.controller.run()
  await world.create('c')
  await assert.rejects(openWorld(t, { config: { maxVats: 0 } }), { code: 'config/invalid' })
})
