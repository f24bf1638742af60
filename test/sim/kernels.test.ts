/**
 * A world whose kernel is replaced, fails in each way and is repaired, the same each time; and the rules of
 * kernels find what is wrong in what was seen of it.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compare, compareOutcomes, judge } from '../../src/sim/model/judge.ts'
import { provoking, type Program } from '../../src/sim/program/program.ts'
import type { Observation } from '../../src/sim/run/observation.ts'
import type { KernelSeen } from '../../src/sim/run/progress.ts'
import type { Script } from '../../src/sim/script/script.ts'
import type { Step } from '../../src/sim/steps/step.ts'
import { observe } from '../../src/sim/thread.ts'

/** Every step is an object of its own, by which it is found. */
const toRest = (): Step => ({ kind: 'run', limit: { kind: 'idle' } })
const commit: Step = { kind: 'commit' }
const create = (name: string): Step => ({ kind: 'create', name, mode: 'good', bundle: 0, options: 'usual' })
const kernel = (to: Extract<Step, { kind: 'kernel' }>['to']): Step => ({ kind: 'kernel', to })

const small: Program = { ops: [], answer: { kind: 'data', value: 1 } }
const poison: Program = { ops: [{ kind: 'provoke' }], answer: { kind: 'data', value: 2 } }
const ask = (n: number, vat: string, go: Program = small): Step => ({
  kind: 'send',
  n,
  to: { kind: 'root', vat },
  go,
  give: ['root:vat0', 'root:vat1'],
  result: 'keep',
})
/** A message that the vat sends on to the other. */
const passed = (n: number, go: Program): Program => ({
  ops: [{ kind: 'send', n, to: 'root:vat1', give: [], go, result: 'await', then: [] }],
  answer: { kind: 'data', value: 3 },
})
const item = (n: number): Step => ({ kind: 'deliver', n, way: 'ok', give: null, again: false })

/** Each part begins and ends with a kernel without a defect, and nothing in work. */
const swaps: readonly Step[] = [
  ask(1, 'vat0', passed(2, small)),
  { kind: 'run', limit: { kind: 'cranks', cranks: 1 } },
  kernel('same'),
  kernel('same'),
  ask(3, 'vat1'),
  kernel('miscounts'),
  kernel('cannot-migrate'),
  kernel('tables-differ'),
  kernel('too-old'),
  kernel('unknown'),
  toRest(),
]
const acceptance: readonly Step[] = [
  kernel('cannot-accept'),
  ask(10, 'vat0'),
  ask(11, 'vat0', poison),
  item(12),
  ask(13, 'vat1'),
  { kind: 'advance', by: 5 },
  toRest(),
  { kind: 'aside', item: 'provoking' },
  { kind: 'retry' },
  ask(14, 'vat0'),
  toRest(),
  kernel('longer'),
  { kind: 'put-back' },
  toRest(),
]
const delivery: readonly Step[] = [
  kernel('cannot-deliver'),
  ask(20, 'vat0', passed(21, poison)),
  toRest(),
  { kind: 'suspend', vat: 'vat1' },
  ask(22, 'vat1'),
  { kind: 'retry' },
  toRest(),
  kernel('release'),
  { kind: 'resume', vat: 'vat1' },
  toRest(),
]
const running: readonly Step[] = [
  kernel('cannot-run'),
  ask(30, 'vat1', poison),
  toRest(),
  { kind: 'retry' },
  toRest(),
  kernel('same'),
  toRest(),
]

const scriptOf = (kernels: Script['kernels'], steps: readonly Step[]): Script => ({
  seed: 1,
  store: 0,
  ends: 'none',
  moves: 'none',
  kernels,
  steps: [create('vat0'), create('vat1'), create('vat2'), toRest(), commit, ...steps],
})
const script = scriptOf('failing', [...swaps, ...acceptance, ...delivery, ...running])
const scripts = [
  script,
  scriptOf('sound', swaps),
  scriptOf('none', swaps.map((step) => (step.kind === 'kernel' ? commit : step))),
]
let observation: Observation
let swapped: Observation
let plain: Observation

before(async () => {
  const [first, second, third] = await observe(scripts)
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  ;[observation, swapped, plain] = [first, second, third]
})

const at = (of: Step): number => script.steps.indexOf(of)
const seenAfter = (step: Step | undefined): KernelSeen | undefined =>
  observation.kernels.find(([index]) => step !== undefined && index === at(step))?.[1]

