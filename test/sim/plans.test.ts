/** Upgrade plans in the simulation: a script with each policy, and the rules about them. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { judge } from '../../src/sim/model/judge.ts'
import type { Observation } from '../../src/sim/run/observation.ts'
import type { Script } from '../../src/sim/script/script.ts'
import type { PlannedUpgrade, Step, StepRecord } from '../../src/sim/steps/step.ts'
import { observe } from '../../src/sim/thread.ts'

const create = (name: string): Step => ({ kind: 'create', name, mode: 'good', bundle: 0, options: 'usual' })
const toRest: Step = { kind: 'run', limit: { kind: 'idle' } }
const good = (vat: string, bundle = 1): PlannedUpgrade => ({ vat, bundle, mode: 'good', way: 'durable', from: 'given' })
const bad = (vat: string): PlannedUpgrade => ({ ...good(vat), mode: 'throw' })

const planOf = (
  onFailure: Extract<Step, { kind: 'plan' }>['onFailure'],
  upgrades: readonly PlannedUpgrade[],
  more: Partial<Extract<Step, { kind: 'plan' }>> = {},
): Step => ({ kind: 'plan', upgrades, form: 'one-by-one', onFailure, budget: 1_000, pace: 10_000, ...more })

const plans: readonly Step[] = [
  planOf('stop', [good('vat0'), good('vat1')], { pace: 1 }),
  planOf('continue', [bad('vat0'), good('vat1', 2)]),
  planOf('suspend', [bad('vat0'), good('vat1', 3)]),
  planOf('rollback', [good('vat0', 2), good('vat1', 2)]),
  planOf('rollback', [good('vat0', 3), bad('vat1')]),
  planOf('stop', [bad('vat0'), good('vat1')]),
  planOf('continue', [good('vat0', 0), bad('vat1')], { form: 'together' }),
]
const script: Script = {
  seed: 1,
  store: 0,
  ends: 'none',
  moves: 'none',
  kernels: 'none',
  steps: [create('vat0'), create('vat1'), toRest, { kind: 'commit' }, ...plans],
}
const first = script.steps.length - plans.length

let observation: Observation
before(async () => {
  const [seen] = await observe([script])
  assert.ok(seen !== undefined)
  observation = seen
})

const planned = (): readonly unknown[] =>
  observation.records.flatMap(([, record]) => (record.kind === 'planned' ? [[record.state, ...record.outcomes]] : []))

// Spl1, Mp1, Mp2, Mp3.
test('a world with a plan of each policy has nothing wrong', () => {
  assert.deepEqual(judge(script, observation), [])
  assert.deepEqual(planned(), [
    ['done', 'done', 'done'],
    ['done', 'failed', 'done'],
    ['done', 'suspended', 'done'],
    ['done', 'done', 'done'],
    ['rolled-back', 'done', 'failed'],
    ['abandoned'],
    ['done', 'failed'],
  ])
})

/** Another record for one of the plans. */
const altered = (plan: number, record: StepRecord): readonly string[] =>
  judge(script, {
    ...observation,
    records: observation.records.map(([index, before]) => [index, index === first + plan ? record : before]),
  })

test('the rules find a plan that is not over, that was taken back in part, and an upgrade that was not done', () => {
  const finding = (plan: number, state: 'done' | 'stopped' | 'rolled-back', ...outcomes: 'done'[]): string =>
    altered(plan, { kind: 'planned', state, outcomes }).join('\n')
  assert.match(finding(0, 'stopped', 'done', 'done'), /Mp1.*is stopped/)
  assert.match(finding(0, 'done', 'done'), /Mp1.*is done after 1 steps/)
  assert.match(finding(3, 'rolled-back', 'done', 'done'), /Mp1.*the upgrade 0 of vat0 .* remains/)
  assert.match(finding(4, 'done', 'done', 'done'), /Mp1.*no incarnation has its parameters/)
  assert.match(finding(1, 'done', 'done', 'done'), /Mp1.*although its code is not good/)
})
