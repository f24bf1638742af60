/** The wires of supervisors, which kernels speak them, and what is refused where they do not fit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireOfImage } from '../../src/engine/image.ts'
import { openController, reinitialize, setKernelBundleID } from '../../src/host/index.ts'
import { workerWires } from '../../src/protocol/kernel/workerWires.ts'
import { supervisorBytes, workerCode } from '../../src/release/release.ts'
import { openStore } from '../../src/store/store.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { imageWithWire } from '../kit/images.ts'
import { kernelWith } from '../kit/kernelVariants.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'

const kernelOfWires = (wires: readonly number[]): Promise<Uint8Array> =>
  kernelWith('workerWires: () => workerWires', `workerWires: () => ${JSON.stringify(wires)}`)

// Ww1.
test('the wire of each released supervisor is found in its image, and the kernel of this release speaks them all', async (t) => {
  const wires: (readonly [string, number])[] = []
  for (const release of ['0.1.0', '0.2.0']) {
    const directory = `${temporaryDirectory(t)}/store`
    unpackStore(release, directory)
    const store = openStore(directory)
    for (const { id, kind } of store.bundles.list())
      if (kind === 'image') wires.push([release, wireOfImage(store.bundles.get(id, 'image'))])
    store.close()
  }
  const { image } = await workerCode('quickjs-wasi-3.7.0')
  wires.push(['now', wireOfImage(image)])
  assert.deepEqual([...new Set(wires.map((each) => each.join()))], ['0.1.0,0', '0.2.0,1', 'now,1'])
  assert.deepEqual(workerWires, [0, 1])
  assert.equal(wireOfImage(imageWithWire(image, 9)), 9)
})

test('a supervisor declares a wire by a whole number from 2, and one that this release does not know is not installed', async (t) => {
  const world = await openWorld(t)
  const before = await world.activityHash()
  const own = Buffer.from(await supervisorBytes()).toString('utf8')
  for (const [declared, code] of [
    ['2', 'worker/wire-unknown'],
    ['1e9', 'worker/wire-unknown'],
    ['1', 'engine/supervisor-broken'],
    ['-1', 'engine/supervisor-broken'],
    ['2.5', 'engine/supervisor-broken'],
    ['"2"', 'engine/supervisor-broken'],
    ['null', 'engine/supervisor-broken'],
  ] as const) {
    const supervisor = Buffer.from(`${own}\nglobalThis.hostEntries.wire = ${declared}`)
    await assert.rejects(world.controller.installWorker({ engine: 'quickjs-wasi-3.7.0', supervisor }), { code }, declared)
  }
  assert.equal(await world.activityHash(), before)
  assert.equal((await world.controller.workers()).length, 1)
})

test('a kernel that does not speak the wire of an installed version is refused by check, upgrade and the call on a closed store', async (t) => {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' } } })
  const { kernel } = await world.controller.storeStatus()
  const { id: second } = await world.controller.installWorker('quickjs-wasi-3.6.2')
  await world.controller.run()
  const versions = (await world.controller.workers()).map(({ id }) => id)
  assert.equal(versions.length, 2)
  const { id } = await world.controller.installKernel(await kernelOfWires([0]))
  const { workerWires: spoken, flaws } = await world.controller.checkKernel(id)
  assert.deepEqual(spoken, [0])
  assert.deepEqual(flaws.map(({ code, names }) => [code, names]), [['kernel/wire-unknown', versions]])
  assert.match(flaws[0]?.message ?? '', new RegExp(`${second} \\(wire 1\\)`))
  await assert.rejects(world.controller.upgradeKernel(id), { code: 'kernel/wire-unknown' })
  await world.controller.commit()
  await world.controller.shutdown()
  await assert.rejects(setKernelBundleID(world.directory, id), { code: 'kernel/wire-unknown' })
  await world.open()
  assert.equal((await world.controller.storeStatus()).kernel, kernel)
  assert.equal(await world.run('one', 'return ++me.count'), 1n)
})

test('a retired version does not count, and the kernel in place bars versions that it does not speak with', async (t) => {
  const directory = `${temporaryDirectory(t)}/store`
  unpackStore('0.1.0', directory)
  const { worker, workerBefore } = await reinitialize(directory)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  const { id } = await controller.installKernel(await kernelOfWires([0]))
  const named = async (): Promise<unknown> =>
    (await controller.checkKernel(id)).flaws.map(({ names }) => names)
  assert.deepEqual(await named(), [[worker]])
  await controller.useWorker(workerBefore)
  await controller.retireWorker(worker)
  await controller.run()
  assert.deepEqual(await named(), [])
  await controller.upgradeKernel(id)
  const { length } = await controller.workers()
  await assert.rejects(controller.installWorker('quickjs-wasi-3.7.0'), {
    code: 'worker/wire-unknown',
    message: 'the supervisor speaks wire 1; the kernel of the store speaks the wires 0',
  })
  assert.equal((await controller.workers()).length, length)
})

test('a kernel bundle that declares no version or no wires is refused', async (t) => {
  const world = await openWorld(t)
  for (const [piece, replacement, message] of [
    ['version: () => version', 'version: () => 3', /does not export a version/],
    ['version: () => version', 'version: () => "a\\nb"', /does not export a version/],
    ['workerWires: () => workerWires', 'workerWires: () => []', /does not export workerWires/],
    ['workerWires: () => workerWires', 'workerWires: () => ["1"]', /does not export workerWires/],
    ['workerWires: () => workerWires', 'workerWires: () => [-1]', /does not export workerWires/],
  ] as const) {
    const bytes = await kernelWith(piece, replacement)
    await assert.rejects(world.controller.installKernel(bytes), { code: 'kernel/broken-bundle', message })
  }
})
