/** A kernel on trial: its fault takes the store back, and nothing is lost or done twice (Trl1 to Trl5). */
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { exportStore, forkStore, importStore, openController } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { kernelThatCannotAccept, kernelThatCannotRun, sameKernel } from '../kit/kernelVariants.ts'
import { tamper } from '../kit/rows.ts'
import { answerOf, openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const method = 'poison'

interface TrialWorld {
  readonly world: World
  /** The kernel before the upgrade, and the one with a defect. */
  readonly old: string
  readonly next: string
}

/** A world whose vat `bank` receives from the port `in` into `me.got` and sends what it got to it. */
async function trialWorld(t: TestContext, bytes: Uint8Array): Promise<TrialWorld> {
  const world = await openWorld(t, {
    vats: { bank: { setup: 'me.got = []' }, one: { setup: 'me.count = 0n' } },
  })
  const { controller } = world
  await controller.openPort('in')
  const port = await controller.port('in').remote()
  const receive = `await E(args[0]).onReceive(Far('handler', {
    receive(item) { me.got.push(item); E.sendOnly(args[0]).send(item) } }))`
  await world.run('bank', receive, port)
  const { kernel: old } = await controller.storeStatus()
  const { id: next } = await controller.installKernel(bytes)
  await controller.commit()
  return { world, old, next }
}

const kernelOf = async ({ controller }: World): Promise<string> => (await controller.storeStatus()).kernel

async function assertSound({ controller }: World): Promise<void> {
  assert.equal((await controller.audit({ depth: 'all' })).found, 0)
}

/** Sends a message that counts, and returns its answer. */
const count = (world: World): Promise<unknown> => world.run('one', 'return ++me.count')

/** The same without reading the answer, which is withheld in a probation. */
async function work({ controller }: World): Promise<void> {
  await controller.send('one', 'run', ['return ++me.count'])
  await controller.run()
}

const poison = (world: World) => world.controller.send('one', 'run', [`return "${method}"`])

// Ku5.
test('a kernel that fails in its first run is taken back, and the run after it does all of it once', async (t) => {
  const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
  const { controller } = world
  await controller.setHostState('place', 'before')
  await controller.upgradeKernel(next)
  assert.deepEqual((await controller.storeStatus()).trial?.cranksLeft, null)
  await controller.setHostState('place', 'here')
  const counted = await controller.send('one', 'run', ['return ++me.count'])
  const poisoned = await poison(world)
  const { ended, returned } = await controller.run()
  assert.equal(ended, 'returned')
  assert.deepEqual([returned?.from, returned?.to], [next, old])
  assert.match(returned?.error ?? '', /planted: run/)
  assert.equal(await kernelOf(world), old)
  assert.equal(await controller.fault(), undefined)
  assert.equal(await controller.getHostState('place'), 'here')
  await controller.run()
  assert.equal(answerOf(await world.take(counted)), 1n)
  assert.equal(answerOf(await world.take(poisoned)), method)
  assert.equal(await count(world), 2n)
  const [entry] = await controller.kernelHistory()
  assert.deepEqual([entry?.from, entry?.to, entry?.refused], [old, next, null])
  assert.match(entry?.returned ?? '', /planted: run/)
  await assertSound(world)
  await world.reopen()
  assert.equal(await kernelOf(world), old)
  await world.controller.upgradeKernel(next)
  assert.equal(await count(world), 3n, 'it can be tried again')
})

test('after the first block an upgrade without a probation is final', async (t) => {
  const { world, next } = await trialWorld(t, await kernelThatCannotRun(method))
  await world.controller.upgradeKernel(next)
  await count(world)
  await world.controller.commit()
  assert.equal((await world.controller.storeStatus()).trial, null)
  await poison(world)
  assert.equal((await world.controller.run()).ended, 'faulted')
  assert.equal(await kernelOf(world), next)
})

// Dri5.
test('an item that the new kernel cannot accept is accepted by the old one, and its sender notices nothing', async (t) => {
  const { world, old, next } = await trialWorld(t, await kernelThatCannotAccept(method))
  const { controller } = world
  await controller.upgradeKernel(next, { probation: { cranks: 1_000 } })
  const counted = await controller.send('one', 'run', ['return ++me.count'])
  await controller.run()
  await controller.commit()
  const poisoned = await poison(world)
  assert.equal(await kernelOf(world), old)
  const { ended, returned } = await controller.run()
  assert.deepEqual([ended, returned?.from], ['idle', next], 'the next run tells of it')
  assert.equal((await controller.run()).returned, null, 'once')
  assert.equal(answerOf(await world.take(counted)), 1n)
  assert.equal(answerOf(await world.take(poisoned)), method)
  assert.equal(await count(world), 2n)
  await assertSound(world)
})

// Ku5.
test('a repair that fails at what waits is taken back with the fault that it was to end', async (t) => {
  const { world, next } = await trialWorld(t, await kernelThatCannotRun(method))
  const { controller } = world
  await controller.upgradeKernel(next)
  await controller.commit()
  const poisoned = await poison(world)
  assert.equal((await controller.run()).ended, 'faulted')
  await controller.terminateVat('bank', 'out of turn')
  await controller.commit()
  const fault = await controller.fault()
  const waiting = await controller.waitingItems()
  const { id: worse } = await controller.installKernel(await kernelThatCannotAccept(method))
  await assert.rejects(controller.upgradeKernel(worse), { code: 'kernel/upgrade-failed', message: /planted: accept/ })
  assert.equal(await kernelOf(world), next)
  assert.deepEqual(await controller.fault(), fault)
  assert.deepEqual(await controller.waitingItems(), waiting)
  assert.equal((await controller.run()).ended, 'faulted')
  await world.restart()
  assert.deepEqual(await world.controller.fault(), fault)
  const { id: good } = await world.controller.installKernel(await sameKernel())
  await world.controller.upgradeKernel(good)
  await world.controller.run()
  assert.equal(answerOf(await world.take(poisoned)), method)
  assert.deepEqual((await world.controller.vats()).map(({ name }) => name), ['one'])
  await assertSound(world)
})

for (const restarts of [false, true])
  test(`a fault in the third block of a probation takes back all three, ${restarts ? 'after restarts' : 'in one process'}`, async (t) => {
    const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
    await count(world)
    await world.controller.commit()
    await world.controller.upgradeKernel(next, { probation: { cranks: 1_000 } })
    const sent = []
    for (let block = 0; block < 3; block += 1) {
      sent.push(await world.controller.send('one', 'run', ['return ++me.count']))
      await world.controller.port('in').deliver(`item ${block}`)
      await world.controller.run()
      await world.controller.commit()
      if (restarts) await world.restart()
    }
    const poisoned = await poison(world)
    assert.equal((await world.controller.run()).ended, 'returned')
    assert.equal(await kernelOf(world), old)
    if (restarts) await world.restart()
    await world.controller.run()
    const answers = await Promise.all(sent.map(async (handle) => answerOf(await world.take(handle))))
    assert.deepEqual(answers, [2n, 3n, 4n])
    assert.equal(answerOf(await world.take(poisoned)), method)
    assert.deepEqual(await world.run('bank', 'return me.got'), ['item 0', 'item 1', 'item 2'])
    assert.equal(await count(world), 5n)
    await assertSound(world)
  })

test('the last crank of a probation takes back, and the one after it does not', async (t) => {
  const failed = await cranksUntilFault(t)
  for (const [cranks, ended] of [[failed, 'returned'], [failed - 1, 'faulted']] as const) {
    const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
    await world.controller.upgradeKernel(next, { probation: { cranks } })
    await work(world)
    await poison(world)
    assert.equal((await world.controller.run()).ended, ended)
    assert.equal(await kernelOf(world), ended === 'returned' ? old : next)
    const { state, trial } = await world.controller.storeStatus()
    assert.deepEqual([state.kind, trial], [ended === 'returned' ? 'ready' : 'faulted', null])
    await world.end()
  }
})

/** At which crank after the upgrade the kernel fails, when it works and is poisoned. */
async function cranksUntilFault(t: TestContext): Promise<number> {
  const { world, next } = await trialWorld(t, await kernelThatCannotRun(method))
  await world.controller.upgradeKernel(next)
  const { cranks } = await world.controller.storeStatus()
  await work(world)
  await poison(world)
  const { returned } = await world.controller.run()
  await world.end()
  assert.ok(returned !== null && returned.crank > cranks)
  return returned.crank - cranks
}

test('what a kernel on probation sends, settles and notes is withheld until it is over (Trl3)', async (t) => {
  const { world, next } = await trialWorld(t, await sameKernel())
  const earlier = await world.controller.send('one', 'run', ['return ++me.count'])
  await world.controller.port('in').deliver('early')
  await world.controller.run()
  await world.controller.commit()
  await world.controller.upgradeKernel(next, { probation: { cranks: 30 } })
  const later = await world.controller.send('one', 'run', ['return ++me.count'])
  await world.controller.port('in').deliver('late')
  await world.controller.run()
  await world.controller.commit()
  const itemsOf = async (): Promise<unknown[]> =>
    (await world.controller.port('in').receive()).map(({ item }) => item)
  for (const restarts of [false, true]) {
    if (restarts) await world.restart()
    assert.deepEqual(await itemsOf(), ['early'])
    assert.equal(answerOf(await world.controller.status(earlier)), 1n)
    assert.equal((await world.controller.status(later)).kind, 'pending')
    assert.equal((await world.controller.whyPending(later))?.kind, 'trial')
    assert.equal((await world.controller.port('in').status()).lastNumber, 1)
  }
  await assert.rejects(world.controller.port('in').acknowledge(2), { code: 'port/not-sent' })
  for (let left = 1; left > 0; left = (await world.controller.storeStatus()).trial?.cranksLeft ?? 0) {
    await world.controller.sendOnly('one', 'run', ['return 1'])
    await world.controller.run()
    assert.equal((await world.controller.status(later)).kind, 'pending')
    await world.controller.commit()
  }
  assert.equal((await world.controller.storeStatus()).trial, null)
  assert.equal(answerOf(await world.controller.status(later)), 2n)
  assert.deepEqual(await itemsOf(), ['early', 'late'])
})

test('a fault below the kernel ends no trial: the next start continues in it (Trl5)', async (t) => {
  const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
  await world.controller.upgradeKernel(next, { probation: { cranks: 500 } })
  await work(world)
  await world.controller.commit()
  const { trial } = await world.controller.storeStatus()
  await world.controller.shutdown()
  const file = join(world.directory, 'heirloom.sqlite')
  const whole = join(temporaryDirectory(t), 'whole')
  copyFileSync(file, whole)
  tamper(world.directory, (database) => database.exec("UPDATE entry SET text = text || ' '"))
  await world.open({ verify: 'lazy' })
  await world.controller.send('one', 'run', ['return ++me.count'])
  await assert.rejects(world.controller.run(), { code: 'machine/failed' })
  const { state } = await world.controller.storeStatus()
  assert.ok(state.kind === 'faulted' && state.fault === null, 'it is local')
  assert.deepEqual((await world.controller.storeStatus()).trial, trial)
  await world.controller.shutdown()
  copyFileSync(whole, file)
  await world.open()
  assert.deepEqual((await world.controller.storeStatus()).trial, trial)
  await poison(world)
  assert.equal((await world.controller.run()).ended, 'returned')
  assert.equal(await kernelOf(world), old)
})

test('what would take away the way back is refused while a kernel is on trial', async (t) => {
  const { world, old, next } = await trialWorld(t, await sameKernel())
  const { controller } = world
  await controller.upgradeKernel(next, { probation: { cranks: 10 } })
  await assert.rejects(controller.upgradeKernel(old), { code: 'kernel/on-trial' })
  await assert.rejects(controller.prune({ bundles: true }), { code: 'kernel/on-trial' })
  for (const probation of [{ cranks: 0 }, { cranks: 1.5 }, {}, { blocks: 1 }])
    await assert.rejects(controller.upgradeKernel(old, { probation } as never), { code: 'api/bad-argument' })
})

test('two machines that go back have the same state, wherever they were restarted', async (t) => {
  const { world: first, next } = await trialWorld(t, await kernelThatCannotRun(method))
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(first.directory, copy)
  const second = await openWorld(t, { from: copy })
  const states = []
  for (const world of [first, second]) {
    await world.controller.upgradeKernel(next, { probation: { cranks: 500 } })
    for (let block = 0; block < 3; block += 1) {
      await world.controller.port('in').deliver(`item ${block}`)
      await world.controller.send('one', 'run', ['return ++me.count'])
      await world.controller.run()
      if (world === second) await world.controller.evictWorkers()
      await world.controller.commit()
      if (world === second) await world.restart()
    }
    await poison(world)
    assert.equal((await world.controller.run()).ended, 'returned')
    if (world === second) await world.restart()
    await world.controller.run()
    await world.controller.commit()
    const { activityHash, height, cranks, kernel } = await world.controller.storeStatus()
    states.push({ activityHash, height, cranks, kernel, history: await world.controller.kernelHistory() })
  }
  assert.deepEqual(states[1], states[0])
})

test('a fork is in the trial of its store, and an import is not', async (t) => {
  const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
  await world.controller.upgradeKernel(next, { probation: { cranks: 500 } })
  await work(world)
  await world.controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  const fork = await openWorld(t, { from: copy })
  await poison(fork)
  assert.equal((await fork.controller.run()).ended, 'returned')
  assert.equal(await kernelOf(fork), old)
  const [to, directory] = [join(temporaryDirectory(t), 'export'), join(temporaryDirectory(t), 'store')]
  await exportStore(world.directory, to, { mode: 'operational' })
  await importStore(to, directory, { trust: [old, next] })
  const imported = await openWorld(t, { from: directory })
  assert.equal((await imported.controller.storeStatus()).trial, null)
  await poison(imported)
  assert.equal((await imported.controller.run()).ended, 'faulted')
})

test('a request that the old kernel does not know waits for the end of the trial (Trl4)', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  unpackStore('0.2.0', directory)
  const controller = await openController({ directory, make: 'never' })
  t.after(() => controller.shutdown())
  await controller.upgradeKernel((await controller.installKernel(await kernelBytes())).id)
  const vat = (await controller.vats()).find(({ status }) => status.kind === 'running')?.vat ?? ''
  const moving = () => controller.upgradeWorker(vat, 'default', { mode: 'auto' })
  await assert.rejects(moving, { code: 'kernel/on-trial' })
  await controller.commit()
  await moving()
})

// Flt5.
test('a message to a vat that was made in the trial reaches it after a return, under the name that it has then', async (t) => {
  const { world, old, next } = await trialWorld(t, await kernelThatCannotRun(method))
  const { controller } = world
  await controller.upgradeKernel(next, { probation: { cranks: 1_000 } })
  // These get the names that the vat would have had.
  await controller.send('bank', 'run', ['return harden([Far("a", {}), Far("b", {}), Far("c", {})])'])
  await controller.run()
  await controller.createVat('later', await world.install(), { parameters: { setup: 'me.count = 40n' } })
  await controller.run()
  await controller.commit()
  const later = await controller.send(await controller.root('later'), 'run', ['return ++me.count'])
  await controller.run()
  await controller.commit()
  await poison(world)
  assert.equal((await controller.run()).ended, 'returned')
  assert.equal((await controller.storeStatus()).kernel, old)
  await controller.run()
  assert.equal(answerOf(await world.take(later)), 41n)
})
