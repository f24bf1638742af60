/**
 * Cleaning up after vats that have ended: bounded steps, when nothing else is to be done, over anything that
 * happens meanwhile.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Remote } from '../../src/host/index.ts'
import { cleanupPhases, type CleanupView } from '../../src/protocol/kernel/views.ts'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { query, readRows } from '../kit/rows.ts'
import { answerOf, openWorld, puppet, rejectionOf, type World } from '../kit/world.ts'
import { allRows, changed, dying, openEnded } from './cleanup.ts'

const much = { budget: 100, things: 20, rows: 300 }

const progressOf = async (world: World): Promise<CleanupView | null> =>
  (await world.controller.vats()).find(({ vat }) => vat === dying)?.cleanup ?? null

/** Runs to the end of everything, step by step; gives what was seen of the job after each. */
async function cleanStepwise(world: World, between: (step: number) => Promise<void>): Promise<CleanupView[]> {
  const seen: CleanupView[] = []
  for (let step = 0; ; step += 1) {
    assert.ok(step < 200, 'it ends')
    await world.controller.run({ cleanups: 0 })
    await world.controller.commit()
    const before = allRows(world)
    const { cranks, cleanups, ended } = await world.controller.run({ cranks: 1 })
    await world.controller.commit()
    if (cranks === 0) {
      assert.equal(ended, 'idle')
      return seen
    }
    assert.equal(cleanups, 1)
    const rows = changed(before, allRows(world))
    assert.ok(rows <= much.budget, `${rows} rows changed in a crank; the budget is ${much.budget}`)
    const progress = await progressOf(world)
    if (progress !== null) seen.push(progress)
    await world.audit()
    await between(step)
  }
}

/** Nothing of the vat is in the store, but what its admin node would answer with. */
function assertGone(world: World): void {
  const left = [...readRows(world.directory, 'kernel').keys()].filter((key) =>
    new RegExp(`\\b${dying}\\b`).test(key),
  )
  assert.deepEqual(
    left.filter((key) => !key.startsWith(`history.${dying}.`)),
    [`admin.${dying}`, `ended.${dying}`],
  )
  assert.equal(left.length, 3)
  assert.equal(readRows(world.directory, `vat/${dying}`).size, 0)
  for (const table of ['span', 'entry', 'snapshot', 'page_use'])
    assert.deepEqual(query(world.directory, `SELECT * FROM ${table} WHERE vat = ?`, dying), [], table)
}

// Cl1, Cl2, Cl3.
test('no crank changes more rows than the budget, the store is whole after each, and a new opening in between changes nothing', async (t) => {
  const straight = await openEnded(t, much)
  const seen = await cleanStepwise(straight, async () => {})
  const broken = await openEnded(t, much)
  const seenAgain = await cleanStepwise(broken, () => broken.restart({ verify: 'all' }))
  assert.deepEqual(seenAgain, seen)
  assert.equal(await broken.activityHash(), await straight.activityHash())

  assert.ok(seen.length >= 8, `${seen.length} steps`)
  const order = seen.map(({ phase }) => cleanupPhases.indexOf(phase))
  assert.deepEqual(order, [...order].sort((a, b) => a - b), 'phases follow each other')
  for (const [index, { steps, rows }] of seen.entries()) {
    assert.equal(steps, seen[0]!.steps + index)
    assert.ok(index === 0 || rows > seen[index - 1]!.rows)
  }
  for (const world of [straight, broken]) {
    await world.controller.commit()
    assertGone(world)
    assert.equal(await world.run('friend', 'return me.broken'), much.things)
  }
})

test('what is not orphaned yet answers as what is: the vat has ended', async (t) => {
  const world = await openEnded(t, much)
  let steps = 0
  while ((await progressOf(world)) !== null) {
    for (const target of ['0', '19']) {
      const asked = await world.controller.send('friend', 'run', [
        `return E(me.held[0][${target}]).anything().catch((reason) => reason)`,
      ])
      await world.controller.run({ cleanups: 0 })
      assert.equal((answerOf(await world.take(asked)) as { code: string }).code, 'vat-terminated')
    }
    const root = (await world.controller.vat(dying)).root
    const asked = await world.controller.send(new Remote(root), 'echo')
    await world.controller.run({ cleanups: 0 })
    rejectionOf(await world.take(asked), 'vat-terminated')
    await world.controller.run({ cleanups: 1 })
    steps += 1
  }
  assert.ok(steps >= 8)
})

test('a run does as many cleanups as it may, and says how many it did', async (t) => {
  const world = await openEnded(t, much)
  const none = await world.controller.run({ cleanups: 0 })
  assert.deepEqual([none.cleanups, none.ended], [0, 'limit'])
  const two = await world.controller.run({ cleanups: 2 })
  assert.deepEqual([two.cleanups, two.ended], [2, 'limit'])
  assert.equal((await world.controller.storeStatus()).cleanups, 1)
  const rest = await world.controller.run()
  assert.ok(rest.cleanups >= 5 && rest.ended === 'idle')
  assert.equal((await world.controller.storeStatus()).cleanups, 0)
  assert.deepEqual(
    [(await world.controller.run()).cleanups, (await world.controller.run({ cleanups: 0 })).ended],
    [0, 'idle'],
  )
})

test('messages come before cleaning up', async (t) => {
  const world = await openEnded(t, much)
  await world.controller.run({ cleanups: 1 })
  for (let n = 0; n < 5; n += 1) await world.controller.sendOnly('friend', 'echo', [n])
  const { deliveries, cleanups } = await world.controller.run({ cranks: 5 })
  assert.deepEqual([deliveries, cleanups], [5, 0])
})

