/**
 * `@agoric/async-flow` as published: an asynchronous function goes on at its `await` after its vat was
 * replaced.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld, type Scope, type VatRecipe, type World } from '../kit/world.ts'
import { fixture } from './support.ts'

const flows = (steps: 'same' | 'others'): VatRecipe => ({ file: fixture('flows'), parameters: { steps } })

/** A trip that has begun; the guest answers nobody yet. */
async function openTrip(scope: Scope): Promise<World> {
  const world = await openWorld(scope, {
    vats: {
      flows: flows('same'),
      guest: { setup: 'me.answer = new Promise((resolve) => { me.settle = resolve })' },
    },
  })
  await world.ask('flows', 'start', 'trip', await world.root('guest'))
  return world
}
const nextLife = async (world: World, steps: 'same' | 'others' = 'same'): Promise<unknown> =>
  answerOf(await world.upgrade('flows', flows(steps)))

/** In which moments the vat is replaced → what is done for it. */
const passages: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'is not replaced': async () => undefined,
  'is replaced at each await': nextLife,
  'is replaced twice at each await, with the store closed in between': async (world) => {
    await nextLife(world)
    await world.reopen()
    await nextLife(world)
  },
}
for (const [situation, pass] of Object.entries(passages)) {
  test(`a flow goes through its steps once when its vat ${situation}`, async (t) => {
    const world = await openTrip(t)
    await pass(world)
    assert.equal(await world.ask('flows', 'hasAsked', 'when'), false)
    await world.ask('flows', 'answer', 'where', 'Paris')
    await pass(world)
    await world.run('guest', `me.settle('by train')`)
    await pass(world)
    assert.equal(await world.ask('flows', 'hasAsked', 'when'), true)
    await world.ask('flows', 'answer', 'when', 'tomorrow')
    await pass(world)
    assert.equal(await world.ask('flows', 'outcome', 'trip'), 'Paris, by train, tomorrow')
    assert.deepEqual(await world.ask('flows', 'notes'), ['began', 'Paris it is', 'ended'])
    assert.deepEqual(await world.ask('flows', 'failures'), [])
  })
}

test('a flow catches what it is refused in a later life', async (t) => {
  const world = await openTrip(t)
  await world.ask('flows', 'answer', 'where', 'Rome')
  await nextLife(world)
  await world.run('guest', `me.settle('on foot')`)
  await nextLife(world)
  await world.ask('flows', 'refuse', 'when', 'no time')
  assert.equal(await world.ask('flows', 'outcome', 'trip'), 'Rome, on foot, never (no time)')
})

test('a life in which a flow would go other ways does not run it, and the next one that does goes on', async (t) => {
  const world = await openTrip(t)
  await world.ask('flows', 'answer', 'where', 'Oslo')
  await nextLife(world, 'others')
  const [failure, ...more] = (await world.ask('flows', 'failures')) as string[]
  assert.match(failure ?? '', /began differently/)
  assert.equal(more.length, 0)
  await nextLife(world)
  await world.run('guest', `me.settle('by boat')`)
  await world.ask('flows', 'answer', 'when', 'soon')
  assert.equal(await world.ask('flows', 'outcome', 'trip'), 'Oslo, by boat, soon')
  assert.deepEqual(await world.ask('flows', 'notes'), ['began', 'Oslo it is', 'ended'])
})
