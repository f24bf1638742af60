/** `@agoric/zone` and `@agoric/base-zone` as published: exos and stores that outlive the code. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, type VatRecipe } from '../kit/world.ts'
import { fixture } from './support.ts'

const zoned = (version: string): VatRecipe => ({ file: fixture('zoned'), parameters: { version } })

test('exos, kits, stores and sub-zones live on', async (t) => {
  const world = await openWorld(t, { vats: { zoned: zoned('one'), guest: {} } })
  const ask = (method: string, ...args: unknown[]): Promise<unknown> => world.ask('zoned', method, ...args)
  const counter = (await ask('makeCounter', 5n)) as Remote
  const owner = (await ask('makeAccount', 'alice')) as Remote
  const viewer = (await world.ask(owner, 'viewer')) as Remote
  const guest = await world.root('guest')
  await world.ask(owner, 'put', 'counter', counter)
  await world.ask(owner, 'put', 'guest', guest)
  await ask('write', 'owner', owner)
  await ask('join', viewer)
  await ask('note', guest, 'a guest')
  await ask('deepen', 'counter', counter)
  const singleton = (await ask('singleton')) as Remote
  assert.equal(await ask('once'), 'made by one')
  assert.equal(await world.ask(counter, 'add', 2n), 7n)
  assert.equal(await world.ask(singleton, 'greet', 'you'), 'one greets you')

  answerOf(await world.upgrade('zoned', zoned('two')))
  await world.reopen()

  assert.equal(await world.ask(counter, 'add', 1n), 8n)
  assert.equal(await world.ask(viewer, 'name'), 'alice, says two')
  await world.ask(owner, 'rename', 'alicia')
  assert.equal(await world.ask(viewer, 'name'), 'alicia, says two')
  assert.equal(await world.ask(viewer, 'size'), 2)
  assert.deepEqual(await world.ask(viewer, 'get', 'counter'), counter)
  assert.deepEqual(await world.ask(viewer, 'get', 'guest'), guest)
  assert.deepEqual(await ask('read', 'owner'), owner)
  assert.deepEqual(await world.ask(owner, 'viewer'), viewer)
  assert.equal(await ask('isMember', viewer), true)
  assert.equal(await ask('isMember', owner), false)
  assert.equal(await ask('noted', guest), 'a guest')
  assert.equal(await ask('noted', counter), 'nothing')
  assert.deepEqual(await ask('deep', 'counter'), counter)
  assert.deepEqual(await ask('singleton'), singleton)
  assert.equal(await world.ask(singleton, 'greet', 'me'), 'two greets me')
  assert.equal(await ask('once'), 'made by one')
  assert.equal(await ask('isStorable', counter), true)
})

test('guards and shapes refuse in both incarnations', async (t) => {
  const world = await openWorld(t, { vats: { zoned: zoned('one') } })
  const counter = (await world.ask('zoned', 'makeCounter', 5n)) as Remote
  const refuses = async (): Promise<void> => {
    assert.match(
      String(await world.refusal(counter, 'add', 'text')),
      /In "add" method of \(Counter\): arg 0: string \(a string\) - Must be a bigint/,
    )
    assert.match(String(await world.refusal(counter, 'add')), /at least 1 argument/)
    assert.match(String(await world.refusal('zoned', 'makeCounter', 'text')), /Must be a bigint/)
    assert.match(String(await world.refusal(counter, 'subtract', 1n)), /has no method "subtract"/)
    assert.equal(await world.ask(counter, 'read'), 5n)
  }
  await refuses()
  answerOf(await world.upgrade('zoned', zoned('two')))
  await refuses()
})
