/** The store that is replayed: it stays as it is, and what of it is lost or damaged is reported. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportStore, forkStore, openController } from '../../src/host/index.ts'
import { replayVats, reportPage } from '../../src/replay/index.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { tamper } from '../kit/rows.ts'
import { answerOf, forTheFile, openWorld, puppet, temporaryDirectory, type Scope } from '../kit/world.ts'
import { classesOf, clerk, workOf } from './clerk.ts'

const [worker] = engineNames

const world = await openWorld(forTheFile, {
  vats: { friend: puppet, clerk: clerk('amount / 100n') },
  config: { snapshotInterval: 8 },
})
await workOf(world)
const other = await world.install(clerk('amount / 50n'))
await world.controller.commit()

// Temporary folders of this process alone: other tests, which run at the same time, replay exports too.
process.env['TMPDIR'] = temporaryDirectory(forTheFile)

/** A store of this test alone, which no one has open. */
function copyOf(scope: Scope): string {
  const copy = join(temporaryDirectory(scope), 'store')
  forkStore(world.directory, copy)
  return copy
}

const filesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, hash('sha256', readFileSync(join(directory, name)))]),
  )

const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('heirloom-replay-'))

test('Rpn1, Rpl1: the files of a closed store are the same bytes afterwards, whatever came out', async (t) => {
  const directory = copyOf(t)
  const before = filesOf(directory)
  for (const bundle of [undefined, other])
    await replayVats({ directory, worker, ...(bundle === undefined ? {} : { bundle }) })
  await replayVats({ directory, worker: { engine: Buffer.from('garbage') } })
  await assert.rejects(replayVats({ directory, worker, vats: ['nobody'] }))
  assert.deepEqual(filesOf(directory), before)
})

test('a store that is open in another controller, which commits later what it did before', async (t) => {
  const directory = copyOf(t)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  await controller.sendOnly('clerk', 'add', [1n])
  await controller.run()
  const file = join(directory, 'heirloom.sqlite')
  const before = [file, `${file}-wal`].map((path) => hash('sha256', readFileSync(path)))
  const report = await replayVats({ directory, worker })
  assert.equal(report.passed, true)
  assert.deepEqual([file, `${file}-wal`].map((path) => hash('sha256', readFileSync(path))), before)
  await controller.commit()
  const again = await replayVats({ directory, worker, vats: ['clerk'] })
  const [clerkBefore] = report.vats.filter(({ name }) => name === 'clerk')
  assert.equal(again.vats[0]?.deliveries, (clerkBefore?.deliveries ?? 0) + 1)
  assert.equal(again.height, report.height + 1)
})

test('only the current incarnation is replayed', async (t) => {
  const own = await openWorld(t, { from: copyOf(t) })
  const before = (await own.transcript('clerk')).length
  answerOf(await own.upgrade('clerk', clerk('amount / 50n')))
  await own.ask('clerk', 'add', 1n)
  await own.controller.commit()
  const { vats } = await replayVats({ directory: own.directory, worker, vats: ['clerk'] })
  const { length } = await own.transcript('clerk')
  assert.equal(vats[0]?.class, 'identical')
  assert.ok(vats[0].deliveries >= 2 && vats[0].deliveries <= length - before)
})

test('a history that was taken over by replay is replayed on the code that took over', async (t) => {
  const own = await openWorld(t, { from: copyOf(t) })
  const bundle = await own.install(clerk('amount * 1n / 100n'))
  answerOf(await own.settle(await own.controller.upgradeVat('clerk', bundle, { mode: 'replay' })))
  await own.ask('clerk', 'add', 1n)
  await own.controller.commit()
  const { vats } = await replayVats({ directory: own.directory, worker, vats: ['clerk'] })
  assert.equal(vats[0]?.bundle, bundle)
  assert.equal(vats[0].class, 'metering-only')
  assert.equal(vats[0].matched, (await own.transcript('clerk')).length)
})

test('a vat whose history was pruned is unavailable, and the others are replayed', async (t) => {
  const directory = copyOf(t)
  const controller = await openController({ directory, make: 'never' })
  await controller.prune({ transcripts: 'restart' })
  await controller.createVat('late', other)
  await controller.run()
  await controller.commit()
  await controller.shutdown()
  const report = await replayVats({ directory, worker })
  assert.deepEqual(classesOf(report), { friend: 'unavailable', clerk: 'unavailable', late: 'identical' })
  const [, pruned] = report.vats
  assert.equal(pruned?.class === 'unavailable' && pruned.code, 'store/pruned')
  assert.deepEqual([report.passed, report.rollout.vats], [false, 1])
  const page = reportPage(report)
  assert.match(page, /store\/pruned/)
})

test('Rh2: a history that is damaged is unavailable, even if the damage looks like a difference', async (t) => {
  const directory = copyOf(t)
  tamper(directory, (database) =>
    database.exec(
      "UPDATE entry SET text = replace(text, '+1000', '+2000') WHERE vat = 'v2' AND text LIKE '%+1000%'",
    ),
  )
  const report = await replayVats({ directory, worker })
  assert.deepEqual(classesOf(report), { friend: 'identical', clerk: 'unavailable' })
  const [, damaged] = report.vats
  assert.equal(damaged?.class === 'unavailable' && damaged.code, 'store/corrupt-transcript')
})

test('an export is replayed, and nothing of it remains', async (t) => {
  const to = join(temporaryDirectory(t), 'export')
  await exportStore(world.directory, to, { mode: 'replay' })
  const [before, files] = [temporary(), filesOf(to)]
  const report = await replayVats({ directory: to, from: 'export', worker, bundle: other })
  assert.deepEqual(classesOf(report), { friend: 'divergent', clerk: 'divergent' })
  await assert.rejects(replayVats({ directory: to, from: 'export', worker, vats: ['nobody'] }))
  assert.deepEqual([temporary(), filesOf(to)], [before, files])
})

test('an export without histories has none to replay', async (t) => {
  const to = join(temporaryDirectory(t), 'export')
  await exportStore(world.directory, to, { mode: 'operational' })
  const { vats } = await replayVats({ directory: to, from: 'export', worker, vats: ['clerk'] })
  assert.equal(vats[0]?.class === 'unavailable' && vats[0].code, 'store/pruned')
})
