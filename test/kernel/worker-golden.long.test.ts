/**
 * An engine that the first releases did not have, in the stores that they left, as the bytes of its package:
 * their kernels take it as the default and let vats go over by a durable upgrade. What those kernels cannot
 * do with worker versions they refuse, and nothing changes.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Controller, UpgradeOptions } from '../../src/host/index.ts'
import type { WorkerVersion } from '../../src/protocol/worker/worker.ts'
import { continueStore, heapHashes, readGolden } from '../../tools/golden/store.ts'
import { written } from '../../tools/golden/asking.ts'
import { deviationsOf } from '../kit/audit.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'
import type { Scope } from '../kit/world.ts'

/** How the vats of a release are upgraded, whose code and parameters stay. */
const releases: Readonly<Record<'0.1.0' | '0.2.0', UpgradeOptions>> = {
  '0.1.0': {},
  '0.2.0': { parametersFrom: 'kept' },
}

const engine = readFileSync(fileURLToPath(import.meta.resolve('quickjs-wasi-3.7.0/quickjs.wasm')))

/** Installs the engine under the supervisor that the store has: the first kernel takes no later one. */
async function install(controller: Controller, use: 'default' | 'on-demand'): Promise<WorkerVersion> {
  const [first] = await controller.workers()
  assert.ok(first !== undefined)
  return controller.installWorker({ engine, supervisor: first.supervisor, use })
}

const living = async (controller: Controller): Promise<readonly string[]> =>
  (await controller.vats()).filter(({ status }) => status.kind !== 'terminated').map(({ vat }) => vat)

const workersOf = async (controller: Controller): Promise<ReadonlySet<string>> =>
  new Set(
    await Promise.all((await living(controller)).map(async (vat) => (await controller.vat(vat)).worker)),
  )

async function upgradeAll(controller: Controller, options: UpgradeOptions): Promise<void> {
  for (const vat of await living(controller)) {
    const request = await controller.upgradeVat(vat, (await controller.vat(vat)).bundle, options)
    await controller.run()
    const status = await controller.status(request)
    assert.equal(status.kind, 'fulfilled', `${vat}: ${written(status)}`)
  }
}

/** Engines count other computrons: what a meter has left, and what a replay took. */
const uncounted = (answers: readonly string[]): readonly string[] =>
  answers
    .filter((answer) => !answer.startsWith('keeper.refill'))
    .map((answer) => answer.replaceAll(/"computrons":"\d+n?"/g, '"computrons":"some"'))

/** What the store answers when each of its vats was upgraded, to whichever version is the default. */
async function continued(
  scope: Scope,
  version: keyof typeof releases,
  begin: (controller: Controller) => Promise<unknown>,
): Promise<{ readonly controller: Controller; readonly answers: readonly string[] }> {
  const controller = await openCopy(scope, goldenCopy(scope, version))
  await begin(controller)
  await upgradeAll(controller, releases[version])
  await controller.evictWorkers()
  return { controller, answers: (await continueStore(controller, readGolden(version).content)).answers }
}

interface Way {
  /** Makes the engine the default, and gives the version. */
  readonly begin: (controller: Controller) => Promise<WorkerVersion>
  /** As many requests that leave the default as it is. */
  readonly control: (controller: Controller) => Promise<unknown>
}

const ways: Readonly<Record<string, Way>> = {
  'installed as the default': {
    begin: (controller) => install(controller, 'default'),
    control: (controller) => install(controller, 'on-demand'),
  },
  'made the default afterwards': {
    begin: async (controller) => {
      const version = await install(controller, 'on-demand')
      await controller.useWorker(version.id)
      return version
    },
    control: async (controller) => {
      for (let time = 0; time < 2; time += 1) await install(controller, 'on-demand')
    },
  },
}

for (const version of ['0.1.0', '0.2.0'] as const) {
  for (const [name, { begin, control }] of Object.entries(ways)) {
    test(`an engine of today, ${name}, runs the vats of release ${version}, and all answer as on its own`, async (t) => {
      const own = await continued(t, version, control)
      let id = ''
      const { controller, answers } = await continued(
        t,
        version,
        async (begun) => void ({ id } = await begin(begun)),
      )
      assert.deepEqual(await workersOf(controller), new Set([id]))
      assert.equal((await workersOf(own.controller)).has(id), false)
      assert.deepEqual(uncounted(answers), uncounted(own.answers))
      assert.notDeepEqual(await heapHashes(controller), await heapHashes(own.controller))
      assert.deepEqual(await deviationsOf(controller, 'all'), [])
    })
  }

  test(`release ${version} moves no vat by itself, says so, and nothing changes`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version))
    const { id } = await install(controller, 'on-demand')
    const { activityHash, queued } = await controller.storeStatus()
    const [heaps, workers] = [await heapHashes(controller), await workersOf(controller)]
    const [vat = ''] = await living(controller)
    for (const mode of ['replay', 'restart', 'auto'] as const) {
      await assert.rejects(controller.upgradeWorker(vat, id, { mode }), { code: 'kernel/too-old' })
      await assert.rejects(controller.startRollout(id, { mode }), { code: 'kernel/too-old' })
    }
    await assert.rejects(controller.retireWorker(id), { code: 'kernel/too-old' })
    assert.equal(await controller.rollout(), undefined)
    assert.deepEqual(await controller.rolloutVats(), [])
    const after = await controller.storeStatus()
    assert.deepEqual([after.activityHash, after.queued], [activityHash, queued])
    assert.deepEqual([await heapHashes(controller), await workersOf(controller)], [heaps, workers])
    await controller.commit()
    assert.deepEqual(await deviationsOf(controller, 'all'), [])
  })
}
