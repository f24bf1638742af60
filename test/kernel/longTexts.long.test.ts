/** A transcript entry as long as one can be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { malloryStore } from '../kit/mallory.ts'
import { openWorld } from '../kit/world.ts'

test('a delivery that reads as much as it may, of characters that are long in a transcript, is written down and replayed', async (t) => {
  const { directory, worker } = await malloryStore(t)
  const world = await openWorld(t, { from: directory })
  const { root } = await world.create('reader', { worker })
  const [value, times] = ['\u0001'.repeat(1_000_000), 30]
  await world.controller.sendOnly(root, 'finish', [
    JSON.stringify([{ kind: 'vatstoreSet', key: 'k', value }]),
  ])
  await world.controller.run()
  const get = JSON.stringify([{ kind: 'vatstoreGet', key: 'k' }])
  await world.controller.sendOnly(root, 'play', [
    JSON.stringify([...Array.from({ length: times }, () => get), '{"batch":[],"result":{"kind":"ok"}}']),
  ])
  await world.controller.run()
  const [last] = (await world.transcript('reader')).slice(-1)
  assert.ok(
    last !== undefined && JSON.stringify(last).length > 6 * value.length * times,
    'every character is an escape',
  )
  const before = await world.controller.heapHash('reader')
  await world.controller.evictWorkers()
  assert.equal(await world.controller.heapHash('reader'), before)
})
