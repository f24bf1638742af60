/** Running upgrade plans: order, isolation, results, policies, and what is skipped. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { PlanProgress } from '../../src/host/index.ts'
import { bundleFile, puppetFile, withSpace } from '../kit/bundles.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { openWorld, type World } from '../kit/world.ts'

const upgradable = `
export const buildRootObject = () => {
  return Far('root', {
    version: () => VERSION,
    ask: (other, method) => E(other)[method](),
    never: () => new Promise(() => {}),
    busy: (other, self) => void E(other).busy(self, other),
    fail: () => { throw Error('no') },
    evaluate: async (powers, parameters) => ({ names: Object.keys(powers).sort(), parameters, version: await E(powers.roots.one).version() }),
  })
}
`
/** A function asks the vat, and is asked by it for ever if it is busy. */
const answering = `
export const buildRootObject = () => {
  const settle = []
  return Far('root', {
    later: () => new Promise((resolve) => { settle.push(resolve) }),
    release: () => { for (const each of settle.splice(0)) each('answer') },
    echo: (value) => value,
    evaluate: async ({ roots: { one } }, method) => {
      if (method !== 'busy') return E(one)[method]()
      for (;;) await E(one).echo(1)
    },
  })
}
`
const version = (number: number): { readonly source: string } => ({
  source: upgradable.replace('VERSION', String(number)),
})

const opened = async (t: TestContext): Promise<World> =>
  openWorld(t, { vats: { one: version(1), two: version(1) } })

const outcomes = ({ reports }: PlanProgress): unknown => reports.map(({ name, outcome }) => `${name}: ${outcome}`)

// Pln1, Act1.
test('the steps of a plan are done in order, and each sees what the ones before did', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const kernel = await controller.installKernel(await sameKernel())
  const next = await world.install(version(2))
  const progress = await controller.runPlan({
    id: 'all',
    steps: [
      { kind: 'kernel', name: 'kernel', bundle: kernel.id },
      { kind: 'vat', name: 'first', vat: 'one', bundle: next },
      { kind: 'probe', name: 'asked', to: 'two', method: 'ask', args: [{ '@root': 'one' }, 'version'], answer: 2 },
      { kind: 'together', name: 'rest', upgrades: [{ vat: 'one', bundle: next }, { vat: 'two', bundle: next }] },
      { kind: 'create', name: 'made', vat: 'three', bundle: next },
      { kind: 'probe', name: 'born', to: { '@result': 'made', path: ['root'] }, method: 'version', answer: 2 },
      { kind: 'evaluate', name: 'script', bundle: next, powers: { roots: ['one'], vatAdmin: true }, parameters: { a: 1 } },
      { kind: 'terminate', name: 'gone', vat: 'three' },
    ],
  })
  assert.equal(progress.state, 'done', JSON.stringify(progress, null, 1))
  assert.deepEqual(outcomes(progress), [
    'kernel: done', 'first: done', 'asked: done', 'rest: done', 'made: done', 'born: done', 'script: done', 'gone: done',
  ])
  assert.deepEqual(progress.reports.find(({ name }) => name === 'script')?.result, {
    names: ['roots', 'vatAdmin'],
    parameters: { a: 1 },
    version: 2,
  })
  assert.equal((await controller.storeStatus()).kernel, kernel.id)
  assert.equal(await world.ask('two', 'version'), 2)
  assert.equal((await controller.vat('one')).incarnation, 1, 'it was not upgraded again')
  assert.equal((await controller.vats()).filter(({ status }) => status.kind === 'running').length, 2)
})

