/** Rollouts: many vats are moved to another worker version, paced by blocks. */
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { supervisorBytes } from '../../src/release/release.ts'
import { forkStore, openController, type RolloutOptions } from '../../src/host/index.ts'
import type { RolloutVat, RolloutView } from '../../src/protocol/worker/rollout.ts'
import { answerOf, openWorld, rejectionOf, temporaryDirectory, type World } from '../kit/world.ts'

const ends: (() => void | Promise<void>)[] = []
const whenDone = { after: (end: () => void | Promise<void>) => void ends.push(end) }
after(async () => {
  for (const end of ends) await end()
})
let prepared: string

/** Six vats; three has done much in one delivery. */
before(async () => {
  const world = await openWorld(whenDone, { config: { snapshotInterval: 5 } })
  const supervisor = Buffer.concat([await supervisorBytes(), Buffer.from('\n')])
  await world.controller.installWorker({ engine: engineNames[0], supervisor, label: 'longer' })
  await world.controller.installWorker({ engine: 'quickjs-wasi-3.5.0', label: 'older' })
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six'])
    await world.create(name, { setup: 'me.count = 0n' })
  await world.run('three', 'for (let i = 0; i < 2000000; i += 1) me.count = 0n')
  await world.forgetAll()
  await world.controller.run()
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  prepared = world.directory
})

/** The vat three cannot follow to another version: it may not do as much in one delivery as it did. */
async function limitThree(world: World, computronsPerDelivery = 5_000_000n): Promise<void> {
  answerOf(await world.settle(await world.controller.changeVatOptions('three', { computronsPerDelivery })))
}

const openCopy = (t: TestContext): Promise<World> => openWorld(t, { from: prepared })

const started = async (world: World, worker: string, options: RolloutOptions = {}): Promise<RolloutView> =>
  answerOf(await world.take(await world.controller.startRollout(worker, options))) as RolloutView

/** Runs and commits until the rollout does not run any more. Returns how many vats each block decided. */
async function runBlocks(world: World): Promise<readonly number[]> {
  const decided: number[] = []
  for (;;) {
    const { decided: done } = await rolloutOf(world)
    await world.controller.run()
    const now = await rolloutOf(world)
    await world.controller.commit()
    decided.push(now.decided - done)
    if (now.state !== 'running') return decided
  }
}

async function rolloutOf(world: World): Promise<RolloutView> {
  const rollout = await world.controller.rollout()
  assert.ok(rollout !== undefined)
  return rollout
}

const outcomes = async (world: World): Promise<readonly string[]> =>
  (await world.controller.rolloutVats()).map(({ vat, outcome }: RolloutVat) => `${vat} ${outcome}`)

// Ma6.
test('a commit that fails while a rollout runs, and is tried again, is one block as any other', async (t) => {
  const [disturbed, twin] = [await openCopy(t), await openCopy(t)]
  for (const world of [disturbed, twin]) {
    await started(world, 'longer', { perBlock: { vats: 2 } })
    await world.controller.run()
  }
  const file = join(disturbed.directory, 'heirloom.sqlite')
  renameSync(file, `${file}.away`)
  for (let round = 0; round < 2; round += 1)
    await assert.rejects(disturbed.controller.commit(), { code: 'store/moved' })
  renameSync(`${file}.away`, file)
  for (const { controller } of [disturbed, twin]) await controller.commit()
  assert.deepEqual(await runBlocks(disturbed), await runBlocks(twin))
  assert.equal(await disturbed.activityHash(), await twin.activityHash())
})

test('all vats are moved, no more in a block than the pace allows (Rol2)', async (t) => {
  const world = await openCopy(t)
  assert.equal((await started(world, 'longer', { perBlock: { vats: 4 } })).vats, 6)
  assert.deepEqual(await runBlocks(world), [4, 2])
  assert.deepEqual(new Set((await outcomes(world)).map((each) => each.split(' ')[1])), new Set(['moved']))
  assert.equal((await rolloutOf(world)).state, 'done')
  const { id } = await world.controller.worker('longer')
  assert.ok((await world.controller.vats()).every(({ worker }) => worker === id))
  assert.equal(await world.run('one', 'return ++me.count'), 1n)
})

