/** Sizes and figures of a store: what they add up to, and what a process knows beside the store. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { storeSize, storeStats } from '../../src/host/index.ts'
import { storeParts, placeOfKernelRow } from '../../src/protocol/store/kernelRows.ts'
import type { VatStats } from '../../src/protocol/machine/stats.ts'
import { query, readRows } from '../kit/rows.ts'
import { openWorld, puppet, type World } from '../kit/world.ts'

const statsOf = async ({ controller }: World, name: string): Promise<VatStats> =>
  (await controller.stats()).vats.find((vat) => vat.name === name) ?? assert.fail()

test('sizes add up to the file, part by part and vat by vat, and can be read of a store that is open (Siz1)', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet, two: puppet } })
  const { controller, directory } = world
  await world.run(
    'one',
    `baggage.init('large', 'x'.repeat(100_000)); return E(args[0]).echo(1)`,
    await world.root('two'),
  )
  await controller.setHostState('key', 'y'.repeat(5_000))
  await controller.commit()
  const size = await controller.storeSize()
  assert.deepEqual(await storeSize(directory), size)
  const parts = storeParts.reduce((sum, part) => sum + size.parts[part].bytes, 0)
  assert.equal(parts + size.freeBytes + size.structureBytes, size.fileBytes)
  assert.equal(size.logBytes, statSync(join(directory, 'heirloom.sqlite-wal')).size)
  assert.equal(size.parts.host.bytes, 5_003)
  assert.equal(
    size.parts.bundles.bytes,
    query<{ bytes: number }>(directory, 'SELECT sum(length(bytes)) AS bytes FROM bundle')[0]?.bytes,
  )
  for (const part of ['transcript', 'heap', 'vatstore', 'clist'] as const) {
    const ofVats = size.vats.reduce((sum, { parts: own }) => sum + (own[part]?.bytes ?? 0), 0)
    assert.equal(ofVats, size.parts[part].bytes, part)
    assert.ok(ofVats > 0, part)
  }
  const [largest] = size.vats
  assert.equal(largest?.name, 'one')
  assert.ok((largest?.parts.vatstore?.bytes ?? 0) > 100_000)
  await world.forgetAll()
})

test('a heap page that two vats share counts half for each (Siz2)', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet, two: puppet } })
  await world.controller.commit()
  const { parts, vats } = await world.controller.storeSize()
  const pages =
    query<{ bytes: number }>(world.directory, 'SELECT sum(length(bytes)) AS bytes FROM page')[0]?.bytes ?? 0
  const manifests =
    query<{ bytes: number }>(world.directory, 'SELECT sum(length(manifest)) AS bytes FROM snapshot')[0]
      ?.bytes ?? 0
  assert.ok(Math.abs(parts.heap.bytes - pages - manifests) <= vats.length)
})

test('every row that a kernel writes has a part; those of vats have a vat', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet, two: puppet } })
  const { controller, directory } = world
  await world.run('one', `return E(args[0]).echo(1)`, await world.root('two'))
  await controller.openPort('bank')
  await (await controller.suspendVat('two', 'for a while'), controller.sendOnly('two', 'echo', [1]))
  await controller.run()
  await controller.commit()
  const unknown = new Set<string>()
  for (const key of readRows(directory, 'kernel').keys()) {
    const { part, vat } = placeOfKernelRow(key)
    if (part === 'kernel') unknown.add(key.split('.', 1)[0] ?? '')
    assert.equal(vat === null, !/^[a-zA-Z]+\.v[1-9]/.test(key), key)
  }
  const ofStore = [
    'bootstrap',
    'bundle',
    'bundleCap',
    'bundleName',
    'bundles',
    'config',
    'criticalVatKey',
    'job',
    'name',
    'next',
    'pin',
    'port',
    'rejected',
    'result',
    'timer',
    'vatAdmin',
    'vats',
    'worker',
  ]
  assert.deepEqual(
    [...unknown].filter((table) => !ofStore.includes(table)),
    [],
  )
  await controller.resumeVat('two')
  await world.forgetAll()
})

test('figures count what a vat has done, and tell what waits for it and why', async (t) => {
  const world = await openWorld(t, {
    vats: { one: puppet, two: { ...puppet, computronsPerDelivery: 5_000_000n, onFault: 'suspend' } },
    config: { snapshotInterval: 5 },
  })
  const { controller, directory } = world
  const before = await statsOf(world, 'one')
  await world.run('one', `baggage.init('key', 1); return 1`)
  const after = await statsOf(world, 'one')
  assert.ok(after.deliveries > before.deliveries)
  assert.ok((after.rows ?? 0) > (before.rows ?? 0))
  assert.equal(after.process.deliveries - before.process.deliveries, after.deliveries - before.deliveries)
  assert.ok(
    after.process.computrons > before.process.computrons &&
      after.process.milliseconds > before.process.milliseconds,
  )
  assert.equal(after.process.lastFault, null)
  assert.ok(after.heapBytes > 0)

  await world.outcome('two', 'run', 'for (;;) {}')
  await controller.sendOnly('two', 'echo', [1])
  await controller.sendOnly('one', 'echo', [1])
  assert.equal((await statsOf(world, 'one')).queued, 1)
  await controller.run()
  const faulted = await statsOf(world, 'two')
  assert.equal(faulted.process.lastFault?.kind, 'exhausted')
  assert.deepEqual([faulted.status, faulted.queued, faulted.parked > 0], ['suspended', 0, true])
  assert.notEqual(faulted.message, null)

  await controller.commit()
  const { vats, ...store } = await controller.stats()
  assert.deepEqual(
    await storeStats(directory),
    { ...store, vats: vats.map(({ process: _measured, ...figures }) => figures) },
    'the store has all but what the process measured',
  )
  await controller.prune({ transcripts: 'restart' })
  const pruned = await statsOf(world, 'one')
  assert.ok(pruned.entries < pruned.deliveries)
  assert.equal(pruned.deliveries, vats.find(({ name }) => name === 'one')?.deliveries)
  await world.forgetAll()
})
