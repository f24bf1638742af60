/** Kernels with other tables take over: what is migrated, what is refused, and that everything goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { continueStore, readGolden } from '../../tools/golden/store.ts'
import { deviationsOf } from '../kit/audit.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'
import { assertGoesOn, finishMigration, install, openBusy, upgradeTo } from './migrated.ts'

test('the kernel that is built without changes is that of the release', async () => {
  assert.deepEqual(Buffer.from(await shapedKernel(1)), Buffer.from(await kernelBytes()))
})

test('a busy store goes through each version of tables, and does in each what was begun before', async (t) => {
  for (const through of [[2], [2, 3], [2, 3, 4], [4]] as const) {
    const busy = await openBusy(t)
    for (const shape of through) {
      const { migrated, migration } = await upgradeTo(busy.world.controller, shape)
      assert.equal(migration, null)
      assert.ok(migrated.some(({ changed }) => changed > 0))
      await busy.world.audit()
    }
    await busy.world.reopen()
    await assertGoesOn(busy)
    await busy.world.end()
  }
})

test('the way from version to version and all at once lead to the same tables', async (t) => {
  const [slow, fast] = [await openBusy(t), await openBusy(t)]
  for (const shape of [2, 3, 4] as const) await upgradeTo(slow.world.controller, shape)
  await upgradeTo(fast.world.controller, 4)
  assert.deepEqual(await fast.world.rows('kernel'), await slow.world.rows('kernel'))
})

test('there is no way back to older tables, and no leap over what a kernel does not know', async (t) => {
  const { world } = await openBusy(t)
  const { controller } = world
  const first = (await controller.storeStatus()).kernel
  const late = await install(controller, 4, ...defects.onlyFromThree)
  const code = 'kernel/tables-differ'
  const { flaws, migration } = await controller.checkKernel(late)
  assert.deepEqual([flaws.map((flaw) => flaw.code), migration], [[code], []])
  await assert.rejects(controller.upgradeKernel(late), { code, message: /of the versions 3 to 4, .* have version 1$/ })
  await upgradeTo(controller, 3)
  await assert.rejects(controller.upgradeKernel(first), { code, message: /of the versions 1 to 1, .* have version 3$/ })
  await assert.rejects(upgradeTo(controller, 2), { code })
  assert.deepEqual((await controller.checkKernel(late)).flaws, [])
  await controller.upgradeKernel(late)
  assert.equal(await world.run('two', 'return 7n'), 7n)
})

test('a check lists the steps from the version of the store on, with their rows', async (t) => {
  const { world } = await openBusy(t)
  const { controller } = world
  await upgradeTo(controller, 2)
  const id = await install(controller, 4)
  const { migration } = await controller.checkKernel(id)
  const { migrated } = await controller.upgradeKernel(id)
  assert.deepEqual(
    migration.map(({ step, table, from, to }) => `${step} ${table} ${from} ${to}`),
    ['counters-3 counters 2 3', 'results-3 results 2 3', 'histories-4 histories 3 4', 'references-4 references 3 4'],
  )
  const rowsOf = ({ step, rows }: { step: string; rows: number }): readonly unknown[] => [step, rows]
  assert.deepEqual(migration.map(rowsOf), migrated.map(rowsOf))
})

for (const [what, defect, message] of [
  ['changes what it has written', defects.restlessStep, /the step references-4 changes no row that it has written/],
  ['writes without bound', defects.boundlessStep, /what the step histories-4 writes for .* is bounded/],
] as const) {
  // Mst2, Mst3.
  test(`a step that ${what} fails the upgrade`, async (t) => {
    const { world } = await openBusy(t)
    const id = await install(world.controller, 4, ...defect)
    await assert.rejects(world.controller.upgradeKernel(id), { code: 'kernel/upgrade-failed', message })
    assert.equal(await world.run('two', 'return 7n'), 7n)
  })
}

/**
 * What must be the same: kernels of version 4 keep no histories, results of upgrades have more fields than
 * those of the first release, and the pieces of the migration are cranks.
 */
const comparable = (lines: readonly string[]): readonly string[] =>
  lines
    .filter((line) => !/^ {2}(?:start|durable|replay): |, by (?:durable|replay): /.test(line))
    .map((line) => line.replace(/"cranks":\d+/, ''))

for (const version of ['0.1.0', '0.2.0']) {
  test(`the store of release ${version} gets a kernel of version 4, in pieces, and answers as it did`, async (t) => {
    const golden = readGolden(version)
    const controller = await openCopy(t, goldenCopy(t, version))
    const id = await install(controller, 4)
    const { migration } = await controller.upgradeKernel(id, { rowsPerBlock: 10 })
    assert.ok(migration !== null)
    assert.ok((await finishMigration(controller)) > 1)
    const { answers } = await continueStore(controller, golden.content)
    assert.deepEqual(comparable(answers), comparable(golden.continued.answers))
    assert.ok(comparable(answers).length >= 3)
    assert.deepEqual(await deviationsOf(controller, 'all'), [])
  })
}
