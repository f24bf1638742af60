/** A kernel that fails: the host goes on, nothing accepted is lost, and the ways out (Flt1, Flt2, Flt3). */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { kernelBytes } from '../../src/release/release.ts'
import { CodedError, openController, setKernelBundleID, type Remote } from '../../src/host/index.ts'
import { bundleSource } from '../kit/bundles.ts'
import { answerOf, openWorld, reasonOf, type World } from '../kit/world.ts'
import { kernelThatCannotAccept, kernelThatCannotRun, kernelThatFailsAtItem } from '../kit/kernelVariants.ts'

interface FaultyWorld {
  readonly world: World
  /** The kernel without the defect. */
  readonly good: string
}

/** A world with a port, whose vat `bank` receives from it into `me.got`, under a kernel with a defect. */
async function faulty(t: TestContext, bytes: Uint8Array): Promise<FaultyWorld> {
  const world = await openWorld(t, { vats: { bank: { setup: 'me.got = []' }, other: { setup: 'me.count = 0n' } } })
  const { controller } = world
  await controller.openPort('in')
  const port = await controller.port('in').remote()
  const receive = "await E(args[0]).onReceive(Far('handler', { receive(item) { me.got.push(item) } }))"
  await world.run('bank', receive, port)
  const good = (await controller.installKernel(await kernelBytes())).id
  await controller.upgradeKernel((await controller.installKernel(bytes)).id)
  // Its trial ends.
  await controller.commit()
  return { world, good }
}

const method = 'poison'

// Dri2.
test('a kernel that throws in a crank is reported by the run, and the process, a restart and the host live', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotRun(method))
  const { controller } = world
  await controller.setHostState('place', 'here')
  const before = await controller.send('other', 'run', ['return ++me.count'])
  const poison = await controller.send('other', 'run', [`return "${method}"`])
  const report = await controller.run()
  assert.equal(report.ended, 'faulted')
  const fault = await controller.fault()
  assert.match(fault?.error ?? '', /planted: run/)
  assert.equal(await controller.getHostState('place'), 'here')
  const waiting = (await controller.waitingItems()).map(({ sequence }) => sequence)
  assert.deepEqual(waiting, [before.sequence, poison.sequence])
  assert.equal((await controller.status(before)).kind, 'pending')
  assert.equal((await controller.run()).ended, 'faulted')
  await assert.rejects(controller.send('other', 'run', ['return 1']), { code: 'kernel/faulted' })
  await assert.rejects(controller.createVat('third', 'none'), { code: /bundle\/unknown|kernel\/faulted/ })
  await world.restart()
  assert.deepEqual(await world.controller.fault(), fault)
  assert.equal((await world.controller.run()).ended, 'faulted')
  await world.controller.upgradeKernel(good)
  assert.equal(await world.controller.fault(), undefined)
  await world.controller.run()
  assert.equal(answerOf(await world.take(before)), 1n)
  assert.equal(answerOf(await world.take(poison)), method)
  assert.equal(await world.run('other', 'return me.count'), 1n)
})

test('what the host owes a faulted kernel waits in order, and arrives exactly once after the repair', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotAccept(method))
  const { controller } = world
  await controller.port('in').deliver(1n)
  await assert.rejects(controller.send('other', 'run', [`return "${method}"`]), { code: 'kernel/fault' })
  for (const n of [2n, 3n, 4n]) await controller.port('in').deliver(n)
  assert.equal((await controller.port('in').deliver(4n, { number: 4 })).outcome, 'duplicate')
  await controller.advanceTime(77n)
  await controller.commit()
  await world.restart()
  for (const n of [5n, 6n]) await world.controller.port('in').deliver(n)
  await world.controller.commit()
  await world.controller.upgradeKernel(good)
  await world.controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n, 2n, 3n, 4n, 5n, 6n])
  assert.equal(await world.controller.currentTime(), 77n)
})