test('a limit of computrons in a block ends the work of the block (Rol2)', async (t) => {
  const world = await openCopy(t)
  await started(world, 'longer', { perBlock: { computrons: 1n } })
  assert.deepEqual(await runBlocks(world), [1, 1, 1, 1, 1, 1])
})

test('vats are selected by name, pattern, version and bundle', async (t) => {
  const world = await openCopy(t)
  const { bundle } = await world.controller.vat('one')
  for (const [options, vats] of [
    [{ vats: ['two', 'six'] }, ['two', 'six']],
    [{ pattern: 't*' }, ['two', 'three']],
    [{ pattern: '*e' }, ['one', 'three', 'five']],
    [{ pattern: 'f*r' }, ['four']],
    [{ pattern: 'ont*' }, []],
    [{ worker: 'longer' }, []],
    [{ bundle, pattern: 'six' }, ['six']],
  ] as const) {
    await started(world, 'longer', options)
    const names = await Promise.all(
      (await world.controller.rolloutVats()).map(async ({ vat }) => (await world.controller.vat(vat)).name),
    )
    assert.deepEqual(names, vats)
    if (names.length > 0) answerOf(await world.take(await world.controller.abortRollout('only a look')))
  }
})

for (const [onFailure, outcome, status] of [
  ['keep', 'kept', 'running'],
  ['restart', 'restarted', 'running'],
  ['suspend', 'suspended', 'suspended'],
] as const) {
  test(`a vat that cannot follow is treated by the policy ${onFailure}, and the others are moved (Rol3)`, async (t) => {
    const world = await openCopy(t)
    await limitThree(world)
    await world.settle(await world.controller.upgradeWorker('one', 'older'))
    await started(world, 'older', { onFailure, vats: ['one', 'two', 'three', 'four'] })
    await runBlocks(world)
    const { vat } = await world.controller.vat('three')
    assert.deepEqual(
      (await outcomes(world)).map((each) => each.split(' ')[1]),
      ['already', 'moved', outcome, 'moved'],
    )
    assert.equal((await world.controller.vat('three')).status.kind, status)
    const refusal = (await world.controller.rolloutVats()).find((each) => each.vat === vat)?.refusal
    assert.equal(refusal?.code, 'replay/exhausted')
    assert.match(refusal.message, /delivery 1 of v\d+ went another way/)
  })
}

test('a rollout that stops at a vat continues with it when it is resumed (Rol3)', async (t) => {
  const world = await openCopy(t)
  await limitThree(world)
  await started(world, 'older', { onFailure: 'stop' })
  await runBlocks(world)
  const stopped = await rolloutOf(world)
  assert.deepEqual([stopped.state, stopped.decided], ['stopped', 2])
  assert.match(stopped.reason ?? '', /^vat three/)
  await limitThree(world, 1_000_000_000n)
  answerOf(await world.take(await world.controller.resumeRollout()))
  await runBlocks(world)
  assert.equal((await rolloutOf(world)).state, 'done')
  assert.ok((await outcomes(world)).every((each) => each.endsWith(' moved')))
})

test('others react to a move before the next vat is moved (Rol1)', async (t) => {
  const world = await openCopy(t)
  await started(world, 'longer', { vats: ['one', 'two'], mode: 'restart' })
  const log: string[] = []
  const report = await world.controller.run({ onCrank: 'record' })
  for (const { vat } of report.recorded) log.push(vat ?? 'kernel')
  const [first, second] = await Promise.all(['one', 'two'].map(async (name) => (await world.controller.vat(name)).vat))
  assert.ok(log.indexOf(first ?? '') < log.indexOf(second ?? ''))
})

/** The vats one and four send each other a message after the other. */
async function workForEver(world: World): Promise<void> {
  const ball = "me.ball = Far('ball', { pass: (to) => E.sendOnly(to).pass(me.ball) });"
  const other = await world.run('four', `${ball} return me.ball`)
  await world.controller.sendOnly('one', 'run', [`${ball} E.sendOnly(args[0]).pass(me.ball)`, other])
  assert.equal((await world.controller.run({ cranks: 50 })).cranks, 50)
}

