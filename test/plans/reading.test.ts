/** Reading plans: each thing that can be wrong is refused with its place. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { sha256 } from '../../src/hashing/sha256.ts'
import { canonical } from '../../src/host/plans/certificate.ts'
import { planSchema, stepSchemas } from '../../src/host/plans/planSchema.ts'
import { readPlan } from '../../src/host/plans/readPlan.ts'
import { CodedError } from '../../src/host/index.ts'
import { planDefaults, planLimits } from '../../src/protocol/plan/plan.ts'

const probe = (name: string, more: object = {}): object => ({ kind: 'probe', name, to: 'bank', method: 'm', ...more })
const plan = (...steps: readonly unknown[]): object => ({ id: 'p', steps })

const kernel = `b1-${'a'.repeat(64)}`

/** What is wrong, and the path to it. */
const wrong: readonly (readonly [what: string, given: unknown, path: string, message: RegExp])[] = [
  ['no JSON', '{', '', /not JSON/],
  ['a text that is too long', 'x'.repeat(planLimits.text + 1), '', /at most 1000000 characters/],
  ['no record', [], '', /object/],
  ['nothing', null, '', /object/],
  ['no id', { steps: [probe('a')] }, '', /id/],
  ['an empty id', { id: '', steps: [probe('a')] }, 'id', /fewer than 1/],
  ['an unknown member', { ...plan(probe('a')), onFailur: 'stop' }, 'onFailur', /did you mean onFailure/],
  ['an unknown policy', { ...plan(probe('a')), onFailure: 'retry' }, 'onFailure', /stop, continue, suspend, rollback/],
  ['a budget of nothing', { ...plan(probe('a')), budget: { cranks: 0, computrons: null } }, 'budget.cranks', /1/],
  ['a condition that is unknown', { ...plan(probe('a')), expects: { vat: [] } }, 'expects.vat', /did you mean vats/],
  ['a condition of the wrong type', { ...plan(probe('a')), expects: { vats: [{ vat: 'x', incarnation: -1 }] } }, 'expects.vats[0].incarnation', /0/],
  ['no steps', plan(), 'steps', /1 to 1000 steps/],
  ['too many steps', plan(...Array.from({ length: 1_001 }, (_, at) => probe(`s${at}`))), 'steps', /not 1001/],
  ['a step that is none', plan(7), 'steps[0].kind', /has a kind/],
  ['an unknown step', plan(probe('a'), { kind: 'probes', name: 'b' }), 'steps[1].kind', /did you mean probe/],
  ['a step without what it needs', plan({ kind: 'vat', name: 'a', vat: 'x' }), 'steps[0]', /bundle/],
  ['a member that is misspelt', plan(probe('a', { arg: [] })), 'steps[0].arg', /did you mean args/],
  ['a member of a member', plan({ kind: 'vat', name: 'a', vat: 'x', bundle: 'y', drain: { maxCranks: 'z' } }), 'steps[0].drain.maxCranks', /integer/],
  ['a kernel that has no id', plan({ kind: 'kernel', name: 'a', bundle: 'release' }), 'steps[0].bundle', /pattern/],
  ['a name that occurs twice', plan(probe('a'), probe('a')), 'steps[1].name', /too/],
  ['a reference forward', plan(probe('a', { args: [{ '@result': 'b' }] }), probe('b')), 'steps[0].args[0]', /earlier step/],
  ['a reference to itself', plan(probe('a', { args: [[{ x: { '@result': 'a' } }]] })), 'steps[0].args[0][0].x', /earlier step/],
  ['a path that is none', plan(probe('a'), probe('b', { to: { '@result': 'a', path: 'root' } })), 'steps[1].to.path', /list/],
  ['an unknown reference', plan(probe('a', { args: [{ '@vat': 'x' }] })), 'steps[0].args[0]', /@vat is unknown/],
  ['a bigint of letters', plan(probe('a', { args: [{ '@bigint': 'x' }] })), 'steps[0].args[0]', /digits of a bigint/],
  ['the name of an object', plan(probe('a', { args: [{ '@remote': 'ko7' }] })), 'steps[0].args[0]', /@root or @result/],
  ['a reference with more members', plan(probe('a', { args: [{ '@root': 'x', y: 1 }] })), 'steps[0].args[0].y', /no member y/],
  ['a wait for a later step', plan({ kind: 'wait', name: 'w', for: 'a' }, probe('a')), 'steps[0].for', /earlier step/],
  ['a vat twice in one together', plan({ kind: 'together', name: 't', upgrades: [{ vat: 'x', bundle: 'y' }, { vat: 'x', bundle: 'z' }] }), 'steps[0].upgrades[1].vat', /twice/],
  ['rollback and a step that stops it', { ...plan(probe('a'), probe('b', { onFailure: 'stop' })), onFailure: 'rollback' }, 'steps[1].onFailure', /"b" would stop/],
  ['one step of rollback among those that stop it', plan(probe('a'), probe('b', { onFailure: 'rollback' })), 'onFailure', /"a" would stop/],
  ['rollback and a kernel', { ...plan({ kind: 'kernel', name: 'k', bundle: kernel }), onFailure: 'rollback' }, 'steps[0].kind', /one block/],
  ['a step that retires nothing', plan({ kind: 'retire', name: 'r' }), 'steps[0]', /a worker or a bundle/],
  ['a step that retires two things', plan({ kind: 'retire', name: 'r', worker: 'a', bundle: 'b' }), 'steps[0]', /one of both/],
  ['a step that retires what has no name', plan({ kind: 'retire', name: 'r', bundle: '' }), 'steps[0].bundle', /fewer than 1/],
  ['vats and a pattern', plan({ kind: 'worker', name: 'w', worker: 'v', vats: ['a'], pattern: 'b*' }), 'steps[0]', /alternatives/],
]

