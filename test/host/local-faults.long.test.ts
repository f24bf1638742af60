/**
 * Local faults: this machine cannot go on, and no other is concerned. Nothing of it is state: the store stays
 * at its last block, nothing accepted before it is lost, no vat is suspended, and what is done afterwards is
 * what an undisturbed twin does, crank by crank.
 */
import assert from 'node:assert/strict'
import { openSync, closeSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import {
  kernelThatCannotMigrate,
  kernelThatLoops,
  kernelThatNeverLoads,
  kernelThatRecurses,
  kernelThatSwallows,
} from '../kit/kernelVariants.ts'
import { query, tamper } from '../kit/rows.ts'
import { answerOf, openWorld } from '../kit/world.ts'
import { assertLikeTwin, faulty, hashOf, refusedLocally } from './localFaults.ts'

const method = 'poison'
const watchdog = { seconds: 3 } as const

// L3, L4, Wch1.
test('a kernel that computes without end is noticed, and the store goes on in the same process', async (t) => {
  const setting = await faulty(t, await kernelThatLoops(method), { watchdog })
  const { controller, directory } = setting.world
  const kept = await controller.send('one', 'run', ['return "kept"'])
  await controller.run()
  await controller.commit()
  const twin = await openController({ directory: setting.twin, make: 'never' })
  await twin.send('one', 'run', ['return "kept"'])
  await twin.run()
  await twin.commit()
  await twin.shutdown()
  await controller.send('one', 'run', [`return "${method}"`])
  const running = controller.run()
  const error = await refusedLocally('machine/hung', () => running)
  assert.match(error.message, /^run: no sign of life for 3 seconds; the last was at a call of the kernel to its platform/)
  await refusedLocally('machine/hung', () => controller.storeStatus())
  await refusedLocally('machine/hung', () => controller.commit())
  const other = await openController({ directory, make: 'never' })
  assert.equal((await other.storeStatus()).state.kind, 'ready', 'the lock is free')
  await other.shutdown()
  await controller.retryKernel()
  assert.equal(answerOf(await controller.status(kept)), 'kept', 'handles stay valid')
  await assertLikeTwin(setting)
})

test('a kernel that never comes to the end of its evaluation is noticed when the store is opened', async (t) => {
  const world = await openWorld(t, { open: { watchdog } })
  const { controller } = world
  await refusedLocally('machine/hung', async () => controller.installKernel(await kernelThatNeverLoads()))
  await controller.retryKernel()
  assert.deepEqual((await controller.kernels()).length, 1)
})

test('a controller whose machine hung can be shut down', async (t) => {
  const { world } = await faulty(t, await kernelThatLoops(method), { watchdog })
  await world.controller.send('one', 'run', [`return "${method}"`])
  await refusedLocally('machine/hung', () => world.controller.run())
  await world.controller.shutdown()
  await assert.rejects(world.controller.retryKernel(), { code: 'api/shut-down' })
  await world.open()
})

test('retrying where there is no fault changes nothing', async (t) => {
  const world = await openWorld(t)
  const before = await hashOf(world.controller)
  await world.controller.setHostState('mine', 'kept')
  await world.controller.retryKernel()
  assert.equal(await world.controller.getHostState('mine'), 'kept')
  assert.deepEqual(Object.keys(before as object), ['activityHash', 'height', 'fault'])
})

// Kc4.
test('a kernel that recurses without end has failed on this machine alone', async (t) => {
  const setting = await faulty(t, await kernelThatRecurses(method))
  const { controller } = setting.world
  await controller.send('one', 'run', [`return "${method}"`])
  const error = await refusedLocally('machine/failed', () => controller.run())
  assert.equal(error.detail['cause'], 'kernel/stack')
  assert.equal(await controller.fault(), undefined)
  assert.equal((await controller.storeStatus()).state.kind, 'faulted')
  await refusedLocally('machine/failed', () => controller.commit())
  await controller.retryKernel()
  await assertLikeTwin(setting)
})

// --- damage under a running store

const fileOf = (directory: string): string => join(directory, 'heirloom.sqlite')

/** Writes into the file of an open store, past SQLite. */
function overwrite(directory: string, bytes: Uint8Array, at: number): void {
  const file = openSync(fileOf(directory), 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

/** Flips a byte in every page of every heap, and in what has the same bytes. */
function flipPages(directory: string): void {
  const pages = query<{ bytes: Uint8Array }>(directory, 'SELECT bytes FROM page')
  const whole = readFileSync(fileOf(directory))
  for (const { bytes } of pages) {
    const start = Buffer.from(bytes).subarray(0, 100)
    for (let at = whole.indexOf(start); at >= 0; at = whole.indexOf(start, at + 1))
      overwrite(directory, Uint8Array.of(whole[at + 50]! ^ 1), at + 50)
  }
}

/** Damage of a file, and the causes that it may have, by where SQLite meets it. */
const damages: Readonly<Record<string, readonly [damage: (directory: string) => void, cause: RegExp]>> = {
  'the pages of a heap change': [flipPages, /^store\/corrupt-(page|bundle)$/],
  'half of the file is gone': [
    (directory) => truncateSync(fileOf(directory), readFileSync(fileOf(directory)).length / 2),
    /^store\//,
  ],
}

for (const [what, [damage, cause]] of Object.entries(damages)) {
  // Dri2, L4, Pg5. The kernel would report a failed delivery as the fault of the vat.
  test(`${what} under a running store: nothing is written, and with the file repaired it goes on in place`, async (t) => {
    const setting = await faulty(t, await kernelThatSwallows())
    const { world } = setting
    await world.restart()
    const { controller, directory } = world
    await controller.evictWorkers()
    const whole = readFileSync(fileOf(directory))
    damage(directory)
    await controller.send('one', 'run', ['return ++me.count'])
    const error = await refusedLocally('machine/failed', () => controller.run())
    assert.match(String(error.detail['cause']), cause)
    await refusedLocally('machine/failed', () => controller.commit())
    await refusedLocally('machine/failed', () => controller.send('one', 'run', ['return 1']))
    writeFileSync(fileOf(directory), whole)
    await controller.retryKernel()
    assert.equal((await controller.storeStatus()).state.kind, 'ready')
    await assertLikeTwin(setting)
  })
}

// L4.
test('a store that is damaged still is refused with its own code, and can be repaired and tried again', async (t) => {
  const setting = await faulty(t)
  const { world } = setting
  await world.restart({ verify: 'live' })
  const { controller, directory } = world
  const whole = readFileSync(fileOf(directory))
  flipPages(directory)
  await controller.evictWorkers()
  await controller.send('one', 'run', ['return ++me.count'])
  await refusedLocally('machine/failed', () => controller.run())
  await assert.rejects(controller.retryKernel(), { code: /^store\/corrupt-(page|bundle)$/ })
  await assert.rejects(controller.storeStatus(), { code: 'machine/gone' })
  writeFileSync(fileOf(directory), whole)
  await controller.retryKernel()
  await assertLikeTwin(setting)
})

// Dri4.
test('a row that is missing makes the kernel fail, and is damage of this copy', async (t) => {
  const setting = await faulty(t)
  const { world } = setting
  const { controller, directory } = world
  await controller.sendOnly('one', 'run', ['return 1'])
  await controller.commit()
  await controller.shutdown()
  const whole = readFileSync(fileOf(directory))
  const [row] = query<{ key: string }>(directory, "SELECT key FROM state WHERE key GLOB 'run.*'")
  tamper(directory, (database) => database.prepare('DELETE FROM state WHERE key = ?').run(row?.key ?? ''))
  await world.open()
  const error = await refusedLocally('machine/failed', () => world.controller.run())
  assert.equal(error.detail['cause'], 'store/corrupt-state')
  assert.equal(await world.controller.fault(), undefined)
  await world.controller.shutdown()
  writeFileSync(fileOf(directory), whole)
  await world.open()
  assert.equal((await world.controller.run()).ended, 'idle')
})

// Ku4, Ku2.
test('damage that is met while a kernel is replaced is no refusal of that kernel', async (t) => {
  const setting = await faulty(t)
  const { world, good } = setting
  const { directory } = world
  await world.controller.commit()
  await world.controller.shutdown()
  const [row = assert.fail()] = query<{ key: string; value: string }>(
    directory,
    "SELECT key, value FROM state WHERE key GLOB 'c.v1.*' LIMIT 1",
  )
  const write = (value: string): void =>
    tamper(directory, (database) => {
      database.prepare('UPDATE state SET value = ? WHERE key = ?').run(value, row.key)
    })
  write(`${row.value} `)
  await world.open()
  const error = await refusedLocally('machine/failed', () => world.controller.upgradeKernel(good))
  assert.equal(error.detail['cause'], 'store/corrupt-state')
  await world.controller.shutdown()
  write(row.value)
  await world.open()
  const refused = (await world.controller.kernelHistory()).filter((entry) => entry.refused !== null)
  assert.deepEqual(refused, [])
  const { id } = await world.controller.installKernel(await kernelThatCannotMigrate())
  await assert.rejects(world.controller.upgradeKernel(id), { code: 'kernel/upgrade-failed' })
  assert.equal((await world.controller.kernelHistory()).filter((entry) => entry.refused !== null).length, 1)
})
