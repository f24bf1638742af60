/**
 * Several machines with the same inputs: however each replaces its kernel, and wherever its kernel fails, all
 * have the same state; and what befalls one machine alone is recorded nowhere.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test, type TestContext } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import { forkStore } from '../../src/host/index.ts'
import { kernelThatCannotAccept, kernelThatCannotRun, sameKernel } from '../kit/kernelVariants.ts'
import { withoutMounts, withSmallDisk } from '../kit/ordinaryUser.ts'
import { heirloomProcess } from '../cli/support.ts'
import { tamper } from '../kit/rows.ts'
import { openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const method = 'poison'

/** Two worlds with the same state, in which these kernels are installed. */
async function twins(
  t: TestContext,
  kernels: readonly Uint8Array[],
): Promise<readonly [World, World, readonly string[]]> {
  const first = await openWorld(t, {
    vats: { one: { setup: 'me.count = 0n' }, two: { setup: 'me.count = 0n' } },
    config: { snapshotInterval: 3 },
  })
  const ids: string[] = []
  for (const bytes of kernels) ids.push((await first.controller.installKernel(bytes)).id)
  await first.controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(first.directory, copy)
  return [first, await openWorld(t, { from: copy }), ids]
}

const stateOf = async ({ controller }: World): Promise<unknown> => {
  const { activityHash, kernel, height } = await controller.storeStatus()
  const history = await controller.kernelHistory()
  return { activityHash, kernel, height, fault: await controller.fault(), history }
}

async function assertSame(first: World, second: World): Promise<void> {
  assert.deepEqual(await stateOf(second), await stateOf(first))
}

/** Throws what a retry throws, or what the run after it met. */
async function retryAndRun({ controller }: World): Promise<void> {
  await controller.retryKernel()
  if ((await controller.run()).ended === 'faulted') throw new CodedError('kernel/fault', 'the run failed')
}

test('a kernel replaced in place and one replaced in a new process lead to the same state', async (t) => {
  const [inPlace, anew, [next = '']] = await twins(t, [await sameKernel()])
  for (const world of [inPlace, anew]) {
    await world.run('one', 'return ++me.count')
    await world.controller.send('two', 'run', ['return ++me.count'])
    await world.controller.commit()
  }
  await assertSame(inPlace, anew)
  await anew.restart()
  for (const { controller } of [inPlace, anew]) await controller.upgradeKernel(next)
  await assertSame(inPlace, anew)
  for (const world of [inPlace, anew]) assert.equal(await world.run('two', 'return ++me.count'), 2n)
  await assertSame(inPlace, anew)
})

test('a release that is brought in call by call, and one by `heirloom reinitialize` in a new process, lead to the same state', async (t) => {
  const config = { engine: 'quickjs-wasi-3.6.2', snapshotInterval: 3 } as const
  const inPlace = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' }, two: { setup: 'me.count = 0n' } }, config })
  const { id: older } = await inPlace.controller.installKernel(await sameKernel())
  const { kernel: released } = await inPlace.controller.storeStatus()
  await inPlace.controller.upgradeKernel(older)
  await inPlace.run('one', 'return ++me.count')
  await inPlace.controller.send('two', 'run', ['return ++me.count'])
  await inPlace.controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(inPlace.directory, copy)

  await inPlace.controller.upgradeKernel(released)
  // Ends the trial of the kernel.
  await inPlace.controller.commit()
  await inPlace.controller.installWorker('quickjs-wasi-3.7.0', 'default')
  await inPlace.controller.commit()
  for (let time = 0; time < 2; time += 1) {
    const { code, err } = await heirloomProcess(['reinitialize'], { store: copy })
    assert.equal(code, 0, err)
  }
  const anew = await openWorld(t, { from: copy })
  await assertSame(inPlace, anew)
  for (const world of [inPlace, anew]) {
    assert.equal(await world.run('two', 'return ++me.count'), 2n)
    await world.controller.upgradeWorker('one', 'default')
    assert.equal(await world.run('one', 'return ++me.count'), 2n)
    await world.controller.commit()
  }
  await assertSame(inPlace, anew)
})

