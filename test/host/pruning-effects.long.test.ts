/**
 * Retention and pruning under a kernel: what goes, what stays possible, and that nothing else depends on it.
 */
import assert from 'node:assert/strict'
import { writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  exportStore,
  openController,
  surveyPruning,
  type CodedError,
  type PruneOptions,
} from '../../src/host/index.ts'
import type { Retention } from '../../src/protocol/store/retention.ts'
import { query } from '../kit/rows.ts'
import { openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'
import { teller, work } from './teller.ts'

const config = { snapshotInterval: 5 } as const
const vats = { friend: puppet, teller: teller('amount') }

const rows = (world: World, table: string): number =>
  query<{ rows: number }>(world.directory, `SELECT count(*) AS rows FROM ${table}`)[0]?.rows ?? 0

/** A block for each piece of work. */
async function worked(world: World, blocks: number): Promise<void> {
  for (let n = 0; n < blocks; n += 1) {
    await work(world, 'teller', 3)
    await world.controller.commit()
  }
}

test('what a dry run says would go is what goes, and the file does not grow for it', async (t) => {
  const world = await openWorld(t, { vats, config })
  const { controller, directory } = world
  await worked(world, 3)
  const before = rows(world, 'entry')
  for (const options of [
    { transcripts: 'incarnation' },
    { transcripts: { blocks: 2 }, blocks: 3 },
    { transcripts: 'restart', bundles: true },
  ] satisfies PruneOptions[]) {
    const { outcome, steps: _none, ...would } = await controller.prune({ ...options, dryRun: true })
    assert.deepEqual(await surveyPruning(directory, options), { outcome, steps: 0, ...would })
    const { outcome: done, steps, ...did } = await controller.prune(options)
    assert.deepEqual([outcome, done, did], ['would', 'pruned', would])
    assert.ok(steps > 0)
  }
  assert.ok(rows(world, 'entry') < before / 3)
  const again = await controller.prune({ transcripts: 'restart', pages: true, bundles: true })
  assert.deepEqual([again.entries, again.spans, again.pages, again.bundles], [0, 0, 0, 0])
  await worked(world, 1)
  await world.forgetAll()
})

test('a vat whose incarnation was pruned is upgraded by restart, and by replay neither by the host nor from inside', async (t) => {
  const world = await openWorld(t, { vats: { friend: puppet }, config })
  const { controller } = world
  const { adminNode } = await world.create('teller', teller('amount'))
  await worked(world, 2)
  const bundle = await world.install(teller('amount', 'two'))
  const { withoutReplay } = await controller.prune({ transcripts: 'restart', dryRun: true })
  const vat = (await controller.vat('teller')).vat
  assert.ok(withoutReplay.includes(vat))
  await controller.prune({ transcripts: 'incarnation' })
  assert.equal((await controller.checkUpgrade('teller', bundle, { mode: 'replay' })).kind, 'accepted')
  await controller.prune({ transcripts: 'restart' })
  for (const mode of ['replay', 'auto'] as const) {
    await assert.rejects(controller.upgradeVat('teller', bundle, { mode }), { code: 'store/pruned' })
    await assert.rejects(controller.checkUpgrade('teller', bundle, { mode }), { code: 'store/pruned' })
    await assert.rejects(controller.prepareUpgrade('teller', bundle, { mode }), { code: 'store/pruned' })
  }
  await assert.rejects(
    exportStore(world.directory, join(temporaryDirectory(t), 'export'), { mode: 'replay' }),
    { code: 'store/pruned' },
  )
  const upgraded = await world.settle(await controller.upgradeVat('teller', bundle))
  assert.equal(upgraded.kind, 'fulfilled')
  await controller.commit()
  await controller.prune({ transcripts: { blocks: 1 } })
  const inside = await controller.send(adminNode, 'upgrade', [bundle, { mode: 'replay' }])
  await controller.run()
  assert.equal((await controller.status(inside)).kind, 'fulfilled', 'the next incarnation is whole')
  await controller.commit()
  for (let n = 0; n < 6; n += 1) await world.ask('teller', 'add', 1n)
  await controller.commit()
  await controller.prune({ transcripts: 'restart' })
  await controller.send(adminNode, 'upgrade', [bundle, { mode: 'replay' }])
  await assert.rejects(
    controller.run(),
    (error: CodedError) => error.code === 'machine/failed' && error.detail['cause'] === 'store/pruned',
  )
  world.state = 'broken'
})

test('a store is pruned while it runs, and the block at work stays at work', async (t) => {
  const world = await openWorld(t, { vats, config })
  const { controller } = world
  await worked(world, 4)
  await world.ask('teller', 'add', 1n)
  const pruned = controller.prune({ transcripts: 'restart', blocks: 2 })
  for (let n = 0; n < 5; n += 1) assert.equal((await world.outcome('teller', 'add', 1n)).kind, 'fulfilled')
  assert.ok((await pruned).entries > 0)
  await controller.commit()
  assert.equal((await controller.audit({ depth: 'all' })).found, 0)
  await world.forgetAll()
})

test('a controller for reading prunes nothing, and tells what would go', async (t) => {
  const world = await openWorld(t, { vats, config })
  await worked(world, 3)
  const reader = await openController({ directory: world.directory, access: 'read' })
  assert.ok((await reader.prune({ transcripts: 'restart', dryRun: true })).entries > 0)
  await assert.rejects(reader.prune({ transcripts: 'restart' }), { code: 'store/opened-for-reading' })
  await assert.rejects(reader.setRetention({ transcripts: 'restart' }), { code: 'store/opened-for-reading' })
  await reader.shutdown()
  await world.forgetAll()
})

test('the files that a trace was renamed to are removed, and the trace and other files stay', async (t) => {
  const world = await openWorld(t)
  const trace = join(temporaryDirectory(t), 'trace.jsonl')
  for (const end of ['', '.1', '.12', '.old', '.1.gz']) writeFileSync(`${trace}${end}`, 'x')
  assert.equal((await world.controller.prune({ oldTrace: trace, dryRun: true })).traceFiles, 2)
  assert.equal((await world.controller.prune({ oldTrace: trace })).traceFiles, 2)
  assert.deepEqual(
    ['', '.1', '.12', '.old', '.1.gz'].map((end) => existsSync(`${trace}${end}`)),
    [true, false, false, true, true],
  )
  await assert.rejects(world.controller.prune({ oldTrace: join(trace, 'none', 'trace.jsonl') }), {
    code: 'trace/unwritable',
  })
})

test('compacting gives back what was free, and the store goes on', async (t) => {
  const world = await openWorld(t, { vats, config })
  const { controller } = world
  await world.ask('teller', 'grow', 4_000_000)
  await worked(world, 2)
  const admin = (await world.create('other')).adminNode
  await world.run('friend', `return E(args[0]).terminateWithFailure('enough')`, admin).catch(() => {})
  await controller.commit()
  await controller.prune({ transcripts: 'restart', pages: true })
  const before = await controller.storeSize()
  assert.ok(before.freeBytes > 0)
  await controller.prune({ transcripts: 'restart', compact: true })
  const after = await controller.storeSize()
  assert.equal(after.freeBytes, 0)
  assert.ok(after.fileBytes < before.fileBytes)
  await worked(world, 1)
  await controller.verify('all')
  await world.forgetAll()
})

/** What is given → the argument that is named. */
const wrong: readonly (readonly [given: unknown, argument: string])[] = [
  [{ transcripts: 'some' }, 'transcripts'],
  [{ transcripts: { blocks: 0 } }, 'transcripts.blocks'],
  [{ transcripts: 5 }, 'transcripts'],
  [{ blocks: 1 }, 'blocks'],
  [{ blocks: 'restart' }, 'blocks'],
  [{ transcript: 'all' }, 'transcript'],
  [null, 'options'],
]

test('what is no retention is refused with the name of the argument', async (t) => {
  const { controller } = await openWorld(t)
  for (const [given, argument] of wrong) {
    const named =
      (name: string) =>
      (error: CodedError): boolean =>
        error.code === 'api/bad-argument' && String(error.detail['argument']).endsWith(name)
    await assert.rejects(controller.prune(given as PruneOptions), named(argument))
    if (given !== null) await assert.rejects(controller.setRetention(given as Retention), named(argument))
  }
  await assert.rejects(controller.prune(JSON.parse('{"dryRun":"yes"}') as PruneOptions), {
    code: 'api/bad-argument',
  })
})
