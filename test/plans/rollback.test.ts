/** Plans that are taken back when a step fails (Pln5). */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { kernelThatCannotRun } from '../kit/kernelVariants.ts'
import { openWorld, type World } from '../kit/world.ts'

const counter = (number: number): { readonly source: string } => ({
  source: `
export const buildRootObject = (_powers, _parameters, baggage) => {
  if (!baggage.has('count')) baggage.init('count', 0)
  const add = () => { baggage.set('count', baggage.get('count') + 1); return baggage.get('count') }
  return Far('root', {
    version: () => ${number},
    add,
    poison: add,
    fail: () => { throw Error('no') },
    busy: (other, self) => { add(); void E(other).busy(self, other) },
    ask: (port) => { void E(port).send('how much'); return new Promise(() => {}) },
  })
}`,
})

const opened = (t: TestContext): Promise<World> => openWorld(t, { vats: { one: counter(1), two: counter(1) } })

/** All that the kernel and the vats have, without what the host and the machine record. */
async function stateOf({ controller }: World): Promise<unknown> {
  const state: unknown[] = []
  for (const { name, incarnation, bundle, status } of await controller.vats())
    state.push([name, incarnation, bundle, status.kind, await controller.heapHash(name)])
  return [...state, await controller.ports()]
}

// Pln5.
test('a step that fails with rollback takes the whole plan back, and what waited is accepted', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(counter(2))
  assert.equal(await world.ask('one', 'add'), 1)
  const waiting: Promise<unknown>[] = []
  const plan = {
    id: 'back',
    onFailure: 'rollback',
    steps: [
      { kind: 'vat', name: 'first', vat: 'one', bundle: next },
      { kind: 'probe', name: 'counted', to: 'one', method: 'add', answer: 2 },
      { kind: 'create', name: 'made', vat: 'three', bundle: next },
      { kind: 'terminate', name: 'gone', vat: 'two' },
      { kind: 'probe', name: 'fails', to: 'one', method: 'fail' },
      { kind: 'probe', name: 'after', to: 'one', method: 'add' },
    ],
  }
  const progress = await controller.runPlan(plan, {
    // The block before that of the steps.
    onProgress: ({ state }) => {
      if (state !== 'running') return
      waiting.push(controller.send('one', 'add'), controller.setHostState('mine', 'kept'))
    },
  })
  assert.equal(progress.state, 'rolled-back', JSON.stringify(progress))
  assert.match(progress.reason?.message ?? '', /^fails: no/)
  assert.deepEqual(
    progress.reports.map(({ name, outcome }) => `${name}: ${outcome}`),
    ['first: done', 'counted: done', 'made: done', 'gone: done', 'fails: failed'],
  )
  assert.equal(await controller.plan(), undefined)
  assert.deepEqual((await controller.planHistory()).map(({ state }) => state), ['rolled-back'])
  const [sent] = await Promise.all(waiting)
  await world.reopen()
  assert.equal(await world.controller.getHostState('mine'), 'kept')
  await world.controller.run()
  const status = await world.controller.status(sent as never)
  assert.deepEqual(status, { kind: 'fulfilled', value: 2 }, 'once, on the old code')
  assert.equal(await world.ask('one', 'version'), 1)
  assert.equal((await world.controller.vats()).length, 2)
})

test('a plan that is taken back leaves heaps, transcripts and ports as they were', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const port = await controller.openPort('world')
  const next = await world.install(counter(2))
  await world.ask('one', 'add')
  await controller.commit()
  const before = await stateOf(world)
  const { height } = await controller.storeStatus()
  const plan = {
    id: 'port',
    onFailure: 'rollback',
    steps: [
      { kind: 'vat', name: 'first', vat: 'one', bundle: next },
      { kind: 'evaluate', name: 'asks', bundle: await world.install(asking), powers: { ports: ['world'] } },
    ],
  }
  await controller.commit()
  const progress = await controller.runPlan(plan)
  assert.deepEqual([progress.state, progress.reason?.code], ['rolled-back', 'plan/never-settles'])
  assert.deepEqual(await stateOf(world), before)
  assert.deepEqual(await port.receive(), [], 'what it sent was never seen')
  assert.ok((await controller.storeStatus()).height > height)
  await controller.runPlan({ ...plan, steps: plan.steps.slice(0, 1) })
  assert.equal(await world.ask('one', 'version'), 2, 'a plan that was taken back can be run again')
})

const asking = {
  source: `export const buildRootObject = () => Far('root', {
    evaluate: ({ ports }) => { void E(ports.world).send('how much'); return new Promise(() => {}) },
  })`,
}