test('an item that provokes the fault is set aside, shown, and put back after the repair', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotAccept(method))
  const { controller } = world
  await assert.rejects(controller.setAside(1), { code: 'kernel/not-faulted' })
  const error = await controller.send('other', 'run', [`return "${method}"`]).catch((thrown: unknown) => thrown)
  const [poison] = await controller.waitingItems()
  assert.ok(error instanceof CodedError && error.code === 'kernel/fault')
  assert.equal(error.detail['input'], poison?.sequence)
  assert.ok(poison !== undefined && (await controller.fault())?.input === poison.sequence)
  await assert.rejects(controller.setAside(999), { code: 'kernel/no-item' })
  await controller.setAside(poison.sequence)
  await controller.retryKernel()
  assert.equal(await controller.fault(), undefined)
  assert.equal(await world.run('other', 'return ++me.count'), 1n)
  assert.equal((await controller.status(poison)).kind, 'pending')
  await controller.commit()
  await controller.upgradeKernel(good)
  const putBack = await controller.putBack(poison.sequence)
  await controller.run()
  assert.equal(answerOf(await world.take({ sequence: putBack })), method)
  await assert.rejects(controller.putBack(poison.sequence), { code: 'kernel/no-item' })
  assert.deepEqual((await controller.setAsideItems()).map((item) => item.putBack), [putBack])
  const events = await controller.faultHistory()
  assert.deepEqual(events.map(({ kind }) => kind), ['faulted', 'set-aside', 'retried', 'put-back'])
  assert.ok(events[0]?.kind === 'faulted' && events[0].error.includes('planted: accept'))
})

test('the history of faults keeps what was done about a fault, also when the kernel fails again', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotRun(method))
  await world.controller.send('other', 'run', [`return "${method}"`])
  assert.equal((await world.controller.run()).ended, 'faulted')
  await world.controller.retryKernel()
  assert.equal((await world.controller.run()).ended, 'faulted')
  await world.controller.upgradeKernel(good)
  await world.reopen()
  const kinds = (await world.controller.faultHistory()).map(({ kind }) => kind)
  assert.deepEqual(kinds, ['faulted', 'retried', 'faulted', 'upgraded'])
})

// Flt3. A process that dies between the upgrade's block and the next leaves a store like this one.
test('what waited for a kernel that was replaced in a process of its own is accepted by the next run', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotRun(method))
  const poison = await world.controller.send('other', 'run', [`return "${method}"`])
  assert.equal((await world.controller.run()).ended, 'faulted')
  await world.controller.shutdown()
  await setKernelBundleID(world.directory, good)
  await world.open()
  assert.equal(await world.controller.fault(), undefined)
  await world.controller.run()
  assert.deepEqual(await world.controller.waitingItems(), [])
  assert.equal(answerOf(await world.take(poison)), method)
})

for (const [what, given, expected] of [
  // In the block that is taken back, an object has the name that the root of `late` gets afterwards.
  ['an object that only a vat had made', 'object', 'object-unknown'],
  ['a vat that the host had made', 'root', 'late'],
] as const) {
  test(`what waits and names ${what} since the last block reaches nothing else after a fault (Flt5)`, async (t) => {
    const { world, good } = await faulty(t, await kernelThatCannotRun(method))
    const { controller } = world
    const source = "export const buildRootObject = () => Far('root', { who: () => 'late' })"
    await controller.installBundle(await bundleSource(source), 'late')
    await controller.commit()
    const object = await world.run('other', "return me.made = Far('made', { who: () => 'made' })")
    await controller.createVat('late', 'late')
    await controller.run()
    const target = given === 'object' ? (object as Remote) : await controller.root('late')
    const who = await controller.send(target, 'who', [])
    const suspended = await controller.suspendVat('late', 'first')
    const resumed = await controller.resumeVat('late')
    await controller.send('other', 'run', [`return "${method}"`])
    assert.equal((await controller.run()).ended, 'faulted')
    await world.restart()
    await world.controller.upgradeKernel(good)
    await world.controller.run()
    const status = await world.take(who)
    if (given === 'object') assert.partialDeepStrictEqual(reasonOf(status), { code: expected })
    else assert.equal(answerOf(status), expected)
    for (const request of [suspended, resumed]) await world.take(request)
    assert.equal((await world.controller.vat('late')).status.kind, 'running')
  })
}

test('a retry fails again while the defect is there, and the fault is recorded anew', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotAccept(method))
  const { controller } = world
  await assert.rejects(controller.send('other', 'run', [`return "${method}"`]), { code: 'kernel/fault' })
  const first = await controller.fault()
  await assert.rejects(controller.retryKernel(), { code: 'kernel/fault' })
  const second = await controller.fault()
  assert.ok(first !== undefined && second !== undefined && second.block > first.block)
  await controller.upgradeKernel(good)
  await controller.run()
})

test('the vat that provokes the fault is suspended while the kernel is faulted, and the others go on', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotRun(method))
  const { controller } = world
  const poison = await controller.send('other', 'run', [`return "${method}"`])
  await controller.run()
  answerOf(await world.take(await controller.suspendVat('other', 'it provokes a fault')))
  await controller.setAside(poison.sequence)
  await controller.retryKernel()
  await controller.port('in').deliver(1n)
  await controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n])
  await controller.commit()
  await controller.upgradeKernel(good)
  await controller.putBack(poison.sequence)
  answerOf(await world.take(await controller.resumeVat('other')))
  await controller.run()
})