for (const [where, make] of [
  ['a crank', kernelThatCannotRun],
  ['an item', kernelThatCannotAccept],
] as const) {
  test(`a kernel that fails at ${where} fails on two machines alike, and both are repaired alike`, async (t) => {
    const [first, second, [bad = '', good = '']] = await twins(t, [await make(method), await sameKernel()])
    for (const world of [first, second]) {
      const { controller } = world
      await controller.upgradeKernel(bad)
      await controller.commit()
      await world.run('one', 'return ++me.count')
      await controller.send('two', 'run', ['return ++me.count'])
      // One has its vats in memory and has just begun a block; the other has neither.
      if (world === second) await controller.evictWorkers()
      const sent = controller.send('one', 'run', [`return "${method}"`])
      if (make === kernelThatCannotAccept) await assert.rejects(sent, { code: 'kernel/fault' })
      else await sent.then(async () => assert.equal((await controller.run()).ended, 'faulted'))
    }
    assert.ok((await first.controller.fault()) !== undefined)
    await assertSame(first, second)
    await second.restart()
    await assertSame(first, second)
    for (const world of [first, second]) {
      await assert.rejects(retryAndRun(world), { code: 'kernel/fault' })
    }
    await assertSame(first, second)
    for (const world of [first, second]) {
      await world.controller.upgradeKernel(good)
      assert.equal(await world.run('one', 'return ++me.count'), 2n)
      assert.equal(await world.run('two', 'return ++me.count'), 2n)
    }
    await assertSame(first, second)
  })
}

test('a damaged page is a fault of this copy: nothing is recorded, and a whole copy goes on', async (t) => {
  const vats = { one: { setup: 'me.count = 0n' } }
  const world = await openWorld(t, { vats, config: { snapshotInterval: 2 } })
  for (let n = 0; n < 5; n += 1) await world.run('one', 'return ++me.count')
  await world.controller.commit()
  const before = await stateOf(world)
  await world.controller.shutdown()
  const file = join(world.directory, 'heirloom.sqlite')
  const whole = join(temporaryDirectory(t), 'whole')
  copyFileSync(file, whole)
  tamper(world.directory, (database) => {
    database.exec("UPDATE page SET bytes = CAST(substr(bytes, 1, 4) || x'fe' || substr(bytes, 6) AS BLOB)")
  })
  for (let start = 0; start < 2; start += 1) {
    await world.open()
    assert.deepEqual(await stateOf(world), before, `start ${start}`)
    await world.controller.send('one', 'run', ['return ++me.count'])
    await assert.rejects(
      world.controller.run(),
      (error) => error instanceof CodedError && error.detail['cause'] === 'store/corrupt-page',
    )
    assert.equal((await world.controller.storeStatus()).state.kind, 'faulted')
    assert.equal(await world.controller.fault(), undefined, 'no fault of the kernel')
    await assert.rejects(world.controller.commit(), { code: 'machine/failed' })
    await world.controller.shutdown()
  }
  copyFileSync(whole, file)
  await world.open()
  assert.deepEqual(await stateOf(world), before)
  assert.equal(await world.run('one', 'return ++me.count'), 6n)
})

const onFullDisk = 'a full disk is a fault of this machine: nothing is recorded, and with room it goes on'

test(onFullDisk, { skip: withoutMounts }, async (t) => {
  const world = await openWorld(t, { vats: { one: { setup: 'me.count = 0n' } } })
  await world.run('one', 'return ++me.count')
  await world.controller.commit()
  await world.controller.shutdown()
  const program = join(import.meta.dirname, 'full-disk.ts')
  const disk = temporaryDirectory(t)
  const [command = '', ...words] = withSmallDisk(disk, 64, [execPath, program, world.directory, disk])
  const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' })
  assert.match(stdout, /^\{/, stderr)
  const { before, met, after, count } = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual(after, before)
  assert.deepEqual(met, ['store/write-failed', 'store/write-failed'])
  assert.equal(count, '2')
  await world.restart()
})
