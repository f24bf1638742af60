/**
 * However much garbage there is in a vat, it goes in bounded pieces, by itself. All sorts of it, and what may
 * come between: `garbage-ways.long.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, forTheFile, openWorld } from '../kit/world.ts'
import {
  checkPieces,
  collections,
  comeDue,
  config,
  home,
  isCut,
  letGo,
  pile,
  runPieces,
  stored,
  type HeapName,
} from './garbage/heaps.ts'

const world = await openWorld(forTheFile, { vats: { home }, config })

for (const name of ['a durable map', 'objects in the heap'] as const satisfies readonly HeapName[]) {
  test(`${name}, dropped, goes in pieces`, () => checkPieces(world, name))
}

// De1, Ef2.
test('a vat answers between two pieces of a collection', async () => {
  await pile(world, 'a durable map', 6_000)
  await letGo(world, 'a durable map')
  await comeDue(world)
  await runPieces(world, 1)
  const asked = await world.controller.send('home', 'add', [1n, 2n])
  await world.controller.run({ cranks: 2 })
  assert.equal(answerOf(await world.take(asked)), 3n)
  assert.equal(isCut((await collections(world)).at(-1)), true)
  await world.controller.run()
})

// Ef1.
test('what is needed again while others are collected stays', async () => {
  await pile(world, 'objects in the heap', 1_200)
  await world.run('home', 'baggage.init("first", me.many[0]); baggage.init("last", me.many[1_199])')
  await letGo(world, 'objects in the heap')
  await comeDue(world)
  await runPieces(world, 1)
  await world.run('home', 'me.kept = baggage.get("last"); baggage.delete("last")')
  await comeDue(world)
  await world.controller.run()
  assert.deepEqual(
    await world.run('home', 'return [me.kept.read(), baggage.get("first").read()]'),
    [1_199, 0],
  )
  assert.equal((await stored(world)).filter((key) => key.startsWith('object.')).length, 2)
  await world.run('home', 'me.kept = undefined; baggage.delete("first")')
})
