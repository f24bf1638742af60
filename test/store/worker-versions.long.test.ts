/** Worker versions in exports and imports, in what is pruned, and in snapshots. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import {
  CodedError,
  exportStore,
  forkStore,
  importStore,
  openController,
  type Controller,
} from '../../src/host/index.ts'
import { isRecord } from '../../src/base/guards.ts'
import type { BundleId } from '../../src/base/ids.ts'
import { exportModes, type ExportMode } from '../../src/protocol/store/export.ts'
import type { WorkerVersion } from '../../src/protocol/worker/worker.ts'
import { deviationsIn } from '../kit/audit.ts'
import { sameSupervisor } from '../kit/supervisorVariants.ts'
import { answerOf, forTheFile, openWorld, temporaryDirectory, type Scope } from '../kit/world.ts'
import { continueVersioned, makeVersioned, type Sight } from './versioned.ts'

const replaying = await makeVersioned(forTheFile, 'replay')
const restarting = await makeVersioned(forTheFile, 'restart')

/** An operational export has not what a replay needs. */
const rolloutOf: Readonly<Record<ExportMode, string>> = {
  operational: restarting,
  replay: replaying,
  archival: replaying,
}

const place = (scope: Scope): string => join(temporaryDirectory(scope), 'store')

async function open(scope: Scope, directory: string): Promise<Controller> {
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  scope.after(() => controller.shutdown())
  return controller
}

async function openFork(scope: Scope, directory: string): Promise<Controller> {
  const copy = place(scope)
  forkStore(directory, copy)
  return open(scope, copy)
}

async function exported(scope: Scope, directory: string, mode: ExportMode): Promise<string> {
  const to = temporaryDirectory(scope)
  await exportStore(directory, to, { mode })
  return to
}

/** The code that an import refuses, as it lists it. */
async function untrustedIn(from: string, to: string): Promise<readonly { kind: string; bundle: string }[]> {
  try {
    await importStore(from, to)
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === 'store/untrusted-code', String(error))
    const { untrusted } = error.detail
    assert.ok(Array.isArray(untrusted))
    return untrusted.map((each: unknown) => {
      assert.ok(isRecord(each))
      return { kind: String(each['kind']), bundle: String(each['bundle']) }
    })
  }
  return assert.fail('it was not refused')
}

const execute = promisify(execFile)

for (const mode of exportModes) {
  test(`an ${mode} export carries three versions to a process that has none, in the middle of a rollout`, async (t) => {
    const origin = await openFork(t, rolloutOf[mode])
    const views = await origin.workers()
    const to = place(t)
    const from = await exported(t, rolloutOf[mode], mode)
    const untrusted = await untrustedIn(from, to)
    const supervisors = ['older', 'next'].map((label) => views.find(({ note }) => note?.label === label)?.supervisor)
    assert.deepEqual(
      new Set(untrusted.filter(({ kind }) => kind === 'supervisor').map(({ bundle }) => bundle)),
      new Set(supervisors),
    )
    assert.equal(existsSync(join(to, 'heirloom.sqlite')), false)
    const program = join(import.meta.dirname, 'importing.ts')
    const trust = supervisors.map((id) => id ?? assert.fail())
    const { stdout } = await execute(execPath, [program, from, to, ...trust])
    const sights = JSON.parse(stdout) as readonly Sight[]
    const [before, after] = sights
    assert.deepEqual(new Set(before?.workers), new Set(views.map(({ id }) => id)), 'vats run on all three')
    assert.equal(new Set(after?.workers).size, 2, 'the rollout went on to its end')
    assert.deepEqual(sights, await continueVersioned(origin))
    assert.deepEqual(await deviationsIn(to), [])
  })
}

test('a rollout by replay faults without the deliveries, changes nothing, and can be aborted', async (t) => {
  const to = place(t)
  const from = await exported(t, replaying, 'operational')
  await importStore(from, to, { trust: (await untrustedIn(from, to)).map(({ bundle }) => bundle) })
  const before = rootOf(await exported(t, to, 'operational'))
  const faulty = await open(t, to)
  await assert.rejects(faulty.run(), { code: 'machine/failed' })
  await faulty.shutdown()
  assert.equal(rootOf(await exported(t, to, 'operational')), before)
  const controller = await open(t, to)
  await controller.abortRollout('it was exported without transcripts')
  const [sight] = await continueVersioned(controller)
  assert.match(sight?.rollout ?? '', /"state":"aborted"/)
  assert.equal(new Set(sight?.workers).size, 3)
  assert.ok(sight?.answers.every((answer) => answer.includes('fulfilled')), sight?.answers.join())
})