// Pln4.
test('a plan that has ended is left alone, and one of another name skips what is so already', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(version(2))
  const plan = { id: 'a', steps: [{ kind: 'vat', name: 'first', vat: 'one', bundle: next }] }
  assert.equal((await controller.runPlan(plan)).was, 'active')
  const { height } = await controller.commit()
  assert.equal((await controller.runPlan(plan)).was, 'ended')
  assert.equal((await controller.commit()).height, height + 1, 'nothing was committed')
  assert.deepEqual(outcomes(await controller.runPlan({ ...plan, id: 'b' })), ['first: skipped'])
  assert.equal((await controller.vat('one')).incarnation, 1)
  assert.deepEqual((await controller.planHistory()).map(({ id, state }) => [id, state]), [
    ['a', 'done'],
    ['b', 'done'],
  ])
})

// Pln4.
test('a vat that an earlier plan ended is skipped, although its name is free again', async (t) => {
  const world = await opened(t)
  const plan = { steps: [{ kind: 'terminate', name: 'gone', vat: 'two' }] }
  assert.deepEqual(outcomes(await world.controller.runPlan({ ...plan, id: 'a' })), ['gone: done'])
  assert.deepEqual(outcomes(await world.controller.runPlan({ ...plan, id: 'b' })), ['gone: skipped'])
})

test('what is sent while a plan stands between blocks waits until it ends', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(version(2))
  const sent: Promise<unknown>[] = []
  const progress = await controller.runPlan(
    {
      id: 'slow',
      steps: [
        { kind: 'vat', name: 'first', vat: 'one', bundle: next },
        { kind: 'vat', name: 'second', vat: 'two', bundle: next },
      ],
    },
    { cranksPerBlock: 1, onProgress: () => void sent.push(controller.send('one', 'version')) },
  )
  assert.ok(sent.length > 2, 'the plan had several blocks')
  assert.equal(progress.reports.length, 2)
  const cranks = progress.reports.reduce((sum, report) => sum + report.cranks, 0)
  await world.controller.run()
  for (const request of await Promise.all(sent)) {
    const status = await controller.status(request as never)
    assert.deepEqual(status, { kind: 'fulfilled', value: 2 }, `after the plan of ${cranks} cranks`)
  }
})

// Act2.
for (const [policy, state, second, status] of [
  ['stop', 'stopped', undefined, 'running'],
  ['continue', 'done', 'done', 'running'],
  ['suspend', 'done', 'done', 'suspended'],
] as const)
  test(`a step that fails with the policy ${policy}`, async (t) => {
    const world = await opened(t)
    const { controller } = world
    const broken = await world.install({ source: 'export const buildRootObject = () => { throw Error("broken") }' })
    const next = await world.install(version(2))
    const plan = {
      id: policy,
      onFailure: policy,
      steps: [
        { kind: 'vat', name: 'first', vat: 'one', bundle: broken },
        { kind: 'vat', name: 'second', vat: 'two', bundle: next },
      ],
    }
    const progress = await controller.runPlan(plan)
    assert.equal(progress.state, state)
    assert.equal(progress.reports.find(({ name }) => name === 'second')?.outcome, second)
    assert.equal((await controller.vat('one')).status.kind, status)
    if (policy !== 'stop') return
    assert.equal(progress.reason?.code, 'start/threw')
    assert.match(progress.reason?.message ?? '', /first: .*broken/)
    assert.equal(await world.ask('two', 'version'), 1, 'what is sent to a plan that stands is accepted')
    await controller.resumePlan({ skip: true })
    assert.deepEqual(outcomes(await controller.runPlan(plan)), ['first: failed', 'second: done'])
  })

// Pln3.
test('a vat that never ends its work does not hold a plan beyond the budget', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(version(2))
  const progress = await controller.runPlan({
    id: 'busy',
    onFailure: 'continue',
    budget: { cranks: 50, computrons: null },
    steps: [
      { kind: 'probe', name: 'busy', to: 'one', method: 'busy', args: [{ '@root': 'two' }, { '@root': 'one' }] },
      { kind: 'vat', name: 'next', vat: 'two', bundle: next },
    ],
  })
  assert.equal(progress.state, 'done')
  assert.deepEqual(progress.reports.map(({ code, cranks }) => [code, cranks]), [['plan/budget', 50], ['plan/budget', 50]])
  await controller.terminateVat('one', 'it never ends')
  await controller.run()
})

