/** What a rehearsal notes while a plan is run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rehearse, type RehearsalReport, type StepObservation } from '../../src/rehearsal/index.ts'
import { openWorld } from '../kit/world.ts'

const shop = {
  source: `
export const buildRootObject = (vatPowers, parameters, baggage) => {
  const kind = VatData.makeKindHandle('Thing')
  const make = VatData.defineDurableKind(kind, (n) => ({ n }), { get: ({ state }) => state.n })
  baggage.init('things', make(0))
  const kept = []
  return Far('root', {
    complain: () => { console.error('shelf is empty'); console.log('not an error'); return 1 },
    fail: () => { throw RangeError('no such purse') },
    leave: () => vatPowers.exitVat('closed'),
    add: (count) => { for (let n = 0; n < count; n += 1) kept.push(make(n)); baggage.init('kept', kept.slice()) },
    work: () => { for (let n = 0; n < 20_000; n += 1) kept.length },
  })
}`,
}
const probe = (method: string, ...args: readonly unknown[]): object => ({
  kind: 'probe', name: method, to: 'shop', method, args,
})
const ofStep = ({ observations }: RehearsalReport, name: string): StepObservation => {
  const found = observations.find(({ step }) => step === name)
  assert.ok(found, name)
  return found
}

// Obs1, Obs2.
test('errors on the way are noted with their step and delivery, and speak not against the plan', async (t) => {
  const world = await openWorld(t, { vats: { shop, other: shop } })
  await world.controller.commit()
  const plan = {
    id: 'look',
    onFailure: 'continue',
    steps: [
      probe('complain'),
      probe('fail'),
      probe('add', 3),
      probe('work'),
      { kind: 'probe', name: 'end', to: 'other', method: 'leave' },
    ],
  }
  const report = await rehearse({ directory: world.directory, plan })
  assert.deepEqual(report.findings.map(({ code, subject }) => [code, subject]), [['step-failed', 'fail']])
  const notes = (step: string): unknown =>
    ofStep(report, step).notes.map(({ kind, vat, delivery, message }) => [kind, vat, delivery, message])
  assert.deepEqual(notes('complain'), [['console', 'shop', 'message complain to o+0', 'error: shelf is empty']])
  assert.deepEqual(notes('fail'), [['rejected', 'shop', 'message fail to o+0', 'no such purse']])
  assert.deepEqual(notes('add'), [])
  assert.match(JSON.stringify(notes('end')), /terminated.*other.*closed/)
  assert.ok(ofStep(report, 'fail').notes.every(({ crank }) => crank !== null && crank > 0))
  const longest = ofStep(report, 'work').longest
  assert.equal(longest?.vat, 'shop')
  assert.equal(longest?.computrons, report.run?.reports.find(({ name }) => name === 'work')?.computrons)
  assert.ok(report.observations.reduce((sum, { growth }) => sum + growth, 0) > 0)
  assert.deepEqual(report.changes.find(({ vat }) => vat === 'shop')?.kinds, [{ tag: 'Thing', before: 1, after: 4 }])
  const rows = report.changes.find(({ vat }) => vat === 'shop')?.rows
  assert.ok(rows !== undefined && (rows.after ?? 0) > (rows.before ?? 0))
  assert.deepEqual((await world.controller.runPlan(plan)).reports, report.run?.reports)
})
