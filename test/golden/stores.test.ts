/** A store of an earlier release opens, and goes on with the kernel and the worker that are in it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { openController, type Controller, type UpgradeOptions } from '../../src/host/index.ts'
import type { Salvage } from '../../src/protocol/worker/salvage.ts'
import { openStore } from '../../src/store/store.ts'
import { continueStore, storesFolder, unpackStore, type GoldenStore } from '../../tools/golden/store.ts'

const versions = readdirSync(storesFolder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))

/** What of an upgrade is newer than the first release. */
const newer: readonly UpgradeOptions[] = [
  { mode: 'auto' },
  { parametersFrom: 'kept' },
  { onFailure: 'suspend' },
  { drain: { maxCranks: 5 } },
]

test('there is a golden store', () => assert.ok(versions.length > 0))

for (const version of versions) {
  test(`the store of release ${version} opens and goes on as it did then`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'heirloom-golden-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const golden = JSON.parse(readFileSync(join(storesFolder, `${version}.json`), 'utf8')) as GoldenStore
    unpackStore(version, directory)
    const controller = await openController({ directory, make: 'never', verify: 'all' })
    const { height, activityHash } = await controller.storeStatus()
    assert.deepEqual({ height, activityHash }, { height: golden.height, activityHash: golden.activityHash })
    assert.equal(
      await controller.heapHash('counters'),
      golden.heapHash,
      'the heap comes back from its snapshot and transcript',
    )
    assert.deepEqual(await continueStore(controller), golden.continued)
    const [view] = await controller.vats()
    assert.deepEqual(
      [view?.onFault, view?.importance, view?.cleanup, view?.parkedWeight],
      ['reject', 'ordinary', null, 0],
      'what its kernel does not say',
    )
    const { paused, cleanups } = await controller.storeStatus()
    assert.deepEqual([paused, cleanups], [null, 0])
    for (const call of [
      () => controller.suspendVat('counters', 'x'),
      () => controller.terminateVat('counters', 'x'),
      () => controller.pauseKernel('x'),
      () => controller.createVat('new', 'counters', { onFault: 'suspend' }),
      () => controller.history('counters'),
      ...newer.map((options) => () => controller.upgradeVat('counters', 'counters', options)),
    ]) {
      await assert.rejects(
        call,
        ({ code }: { code: string }) => code === 'kernel/too-old' || code === 'bundle/unknown',
      )
    }
    assert.equal((await controller.run({ cleanups: 0 })).ended, 'idle')
    await controller.shutdown()
  })

  test(`a vat that was suspended by the kernel of release ${version} reads well`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'heirloom-golden-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    unpackStore(version, directory)
    const store = openStore(directory, { verify: 'lazy' })
    const record = JSON.parse(store.state.get('kernel', 'vat.v1') ?? '{}') as object
    store.state.set(
      'kernel',
      'vat.v1',
      JSON.stringify({
        ...record,
        status: { kind: 'suspended', cause: 'worker-trapped', message: 'as it was then' },
      }),
    )
    store.sealCrank()
    store.commit()
    store.close()
    const controller = await openController({ directory, make: 'never', verify: 'lazy' })
    assert.deepEqual((await controller.vat('v1')).status, {
      kind: 'suspended',
      cause: 'worker-trapped',
      message: 'as it was then',
      since: null,
    })
    await controller.shutdown()
    let out = ''
    const io = {
      out: (text: string) => void (out += text),
      err: () => {},
      progress: 'hidden',
      env: {},
    } as const
    assert.equal(await dispatch(['vats', '--store', directory], io), 0)
    assert.match(out, /suspended \(worker-trapped\) /)
  })
}

/** A copy of the store of the first release, open. */
async function openFirst(t: TestContext): Promise<Controller> {
  const directory = mkdtempSync(join(tmpdir(), 'heirloom-golden-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  unpackStore('0.1.0', directory)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  return controller
}

test('the kernel of the first release salvages nothing and abandons no kinds, says so, and goes on', async (t) => {
  const controller = await openFirst(t)
  const { activityHash } = await controller.storeStatus()
  const { vat, bundle } = await controller.vat('counters')
  const salvage: Salvage = {
    vat,
    bundle,
    incarnation: 0,
    position: 1,
    data: { body: '#1', slots: [] },
    summary: { text: '1', characters: 2, references: 0 },
  }
  for (const call of [
    () => controller.salvage('counters', bundle),
    () => controller.upgradeVat('counters', bundle, { salvage }),
    () => controller.checkUpgrade('counters', bundle, { salvage }),
    () => controller.upgradeVat('counters', bundle, { abandonKinds: ['Counter'] }),
    () => controller.checkUpgrade('counters', bundle, { abandonKinds: ['Counter'] }),
  ]) {
    await assert.rejects(call, { code: 'kernel/too-old' })
  }
  assert.equal((await controller.storeStatus()).activityHash, activityHash)
  assert.equal((await continueStore(controller)).answers.length, 4)
})

test('the kernel of the first release takes neither ports nor time, says so, and goes on', async (t) => {
  const controller = await openFirst(t)
  const { activityHash } = await controller.storeStatus()
  const port = controller.port('bank')
  for (const call of [
    () => controller.openPort('bank'),
    () => controller.ports(),
    () => port.deliver(1),
    () => port.receive(),
    () => port.acknowledge(1),
    () => port.status(),
    () => port.failures(),
    () => port.dismissFailures(1),
    () => controller.advanceTime(5n),
    () => controller.currentTime(),
    () => controller.timer(),
  ])
    await assert.rejects(call(), { code: 'kernel/too-old' })
  assert.equal(controller.bootstrapResult, undefined)
  assert.equal((await controller.storeStatus()).activityHash, activityHash)
  assert.equal((await continueStore(controller)).answers.length, 4)
})