// Kr1, Kr2, Mf1, Mf2, Mf3, Mf4.
test('a world whose kernels fail in each way and are repaired has nothing wrong', () => {
  assert.deepEqual(judge(script, observation), [])
  const errors = [acceptance[2], delivery[2], delivery[6], running[2], running[4]].map(
    (step) => seenAfter(step)?.fault?.error ?? null,
  )
  assert.deepEqual(errors, [
    'Error: planted: accept',
    'Error: planted: deliver',
    null,
    'Error: planted: run',
    'Error: planted: run',
  ])
  assert.deepEqual(
    observation.records.flatMap(([index, record]) => (record.kind === 'refused' ? [[index, record.code]] : [])),
    [
      [at(swaps[3]!), 'kernel/in-place'],
      [at(swaps[5]!), 'kernel/upgrade-failed'],
      [at(swaps[6]!), 'kernel/upgrade-failed'],
      [at(swaps[7]!), 'kernel/tables-differ'],
      [at(swaps[8]!), 'kernel/interface-too-old'],
      [at(swaps[9]!), 'kernel/unknown'],
      [at(acceptance[4]!), 'kernel/faulted'],
      [at(delivery[4]!), 'kernel/faulted'],
    ],
  )
  assert.deepEqual(observation.putBack, [[at(acceptance[2]!), at(acceptance[12]!)]])
})

test('kernels of the same behaviour make no difference to vats and host', () => {
  assert.ok(swapped.kernelHistory.length === 3 && plain.kernelHistory.length === 0)
  assert.deepEqual(compareOutcomes(swapped, plain), [])
  assert.notDeepEqual(compareOutcomes(observation, plain), [])
})

test('what provokes a kernel is a program that begins with it, and not one that sends it on', () => {
  const bodyOf = (go: Program): string => JSON.stringify(['go', [{ n: 1, go: JSON.stringify(go), give: [] }]])
  assert.ok(bodyOf(poison).includes(provoking))
  assert.ok(!bodyOf(passed(1, poison)).includes(provoking))
})

/** The world with what was seen of the kernel passed through `change`. */
const withKernels = (change: (seen: KernelSeen, index: number) => KernelSeen): Observation => ({
  ...observation,
  kernels: observation.kernels.map(([index, seen]) => [index, change(seen, index)]),
})
const withoutRefusals = (code: string): Observation => ({
  ...observation,
  records: observation.records.filter(([, record]) => record.kind !== 'refused' || record.code !== code),
})

const breaks: Readonly<Record<string, { readonly rule: string; readonly make: () => Observation }>> = {
  'a kernel that cannot take over is in place': {
    rule: 'kernels follow (Mf1)',
    make: () =>
      withKernels((seen, index) => (index === at(swaps[5]!) ? { ...seen, kernel: 'miscounts' } : seen)),
  },
  'a kernel that cannot take over is not refused': {
    rule: 'kernels follow (Mf1)',
    make: () => withoutRefusals('kernel/tables-differ'),
  },
  'an attempt is not in the history': {
    rule: 'kernels follow (Mf1)',
    make: () => ({ ...observation, kernelHistory: observation.kernelHistory.slice(1) }),
  },
  'a kernel without a defect fails': {
    rule: 'faults have reasons (Mf2)',
    make: () =>
      withKernels((seen, index) =>
        index === at(swaps.at(-1)!)
          ? { ...seen, fault: { error: 'Error: planted: run', accepting: false, block: 1 } }
          : seen,
      ),
  },
  'a kernel fails in another way than its defect': {
    rule: 'faults have reasons (Mf2)',
    make: () =>
      withKernels((seen) => (seen.fault === null ? seen : { ...seen, fault: { ...seen.fault, error: 'Error' } })),
  },
  'a fault is over by itself': {
    rule: 'faults have reasons (Mf2)',
    make: () =>
      withKernels((seen, index) => (index === at(acceptance[3]!) ? { ...seen, fault: null } : seen)),
  },
  'a faulted kernel takes a message': {
    rule: 'a faulted kernel refuses (Mf3)',
    make: () => withoutRefusals('kernel/faulted'),
  },
  'a faulted kernel refuses what the host owes it': {
    rule: 'a faulted kernel refuses (Mf3)',
    make: () => ({
      ...observation,
      records: [...observation.records, [at(acceptance[3]!), { kind: 'refused', code: 'kernel/faulted' }]],
    }),
  },
  'items wait for ever': { rule: 'nothing waits (Mf4)', make: () => ({ ...observation, untaken: 1 }) },
  'an item stays set aside': { rule: 'nothing waits (Mf4)', make: () => ({ ...observation, aside: 1 }) },
  'a message that was set aside comes before others': {
    rule: 'order (Mo5)',
    make: () => ({ ...observation, putBack: [] }),
  },
}

for (const [situation, { rule, make }] of Object.entries(breaks)) {
  test(`${situation}: found by the rule "${rule}"`, () => {
    const findings = judge(script, make())
    assert.ok(
      findings.some((finding) => finding.startsWith(rule)),
      findings.join('\n') || 'nothing was found',
    )
  })
}

// Pc2.
test('runs with other blocks or other mail are not the same, whatever died in them', () => {
  assert.deepEqual(compare(observation, { ...observation }), [])
  assert.notDeepEqual(compare(observation, { ...observation, blocks: observation.blocks.slice(0, -1) }), [])
  assert.notDeepEqual(compare(observation, { ...observation, mail: [[1, 1]] }), [])
})
