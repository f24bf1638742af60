/** `@agoric/vow` as published: promises that outlive the code of who makes them and of who waits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld, type Scope, type VatRecipe, type World } from '../kit/world.ts'
import { fixture } from './support.ts'

const vows = (version: string): VatRecipe => ({ file: fixture('vows'), parameters: { version } })
const openVows = (scope: Scope): Promise<World> =>
  openWorld(scope, {
    vats: { maker: vows('one'), watcher: vows('one'), patient: { file: fixture('patient') }, guest: {} },
  })
const upgrade = async (world: World, name: string, version = 'two'): Promise<unknown> =>
  answerOf(await world.upgrade(name, vows(version)))
const log = (world: World): Promise<unknown> => world.ask('watcher', 'log')

/** Who is upgraded between the watch and the end of the vow. */
const passages: Readonly<Record<string, readonly [who: string, pass: (world: World) => Promise<unknown>]>> = {
  'nobody is upgraded': ['one', async () => undefined],
  'its maker is upgraded': ['one', (world) => upgrade(world, 'maker')],
  'its watcher is upgraded': ['two', (world) => upgrade(world, 'watcher')],
  'both are upgraded, the maker first': [
    'two',
    async (world) => {
      await upgrade(world, 'maker')
      await upgrade(world, 'watcher')
    },
  ],
  'both are upgraded twice, and the store is closed': [
    'three',
    async (world) => {
      await upgrade(world, 'watcher')
      await upgrade(world, 'maker')
      await world.reopen()
      await upgrade(world, 'maker', 'three')
      await upgrade(world, 'watcher', 'three')
    },
  ],
}

for (const [name, [who, pass]] of Object.entries(passages)) {
  test(`a vow of another vat is told when ${name}`, async (t) => {
    const world = await openVows(t)
    const vow = await world.ask('maker', 'make', 'a')
    await world.ask('watcher', 'watch', 'seen', vow, 'and more')
    await world.ask('patient', 'wait', vow)
    await pass(world)
    assert.deepEqual(await log(world), [])
    await world.ask('maker', 'resolve', 'a', { value: 1n })
    assert.deepEqual(await log(world), [[who, 'seen', 'kept', { value: 1n }, 'and more']])
    assert.deepEqual(await world.ask('watcher', 'when', 'seen'), { value: 1n })
    assert.deepEqual(await world.ask('patient', 'heard'), [{ value: 1n }])
  })

  test(`a vow that is broken is told when ${name}`, async (t) => {
    const world = await openVows(t)
    await world.ask('watcher', 'watch', 'seen', await world.ask('maker', 'make', 'a'))
    await pass(world)
    await world.ask('maker', 'reject', 'a', 'broken')
    assert.deepEqual(await log(world), [[who, 'seen', 'broken', 'broken']])
    assert.equal(await world.ask('watcher', 'when', 'seen'), 'handled')
  })
}

test('a vow that was resolved before an upgrade says so after it', async (t) => {
  const world = await openVows(t)
  const vow = await world.ask('maker', 'make', 'a')
  await world.ask('maker', 'resolve', 'a', 'early')
  await upgrade(world, 'maker')
  await world.ask('watcher', 'watch', 'late', vow)
  assert.deepEqual(await log(world), [['one', 'late', 'kept', 'early']])
  assert.equal(await world.ask('maker', 'when', 'a'), 'early')
  assert.deepEqual(await world.ask('maker', 'vow', 'a'), vow)
})

test('a vow resolved to another vow, and to a promise of another vat, goes on over an upgrade', async (t) => {
  const world = await openVows(t)
  const outer = await world.ask('maker', 'make', 'outer')
  const inner = await world.ask('maker', 'make', 'inner')
  await world.ask('watcher', 'watch', 'seen', outer)
  await world.ask('maker', 'resolve', 'outer', inner)
  await upgrade(world, 'maker')
  await upgrade(world, 'watcher')
  await world.ask('maker', 'resolve', 'inner', 'deep')
  assert.deepEqual(await log(world), [['two', 'seen', 'kept', 'deep']])
})

