/** Local faults that take a process of their own: no memory for a thread, and none for the heap of a vat. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { kernelThatCannotRun, kernelThatFillsMemory } from '../kit/kernelVariants.ts'
import { withoutMounts, withSmallDisk } from '../kit/ordinaryUser.ts'
import { answerOf, openWorld, temporaryDirectory } from '../kit/world.ts'
import { assertLikeTwin, faulty } from './localFaults.ts'

function runProgram(
  flags: readonly string[],
  name: string,
  ...args: readonly string[]
): Record<string, unknown> {
  const program = join(import.meta.dirname, name)
  const words = [...flags, program, ...args]
  const { stdout, stderr, status, signal } = spawnSync(execPath, words, { encoding: 'utf8' })
  assert.equal(status, 0, `${String(signal)} ${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

test('a kernel that fills memory ends its thread, not its process, and the store goes on', async (t) => {
  const setting = await faulty(t, await kernelThatFillsMemory('poison'))
  const { world } = setting
  await world.controller.shutdown()
  const { before, met, after } = runProgram(['--max-old-space-size=200'], 'memory-hungry.ts', world.directory)
  assert.deepEqual(met, ['machine/out-of-memory', 'machine/out-of-memory'])
  assert.equal(after, before)
  await world.open()
  await assertLikeTwin(setting)
})

// Mtr3.
test('memory that the machine refuses to a heap within its limit is no fault of the vat', async (t) => {
  const setting = await faulty(t)
  const { world, twin } = setting
  await world.controller.shutdown()
  const { before, met, commit, after, small } = runProgram(
    ['--wasm-max-mem-pages=512'],
    'poor-machine.ts',
    world.directory,
  )
  assert.deepEqual(met, ['machine/failed', 'engine/host-memory'])
  assert.deepEqual(commit, met)
  assert.deepEqual(after, before)
  assert.equal(small, 'fulfilled')
  await world.open()
  // With memory, the same delivery succeeds, as on the twin.
  const undisturbed = await openController({ directory: twin, make: 'never' })
  for (const controller of [world.controller, undisturbed]) {
    const request = await controller.send('one', 'run', ['me.large = new Uint8Array(64 * 1024 * 1024); return me.large.length'])
    await controller.run()
    assert.equal(answerOf(await controller.status(request)), 64 * 1024 * 1024)
    await controller.commit()
  }
  await undisturbed.shutdown()
  await assertLikeTwin(setting)
})

// Pul1, Wch2.
test('long pieces of work are not taken for a hang: a run, a replay, an audit, a compaction', async (t) => {
  const world = await openWorld(t, {
    vats: { one: { setup: 'me.count = 0n' }, two: {} },
    config: { snapshotInterval: 1_000_000 },
    open: { watchdog: { seconds: 3 } },
  })
  const { controller } = world
  const two = await world.root('two')
  const talk = 'for (let n = 0; n < 200; n += 1) E(args[0]).echo(n)'
  for (let round = 0; round < 75; round += 1) await controller.sendOnly('one', 'run', [talk, two])
  await controller.run()
  await controller.commit()
  await controller.evictWorkers()
  assert.match(await controller.heapHash('two'), /^[0-9a-f]{64}$/)
  assert.deepEqual((await controller.audit({ depth: 'all' })).deviations, [])
  await controller.prune({ compact: true })
  assert.equal((await controller.storeStatus()).state.kind, 'ready')
})

const onFullDisk = 'a fault that cannot be recorded on a full disk is local, and a commit that did not fit is tried again'

// Dri4, Ma6.
test(onFullDisk, { skip: withoutMounts }, async (t) => {
  const { world } = await faulty(t, await kernelThatCannotRun('poison'))
  await world.controller.shutdown()
  const program = join(import.meta.dirname, 'full-disk-fault.ts')
  const disk = temporaryDirectory(t)
  const [command = '', ...words] = withSmallDisk(disk, 64, [execPath, program, world.directory, disk])
  const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' })
  assert.match(stdout, /^\{/, stderr)
  const { before, met, after, refused, committed, expected } = JSON.parse(stdout) as Record<string, unknown>
  const full = ['machine/failed', 'store/write-failed']
  assert.deepEqual(met, [full, full])
  assert.deepEqual(after, before)
  assert.deepEqual(refused, ['store/write-failed', null])
  assert.deepEqual(committed, expected)
  await world.open()
})
