/** `@agoric/vat-data` and `@agoric/store` as published. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { answerOf, openWorld, type VatRecipe } from '../kit/world.ts'
import { fixture } from './support.ts'

const stores = (version: string): VatRecipe => ({ file: fixture('stores'), parameters: { version } })

test('kinds and collections of vat-data live on with their objects', async (t) => {
  const world = await openWorld(t, { vats: { stores: stores('one'), guest: {} } })
  const ask = (method: string, ...args: unknown[]): Promise<unknown> => world.ask('stores', method, ...args)
  const guest = await world.root('guest')
  const thing = (await ask('makeThing', 'hammer')) as Remote
  const { writer, reader } = (await ask('makePair', 'first')) as { writer: Remote; reader: Remote }
  const passing = (await ask('makePassing')) as Remote
  const exo = (await ask('makeExo', 'text')) as Remote
  const single = (await ask('single')) as Remote
  for (const [name, value] of [
    ['thing', thing],
    ['a writer', writer],
    ['guest', guest],
    ['list', [1n, 'two', { three: guest }]],
  ])
    await ask('init', name, value)
  await ask('add', 3n, 100n, -5n, 20n)
  await ask('note', thing, 'a tool')
  await ask('note', guest, 'a guest')
  assert.equal(await world.ask(thing, 'use'), 'hammer 1 one')
  assert.equal(await world.ask(passing, 'up'), 1)
  const snapshot = await ask('snapshot')

  answerOf(await world.upgrade('stores', stores('two')))
  await world.reopen()

  assert.equal(await world.ask(thing, 'use'), 'hammer 2 two')
  await world.ask(writer, 'set', reader)
  assert.deepEqual(await world.ask(reader, 'get'), reader)
  await world.refusal(passing, 'up')
  assert.equal(await world.ask(exo, 'get'), 'text')
  assert.equal(await world.ask(single, 'version'), 'two')
  assert.deepEqual(await ask('single'), single)
  assert.deepEqual(await ask('get', 'thing'), thing)
  assert.deepEqual(await ask('get', 'list'), [1n, 'two', { three: guest }])
  assert.deepEqual(await ask('names'), ['a writer', 'guest', 'list', 'thing'])
  assert.deepEqual(await ask('names', 'h'), ['list', 'thing'])
  assert.deepEqual(await ask('numbers'), [-5n, 3n, 20n, 100n])
  assert.deepEqual(await ask('snapshot'), snapshot)
  assert.equal(await ask('noted', thing), 'a tool')
  assert.equal(await ask('noted', guest), 'a guest')
  assert.equal(await ask('noted', exo), 'nothing')
  assert.equal(await ask('lazily'), 'by two')
  assert.match(String(await world.refusal('stores', 'init', 5n, 'x')), /string/)
})

test('every kind of collection takes objects of the vat and of others as keys', async (t) => {
  const world = await openWorld(t, { vats: { stores: stores('one'), guest: {} } })
  for (const key of [await world.root('guest'), await world.ask('stores', 'makeThing', 'key')]) {
    const found = (await world.ask('stores', 'every', key)) as boolean[]
    assert.equal(found.length, 22)
    assert.ok(found.every(Boolean), found.join())
  }
})

test('what can be durable', async (t) => {
  const world = await openWorld(t, { vats: { stores: stores('one'), guest: {} } })
  const durable: readonly (readonly [unknown, boolean])[] = [
    [1n, true],
    [{ a: [await world.root('guest')] }, true],
    [await world.ask('stores', 'makeThing', 'x'), true],
    [await world.ask('stores', 'makePassing'), false],
    [await world.root('stores'), false],
  ]
  for (const [value, expected] of durable)
    assert.equal(await world.ask('stores', 'canBeDurable', value), expected)
})