test('an answer that nothing can settle fails at once', async (t) => {
  const world = await opened(t)
  const progress = await world.controller.runPlan({
    id: 'never',
    onFailure: 'continue',
    steps: [
      { kind: 'probe', name: 'asked', to: 'one', method: 'never' },
      { kind: 'probe', name: 'later', to: 'one', method: 'never', settlesLater: true },
      { kind: 'wait', name: 'waited', for: 'later' },
      { kind: 'probe', name: 'failed', to: 'one', method: 'fail' },
      { kind: 'probe', name: 'differs', to: 'one', method: 'version', answer: 7 },
    ],
  })
  assert.deepEqual(progress.reports.map(({ name, outcome, code }) => [name, outcome, code]), [
    ['asked', 'failed', 'plan/never-settles'],
    ['later', 'done', null],
    ['waited', 'failed', 'plan/never-settles'],
    ['failed', 'failed', 'message/rejected'],
    ['differs', 'failed', 'plan/answer-differs'],
  ])
})

test('a plan whose conditions do not hold is refused whole, with each difference', async (t) => {
  const world = await opened(t)
  const next = await world.install(version(2))
  const plan = {
    id: 'conditional',
    expects: {
      kernel: `b1-${'0'.repeat(64)}`,
      workers: ['another'],
      bundles: ['nothing'],
      vats: [{ vat: 'o*', incarnation: 3, status: 'suspended' }, { vat: 'nobody' }],
    },
    steps: [{ kind: 'vat', name: 'first', vat: 'one', bundle: next }],
  }
  const check = await world.controller.checkPlan(plan)
  assert.deepEqual(check.differences.map(({ subject }) => subject), [
    'kernel', 'workers[0]', 'bundles[0]', 'vats[0].incarnation (of one)', 'vats[0].status (of one)', 'vats[1]',
  ])
  type Refusal = { readonly code: string; readonly detail: { readonly differences: unknown } }
  await assert.rejects(world.controller.runPlan(plan), (error: Refusal) => {
    assert.equal(error.code, 'plan/conditions')
    assert.deepEqual(error.detail.differences, check.differences)
    return true
  })
  assert.equal(await world.controller.plan(), undefined)
  assert.equal((await world.controller.vat('one')).incarnation, 0)
})

test('the puppet is upgraded by a plan too', async (t) => {
  const world = await openWorld(t, { vats: { puppet: {} } })
  const { id } = await world.controller.installBundle(withSpace(await bundleFile(puppetFile)))
  const progress = await world.controller.runPlan({
    id: 'replayed',
    steps: [{ kind: 'vat', name: 'it', vat: 'puppet', bundle: id, mode: 'replay' }],
  })
  assert.equal((progress.reports[0]?.result as { mode: string }).mode, 'replay')
})

// Pln2.
test('a plan whose process ends after each block goes on where it was, and ends with the same hash', async (t) => {
  const ends: string[] = []
  for (const disturbed of [false, true]) {
    const world = await opened(t)
    const kernel = await world.controller.installKernel(await sameKernel())
    const next = await world.install(version(2))
    const plan = {
      id: 'killed',
      steps: [
        { kind: 'vat', name: 'first', vat: 'one', bundle: next },
        { kind: 'kernel', name: 'kernel', bundle: kernel.id },
        { kind: 'probe', name: 'asked', to: 'two', method: 'ask', args: [{ '@root': 'one' }, 'version'], answer: 2 },
        { kind: 'vat', name: 'second', vat: 'two', bundle: next },
        { kind: 'create', name: 'made', vat: 'three', bundle: next },
      ],
    }
    let restarts = 0
    for (;;) {
      const die = (): never => {
        throw new Error('the process ends')
      }
      const options = { cranksPerBlock: 1, ...(disturbed ? { onProgress: die } : {}) }
      const progress = await world.controller.runPlan(plan, options).catch((error: Error) => {
        assert.equal(error.message, 'the process ends')
        return undefined
      })
      if (progress?.was === 'ended' || (!disturbed && progress?.state === 'done')) break
      restarts += 1
      await world.restart()
    }
    assert.ok(disturbed ? restarts > 5 : restarts === 0, `${restarts} restarts`)
    const [ended] = await world.controller.planHistory()
    ends.push(JSON.stringify([ended?.reports, await world.activityHash()]))
    assert.equal((await world.controller.vat('one')).incarnation, 1)
  }
  assert.equal(ends[1], ends[0])
})

