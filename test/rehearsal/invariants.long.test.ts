/** Invariants of a rehearsal: run before the plan and after each step, on copies of their own. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { rehearse } from '../../src/rehearsal/index.ts'
import { openWorld, type World } from '../kit/world.ts'

const purse = {
  source: `
export const buildRootObject = () => {
  let balance = 5
  let asked = 0
  return Far('root', {
    pay: (amount) => (balance -= amount),
    balance: () => balance,
    asked: () => (asked += 1),
  })
}`,
}
const pay = (name: string, amount: number): object => ({
  kind: 'probe', name, to: 'purse', method: 'pay', args: [amount],
})
const asked = { kind: 'probe', name: 'asked once', to: 'purse', method: 'asked', answer: 1 }

async function ready(t: TestContext): Promise<World> {
  const world = await openWorld(t, { vats: { purse } })
  await world.controller.commit()
  return world
}

// Inv1, Inv2.
test('a step after which an invariant does not hold is named, with the answer', async (t) => {
  const world = await ready(t)
  const solvent = await world.install({
    source: `
export const buildRootObject = () => Far('root', {
  evaluate: async ({ roots }) => {
    const balance = await E(roots.purse).balance()
    if (balance < 0) throw Error('in debt by ' + -balance)
    return balance
  },
})`,
  })
  await world.controller.commit()
  const positive = { kind: 'evaluate', name: 'solvent', bundle: solvent, powers: { roots: ['purse'] } }
  const plan = { id: 'pay', steps: [pay('first', 2), pay('second', 4), pay('third', -9)] }
  const report = await rehearse({ directory: world.directory, plan, invariants: [asked, positive] })
  assert.deepEqual(report.findings.map(({ code, subject }) => [code, subject]), [['invariant', 'solvent']])
  assert.match(report.findings[0]?.message ?? '', /^after the step second: .*in debt by 1/)
  assert.equal(report.invariants.rounds, 4)
  assert.deepEqual(report.invariants.broken.map(({ name, after }) => [name, after]), [['solvent', 'second']])
  const real = await world.controller.runPlan(plan)
  assert.deepEqual(real.reports, report.run?.reports, 'the invariants are no part of the run')
  assert.equal((await world.controller.storeStatus()).activityHash, report.end)
})

test('an invariant that does not hold before the plan is named too, with what was answered instead', async (t) => {
  const world = await ready(t)
  const plan = { id: 'pay', steps: [pay('first', 2)] }
  const three = { kind: 'probe', name: 'three', to: 'purse', method: 'balance', answer: 3 }
  const report = await rehearse({ directory: world.directory, plan, invariants: JSON.stringify([three]) })
  const differs = 'the answer is 5; it should match 3, and does not at the whole answer'
  assert.deepEqual(report.invariants.broken, [
    { name: 'three', after: null, code: 'plan/answer-differs', message: differs, answer: 5 },
  ])
  assert.match(report.findings[0]?.message ?? '', /^before the plan: plan\/answer-differs: the answer is 5; /)
})

test('invariants that are no probes are refused before anything is copied', async (t) => {
  const world = await ready(t)
  const plan = { id: 'pay', steps: [pay('first', 2)] }
  for (const invariants of [{}, '[', [{ kind: 'terminate', name: 'x', vat: 'purse' }], [pay('a', 1), pay('a', 1)]])
    await assert.rejects(rehearse({ directory: world.directory, plan, invariants }), { code: 'plan/malformed' })
})