test('while it is cleaned up a vat is terminated, cannot be asked for anything, and its name is free', async (t) => {
  const world = await openEnded(t, much)
  const { status, name } = await world.controller.vat(dying)
  assert.deepEqual([name, status.kind === 'terminated' && status.message], ['mortal', 'too much'])
  await assert.rejects(world.controller.heapHash(dying), { code: 'vat/terminated' })
  for (const request of [
    await world.controller.suspendVat(dying, 'x'),
    await world.controller.resumeVat(dying),
    await world.controller.changeVatOptions(dying, { onFault: 'suspend' }),
  ]) {
    rejectionOf(await world.take(request), 'vat-terminated')
  }
  assert.deepEqual(answerOf(await world.take(await world.controller.terminateVat(dying, 'x'))), {
    outcome: 'was-terminated',
  })
  const made = await world.controller.createVat('mortal', await world.install(), { parameters: {} })
  await world.controller.run({ cleanups: 0 })
  answerOf(await world.take(made))
  assert.equal((await world.controller.vat('mortal')).vat, 'v4')
  assert.equal((await world.controller.vat(dying)).status.kind, 'terminated')
})

test('several vats that have ended are cleaned up one after the other', async (t) => {
  const world = await openWorld(t, {
    vats: { one: puppet, two: puppet, three: puppet },
    config: { cleanupBudget: 20 },
  })
  for (const vat of ['one', 'two', 'three']) await world.controller.terminateVat(vat, 'x')
  const { cleanups } = await world.controller.storeStatus()
  assert.equal(cleanups, 3)
  const gone: string[] = []
  while ((await world.controller.run({ cleanups: 1 })).cleanups > 0)
    gone.push((await world.controller.vats()).map(({ vat }) => vat).join())
  assert.deepEqual(
    [...new Set(gone)].filter((vats) => vats !== 'v1,v2,v3'),
    ['v2,v3', 'v3', ''],
  )
})

test('a budget of one row still comes to an end', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet }, config: { cleanupBudget: 1 } })
  await world.run('one', 'baggage.init("k", 1n)')
  await world.controller.terminateVat('one', 'x')
  assert.ok((await world.controller.run()).cleanups > 5)
  assert.deepEqual(await world.controller.vats(), [])
})

test('two vats that end while each holds the other are both gone', async (t) => {
  const world = await openWorld(t, { vats: { one: puppet, two: puppet }, config: { cleanupBudget: 30 } })
  for (const [vat, other] of [
    ['one', 'two'],
    ['two', 'one'],
  ] as const) {
    await world.run(
      vat,
      'me.far = Far("far", {}); me.p = new Promise(() => {}); E.sendOnly(args[0]).put("held", harden([me.far, me.p]))',
      (await world.root(other)) as Remote,
    )
  }
  await world.forgetAll()
  for (const vat of ['one', 'two']) await world.take(await world.controller.terminateVat(vat, 'x'))
  await world.forgetAll()
  await world.controller.run()
  const left = [...(await world.rows('kernel')).keys()].filter((key) =>
    /^(?:object|promise|c|vat|ended|job|data)\./.test(key),
  )
  assert.deepEqual(left, ['object.ko1'], 'only vatAdmin is left')
})

test('a host that is killed in the middle of it, again and again, comes to the same end', async (t) => {
  const calm = await openEnded(t, much)
  await calm.controller.commit()
  while ((await calm.controller.run({ cleanups: 1 })).cleanups > 0) await calm.controller.commit()
  await calm.restart()

  const world = await openEnded(t, much)
  await world.controller.commit()
  await world.controller.shutdown()
  const program = join(import.meta.dirname, 'killed-cleaner.ts')
  let deaths = 0
  for (const steps of [1, 2, 1, 3, Infinity]) {
    const last = await runUntilKilled(program, [world.directory], steps)
    assert.deepEqual(await deviationsIn(world.directory), [], `after death at ${last}`)
    if (last !== 'done') deaths += 1
    else assert.equal(steps, Infinity, 'it lived too long for the test')
  }
  assert.equal(deaths, 4)
  await world.open({ verify: 'all' })
  assert.equal(await world.activityHash(), await calm.activityHash())
  await world.controller.commit()
  assertGone(world)
})

test('each step reports the results that it rejects to a host that asked for that, and a fault among them pauses the kernel', async (t) => {
  const world = await openWorld(t, { vats: { mortal: puppet }, config: { cleanupBudget: 50 } })
  const { controller } = world
  const pending = (onRejection: 'log' | 'fault') =>
    controller.send('mortal', 'run', ['return new Promise(() => {})'], { onRejection })
  for (let n = 0; n < 40; n += 1) await pending('log')
  await pending('fault')
  await controller.run()
  await controller.terminateVat('mortal', 'enough')
  const [reported, ended] = [[] as number[], [] as string[]]
  for (let steps = 0; steps < 100; steps += 1) {
    const run = await controller.run({ cranks: 1 })
    reported.push(...run.rejections.map(({ sequence }) => sequence))
    ended.push(run.ended)
    await world.audit()
    if (run.ended === 'paused') await controller.resumeKernel()
    if (run.ended === 'idle') break
  }
  assert.equal(new Set(reported).size, reported.length, 'each is reported once')
  assert.deepEqual(
    [reported.length, ended.filter((end) => end === 'paused').length, ended.at(-1)],
    [41, 1, 'idle'],
  )
})
