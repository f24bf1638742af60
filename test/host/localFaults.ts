/** What tests of local faults share: a world under a kernel with a defect, and its undisturbed twin. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { CodedError, forkStore, openController, type Controller, type OpenOptions } from '../../src/host/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { answerOf, openWorld, temporaryDirectory, type World } from '../kit/world.ts'

export interface Faulty {
  readonly world: World
  /** A copy of the store as it was when all began. */
  readonly twin: string
  readonly good: string
}

/** A world whose kernel may have a defect, and its twin. */
export async function faulty(
  t: TestContext,
  bytes?: Uint8Array,
  open: Partial<OpenOptions> = {},
): Promise<Faulty> {
  const vats = { one: { setup: 'me.count = 0n' } }
  const world = await openWorld(t, { vats, open, config: { snapshotInterval: 2 } })
  const { controller } = world
  for (let n = 0; n < 5; n += 1) await world.run('one', 'return ++me.count')
  await controller.evictWorkers()
  const good = (await controller.installKernel(await kernelBytes())).id
  const { id } = await controller.installKernel(bytes ?? (await sameKernel()))
  await controller.upgradeKernel(id)
  const twin = join(temporaryDirectory(t), 'twin')
  forkStore(world.directory, twin)
  return { world, twin, good }
}

export const hashOf = async (controller: Controller): Promise<unknown> => {
  const { activityHash, height } = await controller.storeStatus()
  return { activityHash, height, fault: await controller.fault() }
}

/** What follows, the same for both. */
async function goOn(controller: Controller, good: string): Promise<unknown> {
  await controller.upgradeKernel(good)
  const request = await controller.send('one', 'run', ['return ++me.count'])
  await controller.run()
  assert.equal(answerOf(await controller.status(request)), 6n)
  await controller.commit()
  assert.equal((await controller.vat('one')).status.kind, 'running')
  return hashOf(controller)
}

/** The store is where its twin is, and goes the same way. */
export async function assertLikeTwin({ world, twin, good }: Faulty): Promise<void> {
  const undisturbed = await openController({ directory: twin, make: 'never' })
  try {
    assert.deepEqual(await hashOf(world.controller), await hashOf(undisturbed))
    assert.deepEqual(await goOn(world.controller, good), await goOn(undisturbed, good))
  } finally {
    await undisturbed.shutdown()
  }
}

export async function refusedLocally(code: Code, call: () => Promise<unknown>): Promise<CodedError> {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    assert.equal(error.code, code, error.message)
    assert.equal(error.detail['kind'], 'local')
    return error
  }
  assert.fail(`expected ${code}`)
}