test('the answer of another vat is watched over an upgrade of the watcher', async (t) => {
  const world = await openVows(t)
  const guest = await world.root('guest')
  await world.ask(
    'watcher',
    'watchAnswer',
    'answer',
    guest,
    'run',
    'me.kit = Promise.withResolvers(); return me.kit.promise',
  )
  await upgrade(world, 'watcher')
  await world.run('guest', `me.kit.resolve('answer')`)
  assert.deepEqual(await log(world), [['two', 'answer', 'kept', 'answer']])
})

test('all of several vows, and each of several, over an upgrade in the middle', async (t) => {
  const world = await openVows(t)
  const make = async (name: string): Promise<unknown> => world.ask('maker', 'make', name)
  const [a, b, c] = [await make('a'), await make('b'), await make('c')]
  await world.ask('watcher', 'all', 'all', [a, b, 'plain'])
  await world.ask('watcher', 'allSettled', 'settled', [a, c])
  await world.ask('maker', 'resolve', 'a', 1n)
  await upgrade(world, 'watcher')
  await world.ask('maker', 'resolve', 'b', 2n)
  await world.ask('maker', 'reject', 'c', 'no')
  assert.deepEqual(await world.ask('watcher', 'when', 'all'), [1n, 2n, 'plain'])
  const [first, second] = (await world.ask('watcher', 'when', 'settled')) as [
    { status: string },
    { status: string; reason: Error },
  ]
  assert.deepEqual(
    [first, second.status, second.reason.message],
    [{ status: 'fulfilled', value: 1n }, 'rejected', 'no'],
  )
})

/**
 * What interrupts a flow → what it gives. (Of two interruptions the package itself takes only one for such:
 * it compares their numbers across vats.)
 */
const interruptions: Readonly<
  Record<string, readonly [pass: (world: World) => Promise<unknown>, answer: string]>
> = {
  'its own vat': [
    async (world) => {
      await upgrade(world, 'watcher')
      await world.run('guest', `me.settle('first')`)
    },
    'first asked by two',
  ],
  'the vat it asks': [
    async (world) => answerOf(await world.upgrade('guest', { setup: `me.answer = 'second'` })),
    'second asked by one',
  ],
}
for (const [who, [pass, answer]] of Object.entries(interruptions)) {
  test(`a flow that may be tried again is, when an upgrade of ${who} interrupts it`, async (t) => {
    const world = await openVows(t)
    await world.run('guest', 'me.answer = new Promise((resolve) => { me.settle = resolve })')
    await world.ask('watcher', 'retry', 'flow', await world.root('guest'))
    await pass(world)
    assert.equal(await world.ask('watcher', 'when', 'flow'), answer)
  })
}

test('a flow whose object was abandoned by an upgrade is tried again, and finds the new one', async (t) => {
  const world = await openVows(t)
  const room = (name: string): string => `me.room = Far('room', { enter: () => '${name}' })`
  const [guest, gate] = [await world.root('guest'), (await world.create('gate')).root]
  await world.run('guest', room('old'))
  await world.run('gate', 'me.open = new Promise((resolve) => { me.let = resolve })')
  await world.ask('watcher', 'visit', 'flow', guest, gate)
  answerOf(await world.upgrade('guest', { setup: room('new') }))
  await world.run('gate', 'me.let()')
  assert.equal(await world.ask('watcher', 'when', 'flow'), 'new seen by one')
})

test('the packages know the error of an abandoned object, wherever it has been since', async (t) => {
  const world = await openVows(t)
  const old = await world.run('guest', `return Far('old', { echo: () => 'here' })`)
  assert.equal(await world.ask('watcher', 'reason', old), 'here')
  answerOf(await world.upgrade('guest'))
  const [known, error] = (await world.ask('watcher', 'reason', old)) as [boolean, Error & { code: string }]
  assert.deepEqual(
    [known, error.name, error.message, error.code],
    [true, 'Error', 'vat terminated', 'object-abandoned'],
  )
  await upgrade(world, 'watcher')
  assert.deepEqual(await world.ask('watcher', 'reasonsKept'), [true])
})

test('what needs a vow unwraps it', async (t) => {
  const world = await openVows(t)
  const vow = await world.ask('maker', 'make', 'a')
  await world.ask('maker', 'resolve', 'a', await world.root('guest'))
  assert.deepEqual(await world.ask('patient', 'through', vow), ['through'])
})