test('work that never ends when a plan begins stops it; it goes on without waiting for that', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(version(2))
  await controller.send('one', 'busy', [await world.root('two'), await world.root('one')])
  const plan = {
    id: 'left',
    budget: { cranks: 20, computrons: null },
    onFailure: 'continue',
    steps: [{ kind: 'terminate', name: 'end', vat: 'one' }, { kind: 'vat', name: 'next', vat: 'two', bundle: next }],
  }
  const stopped = await controller.runPlan(plan)
  assert.deepEqual([stopped.state, stopped.reason?.code, stopped.ended], ['stopped', 'plan/budget', 0])
  await controller.resumePlan({ skip: true })
  const progress = await controller.runPlan(plan)
  assert.deepEqual(outcomes(progress), ['end: done', 'next: done'])
})

test('functions that never answer, or answer only after their step, end with it or with the plan', async (t) => {
  const world = await openWorld(t, { vats: { one: { source: answering } } })
  const { controller } = world
  const bundle = await world.install({ source: answering })
  const ask = (name: string, method: string, more: object = {}): object => ({
    kind: 'evaluate', name, bundle, powers: { roots: ['one'] }, parameters: method, ...more,
  })
  const progress = await controller.runPlan({
    id: 'functions',
    onFailure: 'continue',
    budget: { cranks: 30, computrons: null },
    steps: [
      ask('early', 'later', { settlesLater: true }),
      { kind: 'probe', name: 'release', to: 'one', method: 'release' },
      { kind: 'wait', name: 'answer', for: 'early' },
      ask('never', 'later'),
      ask('busy', 'busy'),
      ask('last', 'later', { settlesLater: true }),
    ],
  })
  assert.deepEqual(progress.reports.map(({ name, code }) => [name, code]), [
    ['early', null], ['release', null], ['answer', null],
    ['never', 'plan/never-settles'], ['busy', 'plan/budget'], ['last', null],
  ])
  await controller.run()
  assert.deepEqual((await controller.vats()).map(({ name }) => name), ['one'])
})

test('a plan that is over holds nothing: neither results of its steps nor vats of its functions', async (t) => {
  const world = await opened(t)
  const { controller } = world
  const next = await world.install(version(2))
  const broken = await world.install({ source: 'export const buildRootObject = () => { throw Error("broken") }' })
  await controller.run()
  await controller.commit()
  const counted = async (): Promise<unknown> => {
    const { counted: counts } = await controller.audit()
    return [counts?.held, counts?.vats]
  }
  const before = await counted()
  const progress = await controller.runPlan({
    id: 'held',
    onFailure: 'continue',
    steps: [
      { kind: 'evaluate', name: 'script', bundle: next, powers: { roots: ['one'] } },
      { kind: 'together', name: 'both', upgrades: [{ vat: 'one', bundle: next }, { vat: 'two', bundle: broken }] },
      { kind: 'probe', name: 'later', to: 'one', method: 'never', settlesLater: true },
      { kind: 'wait', name: 'waited', for: 'later' },
      { kind: 'probe', name: 'never', to: 'one', method: 'never' },
      { kind: 'vat', name: 'suspended', vat: 'two', bundle: broken, onFailure: 'suspend' },
    ],
  })
  assert.equal(progress.state, 'done')
  await controller.run()
  assert.deepEqual(await counted(), before)
})
