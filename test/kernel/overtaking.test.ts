/**
 * A message that overtakes the start of its vat: it waited for a promise, which is settled with the vat's
 * root before the vat has started, and so it comes before all that is in the run-queue, the start too.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote, ResultHandle } from '../../src/host/index.ts'
import type { PortHandler } from '../../src/vat/index.ts'
import {
  answerOf,
  openWorld,
  puppet,
  rejectionOf,
  type Scope,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

const alice = `me.late = new Promise((resolve) => { me.resolve = resolve })
  me.handler = Far('handler', { receive: (item) => { if (typeof item === 'object') me.resolve(item) } })`
const bob = `me.told = []
  me.ask = (target) => { for (const n of [1, 2, 3]) E(target).run('me.seen = [...me.seen ?? [], args[0]]; return args[0]', n).then((a) => me.told.push(a), (error) => me.told.push(error.code)) }`

/**
 * Bob's messages wait for alice's promise; two receptions of the port are before the start of the new vat,
 * whose root is the second item.
 */
async function overtake(
  scope: Scope,
  recipe: VatRecipe,
): Promise<{ readonly world: World; readonly made: ResultHandle }> {
  const world = await openWorld(scope, { vats: { alice: { setup: alice }, bob: { setup: bob } } })
  const { controller } = world
  const port = await controller.openPort('bank')
  await world.run(
    'alice',
    'E.sendOnly(args[0]).run("me.ask(args[0])", me.late); E(args[1]).onReceive(me.handler)',
    await world.root('bob'),
    await port.remote(),
  )
  await controller.sendOnly(await port.remote(), 'onReceive', [
    (await world.run('alice', 'return me.handler')) as Remote<PortHandler>,
  ])
  await port.deliver(1n)
  await controller.run({ cranks: 1 })
  const made = await controller.createVat('late', await world.install(recipe))
  await port.deliver(await controller.root('late'))
  return { world, made }
}

test('it waits for the start, and comes first then, in order', async (t) => {
  const { world, made } = await overtake(t, puppet)
  await world.controller.run()
  answerOf(await world.take(made))
  assert.deepEqual(
    [await world.run('late', 'return me.seen'), await world.run('bob', 'return [...me.told]')],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  )
})

test('it waits over a new opening, and the store is whole meanwhile', async (t) => {
  const { world, made } = await overtake(t, puppet)
  for (let parked = 0; parked < 3; ) {
    await world.controller.run({ cranks: 1 })
    const { status, parked: now } = await world.controller.vat('late')
    assert.equal(status.kind, 'starting')
    parked = now
    await world.audit()
  }
  await world.reopen({ eviction: 'after-each-crank' })
  await world.controller.run()
  answerOf(await world.take(made))
  assert.deepEqual(await world.run('late', 'return me.seen'), [1, 2, 3])
})

test('it is rejected when the vat does not start', async (t) => {
  const { world, made } = await overtake(t, {
    source: 'export const buildRootObject = () => { throw Error("not today") }',
  })
  await world.controller.run()
  rejectionOf(await world.take(made), 'start-refused')
  assert.deepEqual(await world.run('bob', 'return [...me.told]'), [
    'vat-terminated',
    'vat-terminated',
    'vat-terminated',
  ])
})
