/** Retiring bundles that are published archives: all their ids stand for the same bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { published } from '../kit/published.ts'
import { answerOf, openWorld, puppet } from '../kit/world.ts'

const files = { 'main.js': 'export const buildRootObject = () => Object.freeze({ n: 1 }); export const answer = 42;\n' }

// Rtc1, Rtc2.
test('an archive stays while it is installed or a transcript has its published id, and goes with its script', async (t) => {
  const world = await openWorld(t, { vats: { reader: puppet }, config: { snapshotInterval: 3 } })
  const { controller } = world
  const archive = await published(t, files)
  const { id } = await controller.installBundle(archive, 'archive')
  assert.equal(id.length, 'b1-'.length + 128, 'it is named as it is published')
  await controller.commit()
  assert.equal((await controller.prune({ bundles: true })).bundlesKept, 0)
  assert.equal(await controller.bundleNamed(id), id)
  const read = `
    const cap = await E(args[0]).getNamedBundleCap('archive')
    return typeof vatPowers.D(cap).getBundle()`
  assert.equal(await world.run('reader', read, await controller.vatAdmin()), 'object')
  await world.forgetAll()
  await controller.collectAll()
  await controller.run()
  answerOf(await world.settle(await controller.retireBundle('archive')))
  await world.reopen()
  const kept = await world.controller.prune({ bundles: true })
  assert.equal(kept.bundlesKept, 1, 'the transcript has the published id')
  assert.equal(await world.run('reader', 'return 1'), 1, 'the worker was restored with what it had read')
  for (let n = 0; n < 6; n += 1) await world.run('reader', 'return 1')
  await world.controller.commit()
  await world.controller.prune({ transcripts: 'restart' })
  const { bundles, bundlesKept } = await world.controller.prune({ bundles: true })
  assert.deepEqual([bundles, bundlesKept], [1, 0])
  await assert.rejects(world.controller.bundleNamed(id), { code: 'bundle/unknown' })
  assert.equal((await world.controller.installBundle(archive, 'archive')).id, id)
  assert.equal(await world.controller.bundleNamed('archive'), id)
})
