/** Replacing the kernel in place: what goes on, what is refused, and what a failed upgrade leaves. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openController, reinitialize, setKernelBundleID } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { answerOf, openWorld, temporaryDirectory, type World } from '../kit/world.ts'
import {
  kernelThatCannotMigrate,
  kernelThatMiscounts,
  kernelWith,
  sameKernel,
} from '../kit/kernelVariants.ts'

const counting = (t: TestContext): Promise<World> =>
  openWorld(t, { vats: { one: { setup: 'me.count = 0n' }, two: { setup: 'me.count = 0n' } } })

const install = async (world: World, bytes: Uint8Array): Promise<string> =>
  (await world.controller.installKernel(bytes)).id

// Ku3.
test('vats, promises and queues go on under another kernel, which a restart runs too', async (t) => {
  const world = await counting(t)
  await world.run('one', 'return ++me.count')
  const later = await world.controller.send('one', 'run', ['return new Promise((resolve) => { me.settle = resolve })'])
  await world.controller.run()
  const queued = await world.controller.send('two', 'run', ['return ++me.count'])
  const { kernel: before, residentWorkers } = await world.controller.storeStatus()
  const id = await install(world, await sameKernel())
  const report = await world.controller.upgradeKernel(id)
  assert.deepEqual([report.from, report.to], [before, id])
  assert.ok(report.migrated.every(({ changed }) => changed === 0))
  assert.equal((await world.controller.storeStatus()).residentWorkers, residentWorkers, 'no worker is touched')
  await world.controller.run()
  assert.equal(answerOf(await world.take(queued)), 1n)
  assert.equal(await world.run('one', 'me.settle("kept"); return ++me.count'), 2n)
  assert.equal(answerOf(await world.take(later)), 'kept')
  await world.reopen()
  assert.equal((await world.controller.storeStatus()).kernel, id)
  assert.equal(await world.run('one', 'return ++me.count'), 3n)
  assert.deepEqual(
    (await world.controller.kernelHistory()).map(({ from, to, refused }) => [from, to, refused]),
    [[before, id, null]],
  )
})

for (const [what, make, message] of [
  ['whose first step throws', kernelThatCannotMigrate, /planted: migrate/],
  ['after which the audit finds deviations', kernelThatMiscounts, /the audit of the kernel b1-.* finds/],
] as const) {
  test(`a kernel ${what} is taken back, and the old one goes on (Ku2)`, async (t) => {
    const world = await counting(t)
    const queued = await world.controller.send('two', 'run', ['return ++me.count'])
    const { kernel } = await world.controller.storeStatus()
    const id = await install(world, await make())
    await assert.rejects(world.controller.upgradeKernel(id), { code: 'kernel/upgrade-failed', message })
    assert.equal((await world.controller.storeStatus()).kernel, kernel)
    await world.controller.run()
    assert.equal(answerOf(await world.take(queued)), 1n)
    const [entry] = await world.controller.kernelHistory()
    assert.match(entry?.refused ?? '', message)
    await world.reopen()
    assert.equal((await world.controller.storeStatus()).kernel, kernel)
    assert.equal(await world.run('two', 'return ++me.count'), 2n)
  })
}

test('what cannot take over is refused beforehand, by the check and by the upgrade', async (t) => {
  const world = await counting(t)
  const { kernel } = await world.controller.storeStatus()
  await assert.rejects(world.controller.upgradeKernel(kernel), { code: 'kernel/in-place' })
  await assert.rejects(world.controller.upgradeKernel('b1-0'), { code: 'kernel/unknown' })
  await assert.rejects(world.controller.checkKernel('b1-0'), { code: 'kernel/unknown' })
  for (const bytes of ['', '1', '({})', 'throw 1', '({ makeKernel() {} })'])
    await assert.rejects(install(world, Buffer.from(bytes)), { code: 'kernel/broken-bundle' }, bytes)
  const newer = await install(world, await kernelWith('oldestTables: () => oldestTables', 'oldestTables: () => 7'))
  const older = await install(world, await kernelWith('interfaceLevel: () => interfaceLevel', 'interfaceLevel: () => 1'))
  for (const [id, code] of [[newer, 'kernel/tables-differ'], [older, 'kernel/interface-too-old']] as const) {
    const { flaws } = await world.controller.checkKernel(id)
    assert.deepEqual(flaws.map((flaw) => flaw.code), [code])
    await assert.rejects(world.controller.upgradeKernel(id), { code })
  }
  assert.equal((await world.controller.storeStatus()).kernel, kernel)
  assert.deepEqual((await world.controller.kernels()).map(({ use }) => use).sort(), ['in-place', 'installed', 'installed'])
})

test('an upgrade at every block of a scenario leads to the same answers, and the way back is an upgrade too', async (t) => {
  const kernels = [await sameKernel(), await kernelBytes()]
  for (let at = 0; at < 4; at += 1) {
    const world = await counting(t)
    const ids = await Promise.all(kernels.map((bytes) => install(world, bytes)))
    const answers: unknown[] = []
    for (let block = 0; block < 4; block += 1) {
      const request = await world.controller.send('one', 'run', ['return ++me.count'])
      if (block === at) await world.controller.upgradeKernel(ids[0]!)
      if (block === at + 1) await world.controller.upgradeKernel(ids[1]!)
      await world.controller.run()
      answers.push(answerOf(await world.take(request)))
      await world.controller.commit()
    }
    assert.deepEqual(answers, [1n, 2n, 3n, 4n])
    await world.end()
  }
})

test('the kernel of a closed store is set, and the next start runs it', async (t) => {
  const world = await counting(t)
  const id = await install(world, await sameKernel())
  await world.controller.commit()
  await world.controller.shutdown()
  assert.equal((await setKernelBundleID(world.directory, id)).to, id)
  await assert.rejects(setKernelBundleID(world.directory, 'b1-0'), { code: 'kernel/unknown' })
  await world.open()
  assert.equal((await world.controller.storeStatus()).kernel, id)
  assert.equal(await world.run('one', 'return ++me.count'), 1n)
})

test('the store of release 0.2.0 gets the kernel of this release, and its vats stay on their workers', async (t) => {
  const directory = `${temporaryDirectory(t)}/store`
  unpackStore('0.2.0', directory)
  const report = await reinitialize(directory)
  assert.ok(report.kernel !== null)
  assert.deepEqual(
    report.kernel.migrated.map(({ table, changed }) => [table, changed]),
    [['config', 0], ['vats', 0], ['items', 0]],
  )
  const again = await reinitialize(directory)
  assert.deepEqual([again.kernel, again.worker], [null, report.worker])
  const controller = await openController({ directory, make: 'never', verify: 'all' })
  t.after(() => controller.shutdown())
  assert.equal((await controller.audit({ depth: 'all' })).found, 0)
  const views = await controller.vats()
  assert.ok(views.every(({ worker }) => worker !== report.worker))
  await controller.run()
  const moved = views.find(({ status }) => status.kind === 'running')
  await controller.upgradeWorker(moved?.name ?? '', 'default', { mode: 'auto' })
  await controller.run()
  assert.equal((await controller.vat(moved?.vat ?? '')).worker, report.worker)
})

test('the store of release 0.1.0 gets the kernel of this release, with its rows brought up to date', async (t) => {
  const directory = `${temporaryDirectory(t)}/store`
  unpackStore('0.1.0', directory)
  const report = await reinitialize(directory)
  const changed = report.kernel?.migrated.filter((each) => each.changed > 0).map(({ table }) => table)
  assert.deepEqual(changed, ['config', 'vats'])
})
