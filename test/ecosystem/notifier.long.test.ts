/**
 * `@agoric/notifier` as published: those who follow a topic go on when the vat that publishes is replaced.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, openWorld, type Scope, type VatRecipe, type World } from '../kit/world.ts'
import { fixture } from './support.ts'

const news: VatRecipe = { file: fixture('news') }

/** A paper and one who reads it. */
async function openNews(scope: Scope): Promise<World> {
  return openWorld(scope, { vats: { paper: news, reader: news } })
}
const follow = async (world: World, how: 'each' | 'latest'): Promise<unknown> =>
  world.ask('reader', 'follow', how, await world.ask('paper', 'subscriber'))

for (const how of ['each', 'latest'] as const) {
  test(`who follows ${how} of the values hears them over upgrades of the publisher, once`, async (t) => {
    const world = await openNews(t)
    await world.ask('paper', 'publish', 'one')
    await follow(world, how)
    assert.deepEqual(await world.ask('reader', 'heard'), [[how, 'one']])
    answerOf(await world.upgrade('paper', news))
    await world.ask('paper', 'publish', 'two')
    await world.reopen()
    answerOf(await world.upgrade('paper', news))
    answerOf(await world.upgrade('paper', news))
    await world.ask('paper', 'publish', 'three')
    assert.deepEqual(await world.ask('reader', 'heard'), [[how, 'one'], [how, 'two'], [how, 'three']])
    await world.ask('paper', 'finish', 'end')
    assert.deepEqual(((await world.ask('reader', 'heard')) as unknown[]).at(-1), [how, 'end', 'finished'])
  })

  test(`who follows ${how} of the values hears of a failure after an upgrade`, async (t) => {
    const world = await openNews(t)
    await world.ask('paper', 'publish', 'one')
    await follow(world, how)
    answerOf(await world.upgrade('paper', news))
    await world.ask('paper', 'fail', 'out of paper')
    assert.deepEqual(await world.ask('reader', 'heard'), [[how, 'one'], [how, 'out of paper', 'failed']])
  })
}

test('a topic remembers its last value for those who come later', async (t) => {
  const world = await openNews(t)
  await world.ask('paper', 'publish', 'one')
  await world.ask('paper', 'publish', 'two')
  answerOf(await world.upgrade('paper', news))
  await follow(world, 'latest')
  assert.deepEqual(await world.ask('reader', 'heard'), [['latest', 'two']])
})
