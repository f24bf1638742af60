/** What the kernel of release 0.1.0 cannot do, and what it does not say: of its golden store. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { openController, type Controller, type UpgradeOptions } from '../../src/host/index.ts'
import type { Salvage } from '../../src/protocol/worker/salvage.ts'
import { openStore } from '../../src/store/store.ts'
import { continueStore } from '../../tools/golden/store.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'

/** What of an upgrade is newer than the first release. */
const newer: readonly UpgradeOptions[] = [
  { mode: 'auto' },
  { parametersFrom: 'kept' },
  { onFailure: 'suspend' },
  { drain: { maxCranks: 5 } },
]

/** A copy of the store of the first release, open. */
const openFirst = (t: TestContext): Promise<Controller> => openCopy(t, goldenCopy(t, '0.1.0'))

test('a store of the first release shows what its kernel does not say, and refuses what it cannot do', async (t) => {
  const controller = await openFirst(t)
  const [view] = await controller.vats()
  assert.deepEqual(
    [view?.onFault, view?.importance, view?.cleanup, view?.parkedWeight],
    ['reject', 'ordinary', null, 0],
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
  ])
    await assert.rejects(call, { code: 'kernel/too-old' })
  assert.equal((await controller.run({ cleanups: 0 })).ended, 'idle')
})

test('a vat that was suspended by the kernel of the first release reads well', async (t) => {
  const directory = goldenCopy(t, '0.1.0')
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
  assert.equal((await continueStore(controller, 'counters')).answers.length, 4)
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
  assert.equal((await continueStore(controller, 'counters')).answers.length, 4)
})