test('the same inputs lead to the same hash, whether or not a fault and its repair came in between', async (t) => {
  const answers: unknown[] = []
  for (const how of ['upgrade', 'put-back'] as const) {
    const { world, good } = await faulty(t, await kernelThatCannotRun(method))
    const requests = []
    for (const code of ['return ++me.count', `me.count += 10n; return "${method}"`, 'return ++me.count'])
      requests.push(await world.controller.send('other', 'run', [code]))
    await world.controller.run()
    if (how === 'put-back') {
      await world.restart()
      await assert.rejects(async () => {
        await world.controller.retryKernel()
        const { ended } = await world.controller.run()
        if (ended === 'faulted') throw new Error('faulted')
      })
    }
    await world.controller.upgradeKernel(good)
    await world.controller.run()
    for (const request of requests) answers.push(answerOf(await world.take(request)))
  }
  assert.deepEqual(answers, [1n, method, 12n, 1n, method, 12n])
})

test('a fault of a private copy for reading is reported, and not written', async (t) => {
  const { world } = await faulty(t, await kernelThatCannotRun(method))
  await world.controller.commit()
  const reader = await openController({ directory: world.directory, access: 'read' })
  t.after(() => reader.shutdown())
  await reader.send('other', 'run', [`return "${method}"`])
  assert.equal((await reader.run()).ended, 'faulted')
  assert.match((await reader.fault())?.error ?? '', /planted: run/)
  assert.equal(await world.controller.fault(), undefined)
})

test('what was set aside stays aside when the kernel fails again before the next block', async (t) => {
  const { world, good } = await faulty(t, await kernelThatCannotAccept(method))
  const { controller } = world
  const add = `me.count += 1n; return "${method}"`
  await assert.rejects(controller.send('other', 'run', [add]), { code: 'kernel/fault' })
  const first = (await controller.fault())?.input ?? 0
  await controller.setAside(first)
  await assert.rejects(
    async () => {
      await controller.retryKernel()
      await controller.send('other', 'run', [add])
    },
    { code: 'kernel/fault' },
  )
  const second = (await controller.fault())?.input ?? 0
  assert.ok(second > first)
  await controller.setAside(second)
  await controller.retryKernel()
  assert.equal(await world.run('other', 'return me.count'), 0n)
  await assert.rejects(controller.putBack(first), { code: 'kernel/fault' })
  await assert.rejects(controller.putBack(first), { code: 'kernel/no-item' }, 'it waits, put back')
  await controller.upgradeKernel(good)
  await controller.putBack(second)
  await controller.run()
  assert.equal(await world.run('other', 'return me.count'), 2n)
})

// Flt4.
test('an item of a port that was set aside holds those behind it, and all arrive in order when put back', async (t) => {
  const { world, good } = await faulty(t, await kernelThatFailsAtItem(2))
  const { controller } = world
  const port = controller.port('in')
  await port.deliver(1n)
  await assert.rejects(port.deliver(2n, { number: 2 }), { code: 'kernel/fault' })
  await port.deliver(3n)
  await controller.setAside((await controller.fault())?.input ?? 0)
  await controller.retryKernel()
  assert.equal((await port.deliver(2n, { number: 2 })).outcome, 'duplicate')
  assert.equal((await port.deliver(4n, { number: 4 })).outcome, 'taken')
  await controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n])
  await controller.upgradeKernel(good)
  const aside = await controller.setAsideItems()
  assert.equal(aside.length, 3)
  for (const { sequence } of aside) await controller.putBack(sequence)
  await controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n, 2n, 3n, 4n])
  assert.equal((await port.deliver(5n)).number, 5)
})

// Flt4.
test('an item that is put back while the kernel is faulted, behind a later one of its port, is not overtaken', async (t) => {
  const { world, good } = await faulty(t, await kernelThatFailsAtItem(1))
  const { controller } = world
  const port = controller.port('in')
  await assert.rejects(port.deliver(1n, { number: 1 }), { code: 'kernel/fault' })
  await controller.setAside((await controller.fault())?.input ?? 0)
  await port.deliver(2n)
  for (const { sequence } of await controller.setAsideItems()) await controller.putBack(sequence)
  await controller.upgradeKernel(good)
  await controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n])
  for (const { sequence, putBack } of await controller.setAsideItems())
    if (putBack === null) await controller.putBack(sequence)
  await controller.run()
  assert.deepEqual(await world.run('bank', 'return harden([...me.got])'), [1n, 2n])
})
