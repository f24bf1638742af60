/** Migrations that are spread over blocks: the pieces, what the host does meanwhile, and the ways back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError, exportStore, importStore, openController, type Controller, type Port } from '../../src/host/index.ts'
import { bundleSource } from '../kit/bundles.ts'
import { call, callNames, everyCall, everyPortCall, portCallNames, type Given } from '../kit/everyCall.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'
import { defects } from '../kit/shapedKernels.ts'
import { answerOf, forTheFile, openWorld, World } from '../kit/world.ts'
import { assertGoesOn, finishMigration, install, kernelRows, openBusy, type Busy } from './migrated.ts'

/** The busy store, closed. */
const prepared = (async (): Promise<Busy> => {
  const busy = await openBusy(forTheFile)
  for (const shape of [2, 3, 4] as const) await install(busy.world.controller, shape)
  await busy.world.controller.commit()
  await busy.world.controller.shutdown()
  busy.world.state = 'ended'
  return busy
})()

async function copy(t: Parameters<typeof openWorld>[0]): Promise<Busy> {
  const busy = await prepared
  return { ...busy, world: await openWorld(t, { from: busy.world.directory }) }
}

/** The progress of the migration that is under way. */
async function migrationOf(controller: Controller) {
  const { state } = await controller.storeStatus()
  assert.equal(state.kind, 'migrating')
  return state.kind === 'migrating' ? state.migration : assert.fail()
}

// Mgr1, Mgr2, Mst1.
test('pieces of any size lead to the same tables as all rows in one block', async (t) => {
  const tables = new Set<string>()
  for (const rowsPerBlock of [undefined, 1, 7, 50, 100_000]) {
    const busy = await copy(t)
    const { controller } = busy.world
    const id = await install(controller, 4)
    const planned = (await controller.checkKernel(id)).migration
    const report = await controller.upgradeKernel(id, rowsPerBlock === undefined ? {} : { rowsPerBlock })
    if (rowsPerBlock !== undefined && rowsPerBlock < 100) {
      const { rows, total, steps } = await migrationOf(controller)
      assert.equal(rows, rowsPerBlock)
      assert.ok(total > 60, `${total} rows`)
      assert.deepEqual(report.migration?.steps, steps)
      const blocks = await finishMigration(controller)
      assert.equal(blocks + 1, Math.ceil(total / rowsPerBlock))
    } else {
      assert.equal(report.migration, null)
      for (const { step, rows } of report.migrated) {
        const most = planned.find((each) => each.step === step)?.rows ?? 0
        assert.ok(rows <= most, `${step}: ${rows} of at most ${most}`)
      }
    }
    await busy.world.audit()
    tables.add(kernelRows(busy.world))
    await assertGoesOn(busy)
  }
  assert.equal(tables.size, 1)
})

/** What each call does while tables are migrated: `done`, or the code with which it is refused. */
const outcomes: Readonly<Record<string, string>> = {
  // The store's own.
  storeStatus: 'done',
  storeSize: 'done',
  verify: 'done',
  getHostState: 'done',
  listHostState: 'done',
  writeHostState: 'done',
  lastRequest: 'done',
  setHostState: 'done',
  bundleNamed: 'done',
  kernels: 'done',
  kernelHistory: 'done',
  fault: 'done',
  waitingItems: 'done',
  setAsideItems: 'done',
  faultHistory: 'done',
  putBack: 'kernel/no-item',
  evictWorkers: 'done',
  setTrace: 'done',
  testLog: 'done',
  prune: 'done',
  installKernel: 'kernel/broken-bundle',
  plan: 'done',
  planHistory: 'done',
  pausePlan: 'plan/none',
  resumePlan: 'plan/none',
  abandonPlan: 'plan/none',
  // As of the block before the upgrade.
  ports: 'done',
  openPort: 'done',
  currentTime: 'done',
  // These wait.
  installBundle: 'done',
  advanceTime: 'done',
  forget: 'done',
  // The next piece.
  run: 'done',
  commit: 'done',
}

const portOutcomes: Readonly<Record<string, string>> = {
  deliver: 'done',
  receive: 'done',
  acknowledge: 'done',
  dismissFailures: 'done',
  status: 'done',
  remote: 'done',
  failures: 'kernel/migrating',
}

async function outcomeOf(target: Controller | Port, name: string, args: readonly unknown[]): Promise<string> {
  try {
    await call(target, name, args)
    return 'done'
  } catch (error) {
    assert.ok(error instanceof CodedError, `${name}: ${String(error)}`)
    if (error.code === 'kernel/migrating') assert.match(error.message, /: \d+ of about \d+ rows are done$/)
    return error.code
  }
}

