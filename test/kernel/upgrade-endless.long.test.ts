/**
 * Old code whose last collection never ends is replaced all the same: it runs to the limit of upkeep first.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DurableUpgrade } from '../../src/host/index.ts'
import { malloryStore } from '../kit/mallory.ts'
import { answerOf, openWorld } from '../kit/world.ts'

// I2.
test('old code whose last collection loops is replaced all the same', async (t) => {
  const { directory, worker } = await malloryStore()
  const world = await openWorld(t, { from: directory })
  await world.create('mallory', { worker, computronsPerDelivery: 20_000_000n })
  await world.ask('mallory', 'arm', 'bringOutYourDead', 'loop')
  const result = answerOf(await world.upgrade('mallory')) as DurableUpgrade
  assert.equal(result.incarnationNumber, 1)
  assert.match(String(result.collectionSkipped), /mallory/)
  assert.equal(await world.ask('mallory', 'add', 1n, 2n), 3n)
})