test('work that never ends does not hold up a rollout (Rol4)', async (t) => {
  const world = await openCopy(t)
  await workForEver(world)
  await started(world, 'longer', { vats: ['two', 'five'], perBlock: { vats: 1 } })
  for (let block = 0; block < 6; block += 1) {
    await world.controller.run({ cranks: 20 })
    await world.controller.commit()
  }
  assert.equal((await rolloutOf(world)).state, 'done')
  answerOf(await world.take(await world.controller.terminateVat('one', 'it never ends')))
  await world.controller.run()
})

test('a vat that drains when its turn comes is upgraded first, and then moved (Rol4)', async (t) => {
  const world = await openCopy(t)
  await world.controller.sendOnly('two', 'run', [
    'E(args[0]).run("return new Promise(() => {})").catch(() => {})',
    await world.root('three'),
  ])
  await workForEver(world)
  const { bundle } = await world.controller.vat('two')
  const upgrade = await world.controller.upgradeVat('two', bundle, {
    parametersFrom: 'kept',
    drain: { maxCranks: 1_000_000 },
  })
  await world.controller.run({ cranks: 20 })
  assert.equal((await world.controller.vat('two')).status.kind, 'draining')
  await started(world, 'longer', { vats: ['two'] })
  for (let block = 0; block < 3; block += 1) {
    await world.controller.run({ cranks: 20 })
    await world.controller.commit()
    await world.audit()
  }
  assert.equal((answerOf(await world.take(upgrade)) as { mode: string }).mode, 'durable')
  assert.deepEqual((await outcomes(world)).map((each) => each.split(' ')[1]), ['moved'])
  assert.equal((await world.controller.vat('two')).incarnation, 1)
  answerOf(await world.take(await world.controller.terminateVat('one', 'it never ends')))
  await world.controller.run()
})

test('a vat that waited for a rollout and cannot follow is suspended because of that (Rol5)', async (t) => {
  const world = await openCopy(t)
  await limitThree(world)
  await started(world, 'older', { onFailure: 'suspend', order: 'suspend-first', vats: ['two', 'three'] })
  await runBlocks(world)
  const { status } = await world.controller.vat('three')
  assert.equal(status.kind === 'suspended' ? status.cause : status.kind, 'upgrade-refused')
  assert.match(status.kind === 'suspended' ? status.message : '', /^vat three \(v\d+\) keeps its worker/)
  await limitThree(world, 1_000_000_000n)
  await started(world, 'older', { vats: ['three'] })
  await runBlocks(world)
  assert.equal((await world.controller.vat('three')).status.kind, 'running')
})

for (const end of ['moved', 'left'] as const) {
  test(`a vat that the host suspends while a rollout goes on stays suspended when it is ${end} (Rol5)`, async (t) => {
    const world = await openCopy(t)
    await started(world, 'longer', { order: 'suspend-first', vats: ['one', 'six'], perBlock: { vats: 1 } })
    await world.controller.run()
    answerOf(await world.take(await world.controller.resumeVat('six')))
    answerOf(await world.take(await world.controller.suspendVat('six', 'under audit')))
    if (end === 'left') answerOf(await world.take(await world.controller.abortRollout('enough')))
    else {
      await world.controller.commit()
      await runBlocks(world)
    }
    assert.deepEqual((await outcomes(world)).map((each) => each.split(' ')[1]), ['moved', end])
    const { status } = await world.controller.vat('six')
    assert.equal(status.kind === 'suspended' ? status.message : status.kind, 'under audit')
  })
}

test('with suspend-first all wait until they are moved, and none is lost or doubled (Rol5)', async (t) => {
  const world = await openCopy(t)
  await world.settle(await world.controller.suspendVat('six', 'under audit'))
  await started(world, 'longer', { order: 'suspend-first', perBlock: { vats: 2 } })
  const results = []
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six'])
    results.push(await world.controller.send(name, 'run', ['return ++me.count']))
  assert.equal((await world.controller.vat('five')).status.kind, 'suspended')
  await world.controller.run()
  assert.deepEqual(
    await Promise.all(results.map(async (each) => (await world.controller.status(each)).kind)),
    ['fulfilled', 'fulfilled', 'pending', 'pending', 'pending', 'pending'],
  )
  await world.controller.commit()
  await runBlocks(world)
  const six = (await world.controller.vat('six')).status
  assert.equal(six.kind === 'suspended' ? six.message : six.kind, 'under audit')
  answerOf(await world.settle(await world.controller.resumeVat('six')))
  for (const each of results) assert.equal(answerOf(await world.take(each)), 1n)
})

