/** The limit on the weight of the messages that wait for a suspended vat. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxParkedLength } from '../../src/protocol/limits.ts'
import { answerOf, openWorld, puppet, rejectionOf } from '../kit/world.ts'

test('past the weight that may wait messages are rejected; notifications and collections are not', async (t) => {
  const world = await openWorld(t, { vats: { w: puppet, full: puppet } })
  await world.run(
    'full',
    'E(args[0]).run("return new Promise((yes) => { me.yes = yes })")',
    await world.root('w'),
  )
  answerOf(await world.take(await world.controller.suspendVat('full', 'tea')))
  const long = 'x'.repeat(maxParkedLength / 3)
  const requests = []
  for (let times = 0; times < 3; times += 1)
    requests.push(await world.controller.send('full', 'same', [long]))
  await world.controller.run()
  rejectionOf(await world.take(requests[2]!), 'vat-suspended')
  await world.controller.sendOnly('w', 'run', ['me.yes("y".repeat(15_000_000))'])
  await world.controller.run()
  const { parked, parkedWeight } = await world.controller.vat('full')
  assert.equal(parked, 3)
  assert.ok(parkedWeight > (2 * maxParkedLength) / 3 && parkedWeight <= maxParkedLength)
  answerOf(await world.take(await world.controller.resumeVat('full')))
  await world.controller.run()
  for (const request of requests.slice(0, 2))
    assert.equal(String(answerOf(await world.take(request))).length, long.length)
  await world.forgetAll()
  assert.equal((await world.controller.vat('full')).parkedWeight, 0)
})
