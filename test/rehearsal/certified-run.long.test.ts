/** Running a plan under the certificate of its rehearsal (Pln6, Crd1). */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { certificateOf, rehearse, type Certificate } from '../../src/rehearsal/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { openWorld, type World } from '../kit/world.ts'

/** `made` is an object, which has another name in each store. */
const counter = (number: number): { readonly source: string } => ({
  source: `
export const buildRootObject = (_powers, _parameters, baggage) => {
  if (!baggage.has('count')) baggage.init('count', 0)
  return Far('root', {
    version: () => ${number},
    add: () => { baggage.set('count', baggage.get('count') + 1) },
    count: () => baggage.get('count'),
    make: () => ({ made: Far('made', {}), version: ${number} }),
  })
}`,
})

interface Certified {
  readonly world: World
  readonly plan: object
  readonly certificate: Certificate
}

const install = async ({ controller }: World, number: number): Promise<string> => {
  const { id } = await controller.installBundle(await bundleSource(counter(number).source), 'next')
  return id
}

/** A plan that was certified, and a store that has gone on since. */
async function certified(t: TestContext, ...more: readonly object[]): Promise<Certified> {
  const world = await openWorld(t, { vats: { one: counter(1), two: counter(1) } })
  await install(world, 2)
  await world.controller.commit()
  const plan = {
    id: 'upgrade',
    expects: { vats: [{ vat: 'one', incarnation: 0 }] },
    steps: [
      { kind: 'vat', name: 'first', vat: 'one', bundle: 'next' },
      { kind: 'probe', name: 'makes', to: 'one', method: 'make' },
      ...more,
      { kind: 'vat', name: 'second', vat: 'two', bundle: 'next' },
    ],
  }
  const certificate = certificateOf(await rehearse({ directory: world.directory, plan }))
  for (let times = 0; times < 3; times += 1) await world.ask('one', 'add')
  await world.ask('two', 'make')
  await world.controller.commit()
  return { world, plan, certificate }
}

const counting = { kind: 'probe', name: 'counts', to: 'one', method: 'count' }

test('a certificate is valid while the store goes on: each step does what it says, though not at the same cost', async (t) => {
  const { world, plan, certificate } = await certified(t)
  const progress = await world.controller.runPlan(plan, { certificate: JSON.stringify(certificate) })
  assert.deepEqual([progress.state, progress.certificate], ['done', certificate.hash])
  assert.deepEqual(progress.reports.map(({ deviation }) => deviation), [null, null, null])
  assert.notEqual(progress.reports[0]?.hash, certificate.steps[0]?.hash)
  assert.equal((await world.controller.planHistory())[0]?.certificate, certificate.hash)
})

for (const [policy, state, ended, version] of [
  ['stop', 'stopped', 3, [2, 1]],
  ['continue', 'done', 4, [2, 2]],
  ['rollback', 'rolled-back', 3, [1, 1]],
] as const)
  test(`a step that answers otherwise than its certificate says, with the policy ${policy}`, async (t) => {
    const { world, plan, certificate } = await certified(t, counting)
    const { controller } = world
    const progress = await controller.runPlan(plan, { certificate, onDeviation: policy })
    assert.deepEqual([progress.state, progress.ended], [state, ended], JSON.stringify(progress))
    assert.match(progress.reports[2]?.deviation ?? '', /"result":0/)
    assert.equal(progress.reports[2]?.result, 3)
    assert.equal(progress.reason?.code ?? null, policy === 'continue' ? null : 'plan/deviates')
    const { id } = await world.controller.installBundle(await bundleSource(counter(3).source), 'later')
    assert.ok(id)
    assert.deepEqual([await world.ask('one', 'version'), await world.ask('two', 'version')], version)
    if (policy !== 'stop') return
    await controller.resumePlan()
    await world.reopen()
    assert.equal((await world.controller.runPlan(plan)).state, 'done', 'it goes on after the step')
    assert.equal(await world.ask('one', 'count'), 3)
  })

// Pln6.
test('a label that stands for other code than was certified is a condition that does not hold', async (t) => {
  const { world, plan, certificate } = await certified(t)
  await install(world, 3)
  await assert.rejects(world.controller.runPlan(plan, { certificate }), {
    code: 'plan/conditions',
    message: /bundles \(next\): expected b1-/,
  })
  assert.equal(await world.controller.plan(), undefined)
})

test('a condition that does not hold any more refuses a certified run', async (t) => {
  const { world, plan, certificate } = await certified(t)
  await world.settle(await world.controller.upgradeVat('one', 'next'))
  await assert.rejects(world.controller.runPlan(plan, { certificate }), { code: 'plan/conditions' })
})

test('what is no certificate of this plan is refused', async (t) => {
  const { world, plan, certificate } = await certified(t)
  const { controller } = world
  const code = 'plan/bad-certificate'
  await assert.rejects(controller.runPlan({ ...plan, about: 'other' }, { certificate }), { code })
  const changed = { ...certificate, end: certificate.hash }
  await assert.rejects(controller.runPlan(plan, { certificate: changed }), { code })
  for (const certificate of [null, 7, '', 'x', []])
    await assert.rejects(controller.runPlan(plan, { certificate }), { code })
  await assert.rejects(controller.runPlan(plan, { certificate, onDeviation: 'retry' as never }), {
    code: 'api/bad-argument',
  })
  await assert.rejects(controller.runPlan(plan, { onDeviation: 'stop' }), { code: 'api/bad-argument' })
  assert.equal(await controller.plan(), undefined)
})

test('a certified plan with a kernel cannot be rolled back', async (t) => {
  const world = await openWorld(t, { vats: { one: counter(1) } })
  const { controller } = world
  const { id } = await controller.installKernel(Buffer.concat([await kernelBytes(), Buffer.from('\n')]))
  await controller.commit()
  const plan = { id: 'k', steps: [{ kind: 'kernel', name: 'kernel', bundle: id }] }
  const certificate = certificateOf(await rehearse({ directory: world.directory, plan }))
  await assert.rejects(controller.runPlan(plan, { certificate, onDeviation: 'rollback' }), {
    code: 'plan/malformed',
    message: /steps\[0\]\.kind/,
  })
  assert.equal((await controller.runPlan(plan, { certificate })).state, 'done')
})
