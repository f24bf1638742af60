/** Moving vats to other worker versions: what lives on, and what a vat that cannot follow keeps. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { supervisorBytes } from '../../src/release/release.ts'
import type { WorkerId } from '../../src/base/ids.ts'
import type { WorkerUpgradeOptions } from '../../src/host/config/workerOptions.ts'
import type { Remote, Status } from '../../src/host/index.ts'
import type { WorkerUpgradeResult } from '../../src/protocol/worker/versions.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet }, config: { snapshotInterval: 7 } })
let older: WorkerId
let longer: WorkerId

before(async () => {
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n')])
  older = (await world.controller.installWorker({ engine: 'quickjs-wasi-3.5.0', label: 'older' })).id
  longer = (await world.controller.installWorker({ engine: engineNames[0], supervisor, label: 'longer' })).id
})

let next = 1
async function newVat(setup = 'me.count = 0n'): Promise<string> {
  const name = `vat${next++}`
  await world.create(name, { setup })
  return name
}

const move = async (vat: string, worker: string, options: WorkerUpgradeOptions = {}): Promise<Status> =>
  world.settle(await world.controller.upgradeWorker(vat, worker, options))

const moved = async (
  vat: string,
  worker: string,
  options: WorkerUpgradeOptions = {},
): Promise<WorkerUpgradeResult> => answerOf(await move(vat, worker, options)) as WorkerUpgradeResult

const count = (vat: string): Promise<unknown> => world.run(vat, 'return ++me.count')

test('heap, promises and ephemeral objects live on when a vat is replayed on another supervisor (Wu1)', async () => {
  const vat = await newVat()
  for (let n = 0; n < 10; n += 1) await count(vat)
  const thing = (await world.run(vat, "return Far('thing', { count: () => me.count })")) as Remote
  const later = await world.controller.send(vat, 'run', ['return new Promise((resolve) => { me.settle = resolve })'])
  await world.controller.run()
  const from = (await world.controller.vat(vat)).worker
  const { computrons, ...result } = (await moved(vat, 'longer')) as Extract<WorkerUpgradeResult, { mode: 'replay' }>
  assert.ok(computrons > 0n)
  assert.deepEqual(result, {
    worker: longer,
    from,
    mode: 'replay',
    incarnationNumber: 0,
    abandonedExports: 0,
    disconnectedPromises: 0,
    deliveries: 13,
    metering: 'identical',
  })
  assert.equal((await world.controller.vat(vat)).worker, longer)
  assert.equal(await world.ask(thing, 'count'), 10n)
  await world.run(vat, "me.settle('kept')")
  assert.equal(answerOf(await world.take(later)), 'kept')
  await world.controller.evictWorkers()
  assert.equal(await count(vat), 11n)
  await world.reopen()
  assert.equal(await count(vat), 12n)
})

test('another engine counts other computrons, which a replay reports and allows', async () => {
  const vat = await newVat()
  await count(vat)
  const result = await moved(vat, 'older')
  assert.equal(result.mode === 'replay' ? result.metering : result.mode, 'differs')
  assert.equal(await count(vat), 2n)
  const entries = await world.controller.history(vat)
  assert.deepEqual(
    entries.map(({ mode, subject, worker, outcome }) => [mode, subject, worker, outcome.kind]).slice(1),
    [['replay', 'worker', older, 'done']],
  )
})

test('a restart begins the next incarnation on the other version, with bundle and parameters kept', async () => {
  const vat = await newVat("me.count = baggage.has('n') ? baggage.get('n') : 0n; if (!baggage.has('n')) baggage.init('n', 7n)")
  const { bundle } = await world.controller.vat(vat)
  const result = await moved(vat, older, { mode: 'restart' })
  assert.equal(result.mode, 'durable')
  const view = await world.controller.vat(vat)
  assert.deepEqual([view.incarnation, view.worker, view.bundle], [1, older, bundle])
  assert.equal(await count(vat), 8n)
})

test('a vat that is on the version already is left alone, except by a restart (Wu4)', async () => {
  const vat = await newVat()
  const { worker } = await world.controller.vat(vat)
  const entries = (await world.controller.history(vat)).length
  assert.deepEqual(await moved(vat, 'default'), { worker, from: worker, mode: 'none', incarnationNumber: 0 })
  assert.equal((await world.controller.history(vat)).length, entries)
  assert.equal((await moved(vat, 'default', { mode: 'restart' })).incarnationNumber, 1)
})

test('a vat needs more than its limit on another engine: it keeps its version, to the byte (Wu2)', async () => {
  const vat = await newVat()
  await world.run(vat, 'for (let i = 0; i < 50000; i += 1) me.count += 1n')
  await world.settle(await world.controller.changeVatOptions(vat, { computronsPerDelivery: 100_000n }))
  const image = await world.imageOf(vat)
  const rejection = rejectionOf(await move(vat, 'older'), 'upgrade-refused')
  assert.equal(rejection.reason?.code, 'replay/exhausted')
  assert.match(rejection.message, /^vat vat\d+ \(v\d+\) keeps its worker w1-[0-9a-f]{64}: delivery \d+ of v\d+/)
  assert.deepEqual(await world.imageOf(vat), image)
})

test('with the policy suspend its messages wait, and come first when another attempt succeeds (Wu3)', async () => {
  const vat = await newVat('me.heard = []')
  await world.run(vat, 'for (let i = 0; i < 50000; i += 1) me.heard.length = 0')
  await world.settle(await world.controller.changeVatOptions(vat, { computronsPerDelivery: 100_000n }))
  rejectionOf(await move(vat, 'older', { onDivergence: 'suspend' }), 'upgrade-refused')
  const { status } = await world.controller.vat(vat)
  assert.equal(status.kind === 'suspended' ? status.cause : status.kind, 'upgrade-refused')
  for (const n of [1, 2, 3]) await world.controller.sendOnly(vat, 'run', [`me.heard.push(${n})`])
  await world.controller.run()
  rejectionOf(await move(vat, 'older', { onDivergence: 'suspend' }), 'upgrade-refused')
  assert.equal((await world.controller.vat(vat)).parked, 3)
  await world.settle(await world.controller.changeVatOptions(vat, { computronsPerDelivery: 100_000_000n }))
  const request = await world.controller.upgradeWorker(vat, 'older')
  const last = await world.controller.send(vat, 'run', ['me.heard.push(4); return me.heard'])
  await world.controller.run()
  answerOf(await world.take(request))
  assert.deepEqual(answerOf(await world.take(last)), [1, 2, 3, 4])
})

test('the holder of an admin node moves its vat', async () => {
  const { adminNode } = await world.create('led', { setup: 'me.count = 0n' })
  assert.deepEqual(await world.ask(adminNode, 'upgradeWorker', 'longer', { mode: 'replay' }), {
    incarnationNumber: 0,
    mode: 'replay',
  })
  for (const [args, message] of [
    [['nothing'], /there is no worker version "nothing"/],
    [['longer', { mode: 'fast' }], /the option mode is one of replay, restart, auto/],
    [['longer', { hurry: true }], /upgradeWorker has no option "hurry"/],
    [['longer', 7], /the options of upgradeWorker are a record/],
  ] as const) {
    const status = await world.outcome(adminNode, 'upgradeWorker', ...args)
    assert.match(status.kind === 'rejected' ? (status.reason as Error).message : status.kind, message)
  }
})

test('a version is retired when nothing needs it, and not before (Rt1)', async () => {
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n\n')])
  const { id } = await world.controller.installWorker({ engine: engineNames[0], supervisor, label: 'spare' })
  const vat = await newVat()
  await moved(vat, 'spare')
  const refused = rejectionOf(await world.settle(await world.controller.retireWorker('spare')), 'worker-in-use')
  assert.match(refused.message, new RegExp(`${vat} runs on it`))
  rejectionOf(await world.settle(await world.controller.retireWorker('default')), 'worker-in-use')
  await moved(vat, 'default')
  assert.deepEqual(answerOf(await world.settle(await world.controller.retireWorker('spare'))), { worker: id })
  await assert.rejects(world.controller.worker('spare'), { code: 'worker/unknown' })
  await assert.rejects(world.controller.upgradeWorker(vat, id), { code: 'worker/unknown' })
})

test('the bytes of a retired version stay until its retirement is committed, and are pruned then', async () => {
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n\n\n')])
  const { id } = await world.controller.installWorker({ engine: engineNames[0], supervisor })
  await world.reopen()
  await world.controller.prune({ bundles: true })
  answerOf(await world.settle(await world.controller.retireWorker(id)))
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 0)
  await world.restart()
  const vat = await newVat()
  await moved(vat, id)
  assert.equal(await count(vat), 1n)
  await moved(vat, 'default')
  answerOf(await world.settle(await world.controller.retireWorker(id)))
  await world.controller.commit()
  assert.equal((await world.controller.prune({ bundles: true })).bundles, 2)
})

test('the default version is that of new vats and next incarnations', async () => {
  const { id } = await world.controller.worker('default')
  await world.controller.useWorker('longer')
  const vat = await newVat()
  assert.equal((await world.controller.vat(vat)).worker, longer)
  await world.controller.useWorker(id)
  const views = await world.controller.workers()
  assert.deepEqual(
    views.map(({ id: each, use, note }) => [each, use, note?.label ?? null]),
    [[id, 'default', null], [older, 'on-demand', 'older'], [longer, 'on-demand', 'longer']],
  )
})