// Mib1.
test('while tables are migrated, the host lives, and what needs them is refused with how far it is', async (t) => {
  const busy = await copy(t)
  const { controller } = busy.world
  const source = await bundleSource('export const buildRootObject = () => Far("root", {})')
  const { id: bundle } = await controller.installBundle(source, 'label')
  const object = await controller.root('one')
  const bundled = await bundleSource('export const buildRootObject = () => Far("root", { later: () => 7n })')
  await controller.upgradeKernel(await install(controller, 4), { rowsPerBlock: 1 })
  const given: Given = { bundled, bundle, vat: 'one', object, result: busy.queued }
  for (const name of callNames.filter((each) => each !== 'shutdown')) {
    const args = name === 'bundleNamed' ? ['label'] : everyCall[name]!(given)
    assert.equal(await outcomeOf(controller, name, args), outcomes[name] ?? 'kernel/migrating', name)
  }
  const port = controller.port('bank')
  for (const name of portCallNames)
    assert.equal(await outcomeOf(port, name, everyPortCall[name]!(given)), portOutcomes[name], name)
  await assert.rejects(controller.port('none').status(), { code: 'port/unknown' })
  assert.deepEqual(await port.deliver('e'), { number: 5, outcome: 'taken' })
  assert.deepEqual(await port.deliver('e', { number: 5 }), { number: 5, outcome: 'duplicate' })
  await assert.rejects(port.deliver('g', { number: 7 }), { code: 'port/gap' })
  await port.acknowledge(2)
  const items = await controller.waitingItems()
  const waiting = items.map(({ item }) => (JSON.parse(item) as { kind: string }).kind)
  assert.deepEqual(waiting, ['installBundle', 'forget', 'advanceTime', 'dismiss', 'deliver', 'acknowledge'])
  await controller.commit()
  await busy.world.restart()
  await finishMigration(busy.world.controller)
  await busy.world.controller.run()
  assert.deepEqual(await busy.world.controller.waitingItems(), [])
  assert.equal(await busy.world.controller.currentTime(), 7n)
  assert.deepEqual(await busy.world.ask('echo', 'read'), [1, 2, 3, 4, 5])
  const { delivered, acknowledged } = await busy.world.controller.port('bank').status()
  assert.deepEqual([delivered, acknowledged], [5, 2])
  await assert.rejects(busy.world.controller.status(busy.queued), { code: 'result/unknown' })
})

// Mib2.
test('a migration goes on in the next process, and does one piece in each block', async (t) => {
  const busy = await copy(t)
  const { controller } = busy.world
  const { kernel: from } = await controller.storeStatus()
  const to = await install(controller, 4)
  await controller.upgradeKernel(to, { rowsPerBlock: 10 })
  const progress: number[] = []
  for (const blocks of [1, 2, 3]) {
    const { controller: now } = busy.world
    const { rows, ...migration } = await migrationOf(now)
    assert.deepEqual([migration.from, migration.to, rows], [from, to, 10 * blocks])
    progress.push(rows)
    for (let again = 0; again < 2; again += 1) {
      assert.equal((await now.run()).ended, 'migrating')
      assert.equal((await migrationOf(now)).rows, 10 * (blocks + 1))
    }
    // What was not committed is done again.
    await busy.world.restart()
    assert.equal((await migrationOf(busy.world.controller)).rows, rows)
    await busy.world.controller.run()
    await busy.world.reopen()
  }
  await finishMigration(busy.world.controller)
  const [entry] = await busy.world.controller.kernelHistory()
  assert.deepEqual([entry?.from, entry?.to, entry?.refused], [from, to, null])
  await assertGoesOn(busy)
})

for (const [what, defect, message] of [
  ['a step that throws', defects.throwingStep, /planted: step/],
  ['a step that forgets a row, which the audit finds', defects.forgettingStep, /the audit of the kernel/],
] as const) {
  // Tko2.
  test(`${what} in a later block: everything is as before the upgrade, and what waited is accepted`, async (t) => {
    const busy = await copy(t)
    const { controller } = busy.world
    const id = await install(controller, 4, ...defect)
    await controller.commit()
    const { kernel } = await controller.storeStatus()
    const tables = kernelRows(busy.world)
    await controller.upgradeKernel(id, { rowsPerBlock: 20 })
    await controller.setHostState('place', 'here')
    await controller.commit()
    assert.notEqual(kernelRows(busy.world), tables)
    await assert.rejects(
      async () => {
        for (;;) {
          assert.equal((await controller.run()).ended, 'migrating')
          await controller.commit()
          await controller.setHostState('block', String((await controller.storeStatus()).height))
        }
      },
      { code: 'kernel/upgrade-failed', message },
    )
    assert.equal(kernelRows(busy.world), tables)
    const { kernel: now, state, height } = await controller.storeStatus()
    assert.deepEqual([now, state], [kernel, { kind: 'ready' }])
    assert.equal(await controller.getHostState('place'), 'here')
    assert.equal(await controller.getHostState('block'), String(height - 1))
    assert.match((await controller.kernelHistory())[0]?.refused ?? '', message)
    await busy.world.restart()
    assert.equal((await busy.world.controller.storeStatus()).kernel, kernel)
    await assertGoesOn(busy)
  })

  test(`${what} in the first block: nothing has happened`, async (t) => {
    const busy = await copy(t)
    const { controller } = busy.world
    const id = await install(controller, 4, ...defect)
    await controller.commit()
    const tables = kernelRows(busy.world)
    await assert.rejects(controller.upgradeKernel(id, { rowsPerBlock: 100_000 }), { message })
    assert.equal(kernelRows(busy.world), tables)
    assert.deepEqual((await controller.storeStatus()).state, { kind: 'ready' })
    await assertGoesOn(busy)
  })
}