// Pl1, Pl2.
for (const [what, given, path, message] of wrong)
  test(`a plan with ${what} is refused at ${path === '' ? 'its beginning' : path}`, () => {
    assert.throws(
      () => readPlan(given),
      (error: unknown) => {
        assert.ok(error instanceof CodedError, String(error))
        assert.equal(error.code, 'plan/malformed')
        assert.equal(error.detail['path'], path, error.message)
        assert.match(error.message, message)
        return true
      },
    )
  })

test('a plan is read as it is, with the defaults of what is absent', () => {
  const steps = [
    { kind: 'kernel', name: 'k', bundle: kernel },
    probe('a', { args: [{ '@bigint': '-12' }, { '@root': 'x' }, { '@undefined': true }, { '@@x': 1 }] }),
    probe('b', { to: { '@result': 'a', path: ['root', 0] }, settlesLater: true }),
    { kind: 'wait', name: 'w', for: 'b', budget: { cranks: 5, computrons: '7' }, onFailure: 'continue' },
  ]
  const given = { id: 'p', steps }
  assert.deepEqual(readPlan(given), { about: '', expects: {}, ...planDefaults, ...given })
  assert.deepEqual(readPlan(JSON.stringify(given)), readPlan(given))
})

/** Plans are stored and voted for: one that could be read can be read by every later release. */
const golden = join(import.meta.dirname, '..', '..', 'golden', 'plans')
for (const [file, hash] of [
  ['every-step.json', 'a91c58159017a00376b8b679ce5c85a9560e3775ef9d1b87a8eae4e077282157'],
  ['retiring.json', 'a3cd8322cac84f62bb213f40bb80623c70142d1b337580d9d07996a240d93a06'],
  ['shortest.json', '3cbb33f4f94f03bc6db8e10fc1d6d0582e43d5d9108299c34c094cf5f70b5fee'],
  ['taken-back.json', '431d380ee2b93b8367ebe75079fe933f0a3871af05d160a75b0c34ad39b50b40'],
] as const)
  test(`the plan ${file} is read as it ever was`, () => {
    const plan = readPlan(readFileSync(join(golden, file), 'utf8'))
    assert.equal(sha256(canonical(plan)), hash)
    assert.ok(Value.Check(planSchema, plan), 'the published schema allows it')
  })

test('the golden plans have every kind of step, with each member that it may have', () => {
  const files = ['every-step.json', 'retiring.json']
  const steps = files.flatMap((file) => readPlan(readFileSync(join(golden, file), 'utf8')).steps)
  for (const [kind, { properties }] of Object.entries(stepSchemas)) {
    const found = new Set(steps.filter((step) => step.kind === kind).flatMap((step) => Object.keys(step)))
    const missing = Object.keys(properties).filter(
      (name) => !found.has(name) && name !== 'onFailure' && name !== 'budget',
    )
    assert.deepEqual(missing, [], kind)
  }
})
