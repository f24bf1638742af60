/** Histories replayed on what the store has, on another engine, and on a bundle that differs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replayVats } from '../../src/replay/index.ts'
import { forTheFile, openWorld, puppet } from '../kit/world.ts'
import { classesOf, clerk, workOf } from './clerk.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet, clerk: clerk('amount / 100n') } })
const feePosition = await workOf(world)
const bundle = await world.install(clerk('amount / 50n'))
await world.controller.commit()
const { directory } = world

test('the same code on the same worker is identical', async () => {
  const { worker } = await world.controller.vat('clerk')
  const report = await replayVats({ directory, worker })
  assert.deepEqual(classesOf(report), { friend: 'identical', clerk: 'identical' })
  assert.deepEqual([report.passed, report.worker], [true, worker])
})

test('an installed version is found by its label and as the default, as by every other call', async () => {
  const { worker: own } = await world.controller.vat('clerk')
  const older = await world.controller.installWorker({ engine: 'quickjs-wasi-3.5.0', label: 'older' })
  await world.controller.commit()
  for (const [worker, id] of [['older', older.id], ['default', own]] as const)
    assert.equal((await replayVats({ directory, worker, vats: ['clerk'] })).worker, id)
  await assert.rejects(replayVats({ directory, worker: 'oldest' }), { code: 'worker/unknown' })
})

test('on another engine a bundle that differs is reported at exactly that delivery', async () => {
  const report = await replayVats({ directory, worker: 'quickjs-wasi-3.5.0', vats: ['clerk'], bundle })
  assert.deepEqual(classesOf(report), { clerk: 'divergent' })
  const [vat] = report.vats
  assert.equal(report.passed, false)
  assert.ok(vat?.class === 'divergent')
  const { position, syscall } = vat.difference
  assert.deepEqual([vat.matched, position, syscall], [feePosition, feePosition, 2])
})
