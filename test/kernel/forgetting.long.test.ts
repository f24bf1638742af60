/**
 * What was kept of a vat that has ended, for the holders of its admin node, goes in bounded steps once there
 * are none.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HistoryEntry } from '../../src/protocol/reports/history.ts'
import { historyLimits } from '../../src/protocol/limits.ts'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { readRows } from '../kit/rows.ts'
import { openWorld, puppet, type Scope, type World } from '../kit/world.ts'
import { allRows, changed, dying } from './cleanup.ts'

const cleanupBudget = 100
const tries = 2_500

/** Nothing is left of the vat but what the admin node answers with, which is much; `friend` holds that. */
async function openKept(scope: Scope): Promise<World> {
  const world = await openWorld(scope, { vats: { friend: puppet }, config: { cleanupBudget } })
  const { adminNode } = await world.create('mortal')
  const bundle = await world.install()
  // A replay takes no parameters, so that each is refused at once; and each is remembered.
  for (let n = 0; n < tries; n += 1)
    await world.controller.forget(
      await world.controller.upgradeVat('mortal', bundle, { mode: 'replay', parameters: { n } }),
    )
  await world.run(
    'friend',
    `me.admin = args[0]
    return E(me.admin).terminateWithFailure(harden({ because: Far('reason', {}) }))`,
    adminNode,
  )
  await world.forgetAll()
  await world.controller.run()
  return world
}

const kept = (world: World): string[] =>
  [...readRows(world.directory, 'kernel').keys()].filter((key) => new RegExp(`\\b${dying}\\b`).test(key))

/** Lets go of the admin node, and does nothing of what follows from it. */
async function letGo(world: World): Promise<void> {
  await world.run('friend', 'me.admin = undefined')
  await world.controller.collectAll()
  await world.controller.run({ cleanups: 0 })
  await world.controller.commit()
}

/** Step by step; gives how many rows each changed. */
async function forgetStepwise(
  world: World,
  between: (step: number) => Promise<void> = async () => {},
): Promise<number[]> {
  const steps: number[] = []
  for (;;) {
    const before = allRows(world)
    const { cranks, cleanups } = await world.controller.run({ cranks: 1 })
    await world.controller.commit()
    if (cranks === 0) return steps
    const item = cleanups === 1
    if (item) steps.push(changed(before, allRows(world)))
    await world.audit()
    await between(steps.length)
  }
}

test('the newest entries of a long history are told, and the end of the vat, for as long as somebody holds its admin node', async (t) => {
  const world = await openKept(t)
  const told = (await world.run('friend', 'return E(me.admin).history()')) as HistoryEntry[]
  assert.deepEqual(
    [told.length, told.at(-1)?.outcome.kind, told.at(-1)?.mode],
    [historyLimits.returned, 'refused', 'replay'],
  )
  await world.controller.commit()
  assert.deepEqual(
    kept(world).filter((key) => !key.startsWith('history.')),
    [`admin.${dying}`, `ended.${dying}`],
  )
  assert.equal(kept(world).length, tries + 3)
})

test('no crank of it changes more rows than the budget, the store is whole after each, and nothing is left', async (t) => {
  const straight = await openKept(t)
  await letGo(straight)
  assert.equal((await straight.controller.storeStatus()).cleanups, 1)
  assert.equal(
    kept(straight).filter((key) => key.startsWith('history.')).length,
    tries + 1,
    'nothing of it went with the admin node',
  )
  const steps = await forgetStepwise(straight)
  assert.ok(steps.length > tries / cleanupBudget, `${steps.length} steps`)
  assert.ok(Math.max(...steps) <= cleanupBudget, steps.join())
  assert.deepEqual(kept(straight), [])
  assert.equal((await straight.controller.storeStatus()).cleanups, 0)
  assert.ok(
    ![...readRows(straight.directory, 'kernel').values()].some((text) => text.includes('Alleged: reason')),
    'the reason is let go too',
  )

  const broken = await openKept(t)
  await letGo(broken)
  const again = await forgetStepwise(broken, async (step) => {
    if (step % 5 === 0) await broken.restart({ verify: 'all' })
  })
  assert.deepEqual(again, steps)
  assert.equal(await broken.activityHash(), await straight.activityHash())
})

test('a host that is killed in the middle of it comes to the same end', async (t) => {
  const calm = await openKept(t)
  await letGo(calm)
  while ((await calm.controller.run({ cleanups: 1 })).cleanups > 0) await calm.controller.commit()
  const end = await calm.activityHash()

  const world = await openKept(t)
  await letGo(world)
  await world.controller.shutdown()
  const program = join(import.meta.dirname, 'killed-cleaner.ts')
  for (const steps of [3, 8, 5, Infinity]) {
    const last = await runUntilKilled(program, [world.directory], steps)
    assert.equal(last === 'done', steps === Infinity)
    assert.deepEqual(await deviationsIn(world.directory), [], `after death at ${last}`)
  }
  await world.open({ verify: 'all' })
  assert.equal(await world.activityHash(), end)
  assert.deepEqual(kept(world), [])
})

test('an admin node that is let go while its vat is cleaned up leaves what it told to that cleanup', async (t) => {
  const world = await openWorld(t, {
    vats: { friend: puppet, mortal: puppet },
    config: { cleanupBudget: 20 },
  })
  await world.controller.terminateVat('mortal', 'too much')
  await world.controller.run({ cleanups: 1 })
  await world.forgetAll()
  await world.controller.run({ cleanups: 0 })
  assert.equal((await world.controller.storeStatus()).cleanups, 1, 'no second job')
  await forgetStepwise(world)
  assert.deepEqual(kept(world), [])
})