test('an abort resumes the vats that the rollout suspended (Rol5)', async (t) => {
  const world = await openCopy(t)
  await started(world, 'longer', { order: 'suspend-first', perBlock: { vats: 1 } })
  await world.controller.run()
  answerOf(await world.take(await world.controller.pauseRollout('lunch')))
  await world.controller.commit()
  await world.controller.run()
  assert.equal((await rolloutOf(world)).decided, 1)
  answerOf(await world.take(await world.controller.abortRollout('enough')))
  const vats = await world.controller.vats()
  assert.ok(vats.every(({ status }) => status.kind === 'running'))
  assert.deepEqual((await outcomes(world)).map((each) => each.split(' ')[1]), [
    'moved', 'left', 'left', 'left', 'left', 'left',
  ])
})

test('a second rollout, and orders without one, are refused', async (t) => {
  const world = await openCopy(t)
  await assert.rejects(world.controller.pauseRollout('why'), { code: 'worker/no-rollout' })
  await started(world, 'longer')
  await assert.rejects(world.controller.startRollout('older'), { code: 'worker/rollout-active' })
  await assert.rejects(world.controller.startRollout('nothing'), { code: 'worker/unknown' })
  const refused = rejectionOf(await world.settle(await world.controller.retireWorker('longer')), 'worker-in-use')
  assert.match(refused.message, /run on it|rollout 1 leads to it/)
  await runBlocks(world)
  await assert.rejects(world.controller.resumeRollout(), { code: 'worker/no-rollout' })
})

test('a rollout by replay and the pruning of the histories that it needs exclude each other', async (t) => {
  const world = await openCopy(t)
  await world.controller.setRetention({ transcripts: 'restart' })
  await assert.rejects(world.controller.startRollout('longer', { mode: 'auto' }), { code: 'worker/needs-history' })
  await world.controller.setRetention({ transcripts: 'incarnation' })
  await started(world, 'longer', { perBlock: { vats: 1 } })
  await assert.rejects(world.controller.setRetention({ transcripts: { blocks: 1 } }), { code: 'worker/rollout-active' })
  await assert.rejects(world.controller.prune({ transcripts: 'restart' }), { code: 'worker/rollout-active' })
  await runBlocks(world)
  await world.controller.setRetention({ transcripts: 'restart' })
})

test('a vat that ends or is upgraded meanwhile does not disturb the rollout', async (t) => {
  const world = await openCopy(t)
  await started(world, 'longer', { perBlock: { vats: 1 } })
  await world.controller.run()
  answerOf(await world.take(await world.controller.terminateVat('two', 'why')))
  const { bundle } = await world.controller.vat('three')
  const upgrade = await world.controller.upgradeVat('three', bundle, { parametersFrom: 'kept' })
  await world.controller.commit()
  await runBlocks(world)
  answerOf(await world.take(upgrade))
  assert.deepEqual((await outcomes(world)).map((each) => each.split(' ')[1]), [
    'moved', 'gone', 'moved', 'moved', 'moved', 'moved',
  ])
})

/** The hashes of all blocks of a rollout; with `lose` each is lost once before its commit, and run again. */
async function hashes(t: TestContext, blocks: 'commit' | 'lose'): Promise<readonly string[]> {
  const directory = temporaryDirectory(t)
  forkStore(prepared, `${directory}/store`)
  const open = { directory: `${directory}/store`, make: 'never', verify: 'lazy' } as const
  let controller = await openController(open)
  await controller.changeVatOptions('three', { computronsPerDelivery: 5_000_000n })
  await controller.startRollout('older', { onFailure: 'suspend', order: 'suspend-first', perBlock: { vats: 1 } })
  const found: string[] = [(await controller.commit()).activityHash]
  for (;;) {
    if (blocks === 'lose') {
      await controller.run()
      await controller.shutdown()
      controller = await openController(open)
    }
    await controller.run()
    found.push((await controller.commit()).activityHash)
    if ((await controller.rollout())?.state !== 'running') break
  }
  await controller.shutdown()
  return found
}

test('a rollout is a function of its inputs, whether or not the process ends in between', async (t) => {
  const whole = await hashes(t, 'commit')
  assert.equal(whole.length, 7)
  assert.deepEqual(await hashes(t, 'lose'), whole)
})
