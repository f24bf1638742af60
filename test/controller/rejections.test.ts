/** What the host takes for a rejection by the kernel itself: two shapes, and nothing that is only like them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDisconnection, isRejection } from '../../src/controller/index.ts'
import { forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'

const coded = (message: string, code: unknown): Error => Object.defineProperty(new Error(message), 'code', { value: code })

const reasons: readonly (readonly [situation: string, reason: unknown, isOne: boolean])[] = [
  ['a record of the kernel', { name: 'KernelRejection', code: 'vat-suspended', message: 'm' }, true],
  ['the error of an abandoned object', coded('vat terminated', 'object-abandoned'), true],
  ['the error of a vat that is gone', coded('vat terminated', 'vat-terminated'), true],
  ['that error without its code', new Error('vat terminated'), false],
  ['that error with another code', coded('vat terminated', 'vat-suspended'), false],
  ['that error with a code that is no text', coded('vat terminated', 5), false],
  ['another error with that code', coded('gone', 'object-abandoned'), false],
  ['an error of the name', Object.assign(new Error('m'), { name: 'KernelRejection' }), false],
  ['a record like the error', { message: 'vat terminated', code: 'object-abandoned' }, false],
  ['a record of another name', { name: 'Rejection' }, false],
  ['a disconnection', { name: 'vatUpgraded', upgradeMessage: '', incarnationNumber: 0 }, false],
  ['nothing', undefined, false],
  ['null', null, false],
  ['text', 'vat terminated', false],
]
for (const [situation, reason, isOne] of reasons) {
  test(`${isOne ? 'a rejection by the kernel' : 'no rejection by the kernel'}: ${situation}`, () => assert.equal(isRejection(reason), isOne))
}

const world = await openWorld(forTheFile, { vats: { home: {}, friend: {} } })

test('an object that is gone is told by an error with the code; what else the kernel refuses by a record', async () => {
  const old = await world.run('home', 'return Far("old", { f: () => 1 })')
  await world.upgrade('home')
  const gone = rejectionOf(await world.outcome('friend', 'run', 'return E(args[0]).f()', old), 'object-abandoned')
  assert.deepEqual([gone instanceof Error, gone.name, gone.message], [true, 'Error', 'vat terminated'])
  const refused = rejectionOf(await world.outcome('friend', 'run', 'return E(E(args[0]).same(5n)).f()', await world.root('home')), 'target-not-object')
  assert.equal(refused.name, 'KernelRejection')
  assert.equal(isDisconnection(gone), false)
})

test('a vat can catch the error by its code, and pass it on with it', async () => {
  const old = await world.run('home', 'return Far("old", { f: () => 1 })')
  await world.upgrade('home')
  assert.equal(await world.run('friend', 'return E(args[0]).f().catch((error) => error.code)', old), 'object-abandoned')
  const inside = (await world.run('friend', 'return E(args[0]).f().catch((error) => harden({ error }))', old)) as { error: unknown }
  assert.ok(isRejection(inside.error))
  const again = reasonOf(await world.outcome('friend', 'run', 'return E(args[0]).f().catch((error) => { throw error })', old))
  assert.ok(isRejection(again))
})

test('results that one crank rejects are all reported, in the order in which they were, however long their reasons are together', async () => {
  const [many, long] = [1_700, 10_000]
  const asked = []
  for (let n = 0; n < many; n += 1) asked.push((await world.controller.send('home', 'run', ['return new Promise(() => {})'], { onRejection: 'log' })).sequence)
  await world.controller.run()
  const upgrade = await world.controller.upgradeVat('home', await world.install(), { upgradeMessage: 'x'.repeat(long) })
  const { rejections } = await world.controller.run()
  assert.equal((await world.take(upgrade)).kind, 'fulfilled')
  assert.deepEqual(rejections.map(({ sequence }) => sequence).sort((one, other) => one - other), asked)
  assert.ok(rejections.every(({ reason }) => isDisconnection(reason) && reason.upgradeMessage.length === long))
})
