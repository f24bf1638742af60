/** The step `retire` of a bundle: when it does it, when it is skipped, and when it is refused. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { PlanProgress, ResultHandle } from '../../src/host/index.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { bundleSource } from '../kit/bundles.ts'
import { openWorld, rejectionOf, type World } from '../kit/world.ts'

const source = (number: number): string => `export const buildRootObject = () => Far('root', { version: () => ${number} })`

interface Bank {
  readonly world: World
  readonly one: string
  readonly two: string
}

/** A vat `bank` on the bundle `one`, and a bundle `two` for it. */
async function bankIn(t: TestContext): Promise<Bank> {
  const world = await openWorld(t)
  const { controller } = world
  const { id: one } = await controller.installBundle(await bundleSource(source(1)), 'one')
  const { id: two } = await controller.installBundle(await bundleSource(source(2)), 'two')
  await world.settle(await controller.createVat('bank', 'one'))
  await controller.commit()
  return { world, one, two }
}

const outcomes = ({ reports }: PlanProgress): unknown => reports.map(({ name, outcome }) => `${name}: ${outcome}`)

const upgrade = { kind: 'vat', name: 'bank', vat: 'bank', bundle: 'two' }
const retire = { kind: 'retire', name: 'old', bundle: 'one' }

// Pln1, Br1.
test('a plan upgrades a vat and retires the bundle that it has left', async (t) => {
  const { world, one } = await bankIn(t)
  const { controller } = world
  const progress = await controller.runPlan({ id: 'a', steps: [upgrade, retire] })
  assert.deepEqual(outcomes(progress), ['bank: done', 'old: done'])
  assert.deepEqual(progress.reports[1]?.result, { bundle: one })
  await assert.rejects(controller.createVat('late', 'one'), { code: 'bundle/unknown' })
  await world.reopen()
  await assert.rejects(controller.bundleNamed('one'))
})

// Pln4.
test('a bundle that is retired already is skipped, by its label and by its id', async (t) => {
  const { world, one } = await bankIn(t)
  const steps = [upgrade, retire]
  await world.controller.runPlan({ id: 'a', steps })
  assert.deepEqual(outcomes(await world.controller.runPlan({ id: 'b', steps })), ['bank: skipped', 'old: skipped'])
  const byId = { id: 'c', steps: [{ ...retire, bundle: one }] }
  assert.deepEqual(outcomes(await world.controller.runPlan(byId)), ['old: skipped'])
})

test('the step fails while a vat runs the bundle, and is done when it is begun anew later', async (t) => {
  const { world } = await bankIn(t)
  const { controller } = world
  const stopped = await controller.runPlan({ id: 'a', steps: [retire] })
  assert.deepEqual([stopped.state, stopped.reason?.code], ['stopped', 'bundle-in-use'])
  assert.match(stopped.reason?.message ?? '', /bank runs it/)
  await world.settle(await controller.upgradeVat('bank', 'two'))
  await controller.resumePlan()
  const { id, steps } = { id: 'a', steps: [retire] }
  assert.equal((await controller.runPlan({ id, steps })).state, 'done')
  await assert.rejects(controller.bundleNamed('one'), { code: 'bundle/unknown' })
})

test('a step does not retire what a later step of the plan needs', async (t) => {
  const { world, two } = await bankIn(t)
  const steps = [{ ...retire, bundle: two }, upgrade]
  const stopped = await world.controller.runPlan({ id: 'a', steps })
  assert.deepEqual([stopped.state, stopped.reason?.code], ['stopped', 'bundle/in-use'])
  assert.match(stopped.reason?.message ?? '', /the step "bank" of the active plan needs/)
  assert.equal(await world.controller.bundleNamed('two'), two)
})

test('the host does not retire what a plan that stands needs, and may when the plan is given up', async (t) => {
  const { world, two } = await bankIn(t)
  const { controller } = world
  const failing = { kind: 'probe', name: 'wrong', to: 'bank', method: 'version', answer: 7 }
  await controller.runPlan({ id: 'a', steps: [failing, upgrade] })
  await assert.rejects(controller.retireBundle('two'), { code: 'bundle/in-use' })
  await assert.rejects(controller.retireBundle(two), { code: 'bundle/in-use' })
  await controller.abandonPlan('why')
  assert.equal((await world.settle(await controller.retireBundle('two'))).kind, 'fulfilled')
  rejectionOf(await world.settle(await controller.retireBundle('one')), 'bundle-in-use')
})

