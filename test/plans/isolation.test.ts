/** What else happens while a plan runs: ports, timers, faults of the kernel (Pln1, Act1). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { kernelThatCannotRun } from '../kit/kernelVariants.ts'
import { openWorld } from '../kit/world.ts'

/** Asks the host through a port; its answers are those of the code that hears them. */
const bridge = (number: number): { readonly source: string } => ({
  source: `
export const buildRootObject = (_powers, _parameters, baggage) => {
  const handle = provide(baggage, 'handle', () => makeKindHandle('receiver'))
  let waiting = []
  const make = defineDurableKind(handle, () => ({}), {
    receive: (_context, answer) => { for (const settle of waiting.splice(0)) settle([${number}, answer]) },
  })
  const receiver = provide(baggage, 'receiver', make)
  return Far('bridge', {
    connect: (port) => { baggage.init('port', port); return E(port).onReceive(receiver) },
    ask: (question) => {
      void E(baggage.get('port')).send(question)
      return new Promise((resolve) => { waiting.push(resolve) })
    },
  })
}`,
})

const counter = `
export const buildRootObject = () => {
  let count = 0
  const seen = []
  return Far('root', {
    add: () => { count += 1; return count },
    poison: () => { count += 1; return count },
    count: () => count,
    sleep: (timer, until) => { void E(timer).wakeAt(until).then(() => seen.push(count)); },
    seen: () => seen,
  })
}
`

test('a wakeup that comes due while a plan runs comes after it', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: counter } } })
  const { controller } = world
  const timer = await controller.timer()
  await world.ask('one', 'sleep', timer, 10n)
  let advanced = 0
  const progress = await controller.runPlan(
    {
      id: 'timed',
      steps: Array.from({ length: 3 }, (_, at) => ({ kind: 'probe', name: `s${at}`, to: 'one', method: 'add' })),
    },
    {
      cranksPerBlock: 1,
      onProgress: () => {
        if (advanced++ === 0) void controller.advanceTime(20n)
      },
    },
  )
  assert.equal(progress.state, 'done')
  assert.ok(advanced > 1)
  await controller.run()
  assert.deepEqual(await world.ask('one', 'seen'), [3], 'all steps were done before it came due')
})

test('a kernel that fails in a step stops the plan; after the repair the step is done once', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: counter } } })
  const { controller } = world
  const faulty = await controller.installKernel(await kernelThatCannotRun('poison'))
  await controller.upgradeKernel(faulty.id)
  await controller.commit()
  const plan = {
    id: 'faulted',
    steps: [
      { kind: 'probe', name: 'before', to: 'one', method: 'add', answer: 1 },
      { kind: 'probe', name: 'fails', to: 'one', method: 'poison', answer: 2 },
      { kind: 'probe', name: 'after', to: 'one', method: 'add', answer: 3 },
    ],
  }
  await assert.rejects(controller.runPlan(plan), { code: 'kernel/fault' })
  assert.equal((await controller.plan())?.state, 'stopped')
  assert.equal((await controller.plan())?.reason?.code, 'kernel/fault')
  await world.restart()
  await assert.rejects(world.controller.resumePlan(), { code: 'kernel/faulted' })
  const sound = await world.controller.installKernel(await kernelBytes())
  await world.controller.upgradeKernel(sound.id)
  await world.controller.run()
  assert.equal(await world.ask('one', 'count'), 1, 'the block of the step was taken back, not the one before')
  await world.controller.resumePlan()
  const progress = await world.controller.runPlan(plan)
  assert.equal(progress.state, 'done', JSON.stringify(progress))
  assert.equal(await world.ask('one', 'count'), 3)
})