const rootOf = (directory: string): string => {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
  assert.ok(isRecord(manifest))
  return String(manifest['rootHash'])
}

// --- retirement

/** The bundles of code in an export. */
const codeIn = (directory: string): ReadonlySet<string> =>
  new Set(
    readdirSync(directory)
      .filter((name) => name.startsWith('bundle-') && !name.startsWith('bundle-vat-'))
      .map((name) => `b1-${/-([0-9a-f]{64})\.bin$/.exec(name)?.[1]}`),
  )

const partsOf = ({ engine, supervisor, image }: WorkerVersion): readonly BundleId[] => [
  engine,
  supervisor,
  image,
]

test('the bundles of a retired version are freed by prune, but for what others share, and not exported', async (t) => {
  const world = await openWorld(t, { vats: { vat: { setup: 'me.count = 0n' } } })
  const { controller } = world
  const standard = await controller.worker('default')
  const supervisor = await sameSupervisor()
  const older = await controller.installWorker({ engine: 'quickjs-wasi-3.5.0', supervisor, label: 'older' })
  const spare = await controller.installWorker({ engine: standard.engine, supervisor, label: 'spare' })
  for (const label of ['older', 'spare', 'default']) {
    answerOf(await world.settle(await controller.upgradeWorker('vat', label)))
    await world.run('vat', 'me.count += 1n')
  }
  answerOf(await world.settle(await controller.retireWorker('older')))
  await controller.commit()
  const all = new Set([standard, older, spare].flatMap(partsOf))
  assert.ok(all.isSubsetOf(codeIn(await exported(t, world.directory, 'operational'))), 'it is there until then')
  // The supervisor is that of the spare version, too.
  const { bundles } = await controller.prune({ bundles: true })
  assert.equal(bundles, 2)
  const left = codeIn(await exported(t, world.directory, 'operational'))
  assert.deepEqual(
    [...all].filter((id) => !left.has(id)).sort(),
    [older.engine, older.image].sort(),
  )
  answerOf(await world.settle(await controller.retireWorker('spare')))
  await controller.commit()
  assert.equal((await controller.prune({ bundles: true })).bundles, 2)
  const last = codeIn(await exported(t, world.directory, 'archival'))
  assert.deepEqual([...all].filter((id) => last.has(id)).sort(), [...partsOf(standard)].sort())
  await world.reopen({ verify: 'all' })
  assert.equal(await world.run('vat', 'return me.count'), 3n)
  // What was freed can be installed again.
  const again = await world.controller.installWorker({ engine: 'quickjs-wasi-3.5.0', supervisor, label: 'again' })
  assert.equal(again.id, older.id)
  answerOf(await world.settle(await world.controller.upgradeWorker('vat', 'again')))
  assert.equal(await world.run('vat', 'return me.count += 1n'), 4n)
})

// --- snapshots

test('a snapshot is read by no other version: evicted after a replay, a vat has the heap of its new one', async (t) => {
  const world = await openWorld(t, { config: { snapshotInterval: 3 } })
  const { controller } = world
  const setup = 'me.count = 0n; me.texts = []'
  const { id } = await controller.installWorker('quickjs-wasi-3.5.0')
  await world.create('moved', { setup })
  await world.create('native', { setup, worker: id })
  const work = async (name: string): Promise<void> => {
    for (let n = 0; n < 7; n += 1) await world.run(name, 'me.texts.push(`${me.count += 1n}`); return me.texts.length')
  }
  for (const name of ['moved', 'native']) await work(name)
  const old = await controller.heapHash('moved')
  assert.notEqual((await controller.vat('moved')).snapshotHash, null)
  answerOf(await world.settle(await controller.upgradeWorker('moved', id)))
  const [moved, native] = [await controller.heapHash('moved'), await controller.heapHash('native')]
  assert.notEqual(moved, old)
  assert.equal(moved, native, 'as if it had always been there')
  assert.equal((await controller.vat('moved')).snapshotHash, moved)
  await controller.evictWorkers()
  assert.equal(await controller.heapHash('moved'), native)
  await world.reopen({ verify: 'all' })
  assert.equal(await world.controller.heapHash('moved'), native)
  for (const name of ['moved', 'native']) await work(name)
  assert.equal(await world.controller.heapHash('moved'), await world.controller.heapHash('native'))
  assert.equal(await world.run('moved', 'return me.texts.at(-1)'), '14')
})