// Pln3, Pln5.
test('a step that is never over takes the plan back when its budget is used up', async (t) => {
  const world = await opened(t)
  const progress = await world.controller.runPlan({
    id: 'busy',
    onFailure: 'continue',
    budget: { cranks: 50, computrons: null },
    steps: [
      { kind: 'probe', name: 'counted', to: 'one', method: 'add' },
      {
        kind: 'probe',
        name: 'busy',
        to: 'one',
        method: 'busy',
        args: [{ '@root': 'two' }, { '@root': 'one' }],
        onFailure: 'rollback',
      },
    ],
  })
  assert.deepEqual([progress.state, progress.reason?.code], ['rolled-back', 'plan/budget'])
  await world.controller.run()
  assert.equal(await world.ask('one', 'add'), 1, 'nothing that it did remains')
})

test('a plan with rollback that succeeds is one block after what was left, and a process that dies within it begins it anew', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(counter(2))
  const plan = {
    id: 'whole',
    onFailure: 'rollback',
    steps: [
      { kind: 'probe', name: 'counted', to: 'one', method: 'add', answer: 1 },
      { kind: 'vat', name: 'first', vat: 'one', bundle: next },
      { kind: 'vat', name: 'second', vat: 'two', bundle: next },
    ],
  }
  const blocks: string[] = []
  const interrupted = new Error('interrupted')
  await assert.rejects(
    controller.runPlan(plan, {
      onProgress: () => {
        throw interrupted
      },
    }),
    interrupted,
  )
  await world.restart()
  const progress = await world.controller.runPlan(plan, {
    cranksPerBlock: 1,
    onProgress: ({ state }) => blocks.push(state),
  })
  assert.equal(progress.state, 'done', JSON.stringify(progress))
  assert.deepEqual(blocks, ['done'])
  assert.deepEqual([...new Set(progress.reports.map(({ ended }) => ended))].length, 1)
})

test('a kernel that fails within the block of a plan stops it at its beginning', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const faulty = await controller.installKernel(await kernelThatCannotRun('poison'))
  await controller.upgradeKernel(faulty.id)
  await controller.commit()
  const plan = {
    id: 'faulted',
    onFailure: 'rollback',
    steps: [
      { kind: 'probe', name: 'before', to: 'one', method: 'add', answer: 1 },
      { kind: 'probe', name: 'fails', to: 'one', method: 'poison', answer: 2 },
    ],
  }
  await assert.rejects(controller.runPlan(plan), { code: 'kernel/fault' })
  const view = await controller.plan()
  assert.deepEqual([view?.state, view?.ended, view?.reports], ['stopped', 0, []])
  await controller.abandonPlan('the kernel is faulty')
})

test('what was done in the open block before a plan goes on is not taken back with it', async (t) => {
  const world = await opened(t)
  const { controller } = world
  await controller.sendOnly('one', 'busy', [await world.root('two'), await world.root('one')])
  const plan = {
    id: 'resumed',
    onFailure: 'rollback',
    budget: { cranks: 20, computrons: null },
    steps: [{ kind: 'probe', name: 'fails', to: 'one', method: 'fail' }],
  }
  const stopped = await controller.runPlan(plan)
  assert.deepEqual([stopped.state, stopped.reason?.code], ['stopped', 'plan/budget'])
  const { cranks: before } = await controller.storeStatus()
  await controller.run({ cranks: 30 })
  await controller.resumePlan({ skip: true })
  const progress = await controller.runPlan(plan)
  assert.deepEqual([progress.state, progress.reason?.code], ['rolled-back', 'plan/budget'])
  const { cranks } = await controller.storeStatus()
  assert.ok(cranks >= before + 30, `${cranks - before} cranks`)
  assert.equal(await controller.plan(), undefined)
})

test('a plan that goes on after a step that was skipped by hand is taken back to there', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const plan = {
    id: 'skipped',
    onFailure: 'rollback',
    maxBlocks: 1,
    steps: [
      { kind: 'probe', name: 'skipped', to: 'one', method: 'add' },
      { kind: 'probe', name: 'adds', to: 'one', method: 'add' },
      { kind: 'probe', name: 'fails', to: 'one', method: 'fail' },
    ],
  }
  const stopped = await controller.runPlan(plan)
  assert.deepEqual([stopped.state, stopped.reason?.code], ['stopped', 'plan/held-too-long'])
  await controller.resumePlan({ skip: true })
  const progress = await controller.runPlan(plan)
  assert.equal(progress.state, 'rolled-back', JSON.stringify(progress))
  assert.deepEqual(progress.reports.map(({ name, outcome }) => `${name}: ${outcome}`), [
    'skipped: failed',
    'adds: done',
    'fails: failed',
  ])
  assert.equal(await world.ask('one', 'add'), 1)
})