test('what cannot wait is refused while a plan runs, and accepted when it stands', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: counter } } })
  const { controller } = world
  const refused: unknown[] = []
  await controller.runPlan(
    { id: 'ports', steps: [{ kind: 'probe', name: 'a', to: 'one', method: 'add' }] },
    {
      cranksPerBlock: 1,
      onProgress: ({ state }) => {
        if (state === 'running')
          void controller.openPort('late').catch((error: unknown) => void refused.push(error))
      },
    },
  )
  assert.ok(refused.length > 0)
  for (const error of refused) assert.equal((error as CodedError).code, 'plan/holds')
  await controller.openPort('late')
})

test('an answer that comes through a vat that an earlier step replaced is heard by its new code', async (t) => {
  const world = await openWorld(t, { vats: { bridge: bridge(1), one: { source: counter } } })
  const { controller } = world
  const port = await controller.openPort('world')
  await controller.openPort('other')
  await world.ask('bridge', 'connect', await port.remote())
  const plan = {
    id: 'bridge first',
    steps: [
      { kind: 'vat', name: 'bridge', vat: 'bridge', bundle: await world.install(bridge(2)) },
      { kind: 'probe', name: 'asked', to: 'bridge', method: 'ask', args: ['how much'], answer: [2, 'this much'] },
      { kind: 'probe', name: 'after', to: 'one', method: 'add', answer: 1 },
    ],
  }
  assert.equal((await controller.runPlan(plan)).state, 'waiting')
  const [item] = await port.receive()
  assert.equal(item?.item, 'how much')
  const count = await controller.send('one', 'add')
  await controller.port('other').deliver('noise')
  await port.acknowledge(1)
  await port.deliver('this much')
  await world.reopen()
  const progress = await world.controller.runPlan(plan)
  assert.equal(progress.state, 'done', JSON.stringify(progress))
  await world.controller.run()
  assert.deepEqual(await world.controller.status(count), { kind: 'fulfilled', value: 2 }, 'it waited')
  const status = await world.controller.port('other').status()
  assert.equal(status.delivered, 1, 'so did what is for another port')
})

test('a kernel that a plan put in place and that fails in its first run is taken back, and the plan stands', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: counter } } })
  const { controller } = world
  const { kernel: before } = await controller.storeStatus()
  const faulty = await controller.installKernel(await kernelThatCannotRun('poison'))
  const plan = {
    id: 'returned',
    steps: [
      { kind: 'probe', name: 'before', to: 'one', method: 'add', answer: 1 },
      { kind: 'kernel', name: 'kernel', bundle: faulty.id },
      { kind: 'probe', name: 'fails', to: 'one', method: 'poison', answer: 2 },
    ],
  }
  const stopped = await controller.runPlan(plan)
  assert.equal(stopped.state, 'stopped', JSON.stringify(stopped))
  assert.equal(stopped.reason?.code, 'kernel/returned')
  assert.equal((await controller.storeStatus()).kernel, before)
  await controller.run()
  assert.equal(await world.ask('one', 'count'), 1, 'only the step before was done, once')
  await controller.resumePlan({ skip: true })
  const progress = await controller.runPlan(plan)
  assert.deepEqual(
    progress.reports.map(({ name, outcome, code }) => [name, outcome, code]),
    [['before', 'done', null], ['kernel', 'failed', 'kernel/returned'], ['fails', 'done', null]],
  )
  assert.equal(await world.ask('one', 'count'), 2)
})

test('no plan begins while a kernel is on probation, which withholds what steps answer', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: counter } } })
  const { controller } = world
  const { id } = await controller.installKernel(Buffer.concat([await kernelBytes(), Buffer.from('\n')]))
  await controller.upgradeKernel(id, { probation: { cranks: 2 } })
  const plan = { id: 'early', steps: [{ kind: 'probe', name: 'a', to: 'one', method: 'add', answer: 3 }] }
  await assert.rejects(controller.runPlan(plan), { code: 'kernel/on-trial' })
  assert.equal(await controller.plan(), undefined)
  for (let sent = 0; sent < 2; sent += 1) await controller.sendOnly('one', 'add')
  await controller.run()
  await controller.commit()
  assert.equal((await controller.runPlan(plan)).state, 'done')
})