test('what waited while tables were migrated is accepted by the old kernel if the new one fails', async (t) => {
  const busy = await copy(t)
  const { controller } = busy.world
  await controller.upgradeKernel(await install(controller, 4, ...defects.throwingStep), { rowsPerBlock: 20 })
  await controller.port('bank').deliver('e')
  await controller.commit()
  await controller.port('bank').deliver('f')
  await controller.advanceTime(7n)
  await assert.rejects(finishMigration(controller), { code: 'kernel/upgrade-failed' })
  await controller.run()
  assert.deepEqual(await busy.world.ask('echo', 'read'), [1, 2, 3, 4, 5, 6])
  assert.equal(await controller.currentTime(), 7n)
})

test('an export of a migration that is under way goes on where it was, and has no way back', async (t) => {
  for (const defect of [[], defects.throwingStep]) {
    const busy = await copy(t)
    const { controller, directory } = busy.world
    const id = await install(controller, 4, ...defect)
    await controller.upgradeKernel(id, { rowsPerBlock: 20 })
    const trust = (await controller.kernels()).map((kernel) => kernel.id)
    await exportStore(directory, `${directory}-export`, { mode: 'archival' })
    busy.world.state = 'ended'
    await controller.shutdown()
    await importStore(`${directory}-export`, `${directory}-import`, { trust })
    const world = new World(`${directory}-import`, await openController({ directory: `${directory}-import` }), {})
    assert.equal((await migrationOf(world.controller)).rows, 20)
    if (defect.length === 0) {
      await finishMigration(world.controller)
      await assertGoesOn({ ...busy, world })
      await world.end()
      continue
    }
    await assert.rejects(finishMigration(world.controller), { code: 'kernel/upgrade-failed' })
    const { rows } = await migrationOf(world.controller)
    await world.controller.setHostState('place', 'here')
    await assert.rejects(world.controller.run(), { code: 'kernel/upgrade-failed' })
    await world.reopen()
    assert.equal((await migrationOf(world.controller)).rows, rows)
    assert.equal(await world.controller.getHostState('place'), 'here')
    world.state = 'broken'
    await world.end()
  }
})

// Ku5.
test('the trial begins when the migration is done, and a return takes the migration back too', async (t) => {
  for (const probation of [{}, { probation: { cranks: 50 } }]) {
    const busy = await copy(t)
    const { controller } = busy.world
    const id = await install(controller, 4, ...defects.cannotRun('poison'))
    await controller.commit()
    const { kernel } = await controller.storeStatus()
    const tables = kernelRows(busy.world)
    await controller.upgradeKernel(id, { rowsPerBlock: 20, ...probation })
    assert.equal((await controller.storeStatus()).trial, null)
    await controller.port('bank').deliver('e')
    while ((await controller.run({ signal: AbortSignal.abort() })).ended === 'migrating') await controller.commit()
    assert.equal((await controller.storeStatus()).trial?.from, kernel)
    const poison = await controller.send('two', 'run', ['return "poison"'])
    const { ended, returned } = await controller.run()
    assert.deepEqual([ended, returned?.from, returned?.to], ['returned', id, kernel])
    assert.equal(kernelRows(busy.world), tables)
    await controller.run()
    assert.equal(await busy.world.take(poison).then(answerOf), 'poison')
    assert.deepEqual(await busy.world.ask('echo', 'read'), [1, 2, 3, 4, 5])
    assert.deepEqual((await controller.storeStatus()).state, { kind: 'ready' })
    const [entry] = await controller.kernelHistory()
    assert.match(entry?.returned ?? '', /planted: run/)
  }
})

test('a request that the old kernel does not know is refused while the tables of its store are migrated', async (t) => {
  const controller = await openCopy(t, goldenCopy(t, '0.1.0'))
  await controller.upgradeKernel(await install(controller, 4), { rowsPerBlock: 1 })
  await assert.rejects(controller.advanceTime(7n), { code: 'kernel/migrating' })
  await controller.setHostState('place', 'here')
  await finishMigration(controller)
  await controller.commit()
  await controller.advanceTime(7n)
  assert.equal(await controller.currentTime(), 7n)
})