// Pln5.
test('a plan that is taken back leaves the bundle installed', async (t) => {
  const { world, one } = await bankIn(t)
  const failing = { kind: 'probe', name: 'wrong', to: 'bank', method: 'version', answer: 7 }
  const progress = await world.controller.runPlan({ id: 'a', onFailure: 'rollback', steps: [upgrade, retire, failing] })
  assert.equal(progress.state, 'rolled-back')
  assert.equal(await world.controller.bundleNamed('one'), one)
  assert.equal(await world.ask('bank', 'version'), 1)
})

// Pln1.
test('a vat that the host asks for while the plan runs finds the bundle retired', async (t) => {
  const { world } = await bankIn(t)
  const { controller } = world
  const made: Promise<ResultHandle>[] = []
  const onProgress = (): void => {
    if (made.length === 0) made.push(controller.createVat('again', 'one'))
  }
  const plan = { id: 'a', steps: [upgrade, retire] }
  const progress = await controller.runPlan(plan, { onProgress, cranksPerBlock: 1 })
  assert.equal(progress.state, 'done', JSON.stringify(progress))
  const [asked] = await Promise.all(made)
  assert.ok(asked !== undefined)
  assert.match(rejectionOf(await world.settle(asked), 'service-refused').message, /there is no vat bundle/)
})

/** Asks the host through a port, and is answered by an item. */
const asking = `
export const buildRootObject = () => {
  let answer
  return Far('root', {
    evaluate: ({ ports: { world } }) => {
      void E(world).onReceive(Far('receiver', { receive: (item) => answer(item) }))
      void E(world).send('question')
      return new Promise((resolve) => { answer = resolve })
    },
  })
}
`

// Bnm1.
test('a bundle whose installation waits for the end of a plan can be named meanwhile', async (t) => {
  const { world } = await bankIn(t)
  const { controller } = world
  const port = await controller.openPort('world')
  const bundle = await world.install({ source: asking })
  const steps = [upgrade, { kind: 'evaluate', name: 'asked', bundle, powers: { ports: ['world'] } }, retire]
  const plan = { id: 'a', steps }
  assert.equal((await controller.runPlan(plan)).state, 'waiting')
  const { id } = await controller.installBundle(await bundleSource(source(3)), 'three')
  assert.equal(await controller.bundleNamed('three'), id)
  assert.equal(await controller.bundleNamed(id), id)
  const asked = await controller.createVat('third', 'three')
  await port.deliver('answer')
  assert.equal((await controller.runPlan(plan)).state, 'done')
  assert.equal((await world.settle(asked)).kind, 'fulfilled')
  assert.equal(await controller.bundleNamed('three'), id)
  await assert.rejects(controller.bundleNamed('one'), { code: 'bundle/unknown' })
})

// Reh1, Reh3.
test('a rehearsal retires the bundle in its copy, and a second run of the plan skips it', async (t) => {
  const { world, one } = await bankIn(t)
  const report = await rehearse({ directory: world.directory, plan: { id: 'a', steps: [upgrade, retire] } })
  assert.deepEqual(report.findings, [])
  assert.deepEqual(report.again.map(({ outcome }) => outcome), ['skipped', 'skipped'])
  assert.equal(await world.controller.bundleNamed('one'), one)
  const real = await world.controller.runPlan({ id: 'a', steps: [upgrade, retire] })
  assert.deepEqual(real.reports, report.run?.reports)
})

test('a certificate names the bundle, and the check of a plan says what its label stands for', async (t) => {
  const { world, one, two } = await bankIn(t)
  const check = await world.controller.checkPlan({ id: 'a', expects: { bundles: ['one'] }, steps: [upgrade, retire] })
  assert.deepEqual(check.differences, [])
  assert.deepEqual(check.code.bundles, { one, two })
  await world.controller.runPlan({ id: 'a', steps: [upgrade, retire] })
  const after = await world.controller.checkPlan({ id: 'b', expects: { bundles: ['one'] }, steps: [retire] })
  assert.deepEqual(after.differences, [{ subject: 'bundles[0]', expected: 'one', found: 'none' }])
})
