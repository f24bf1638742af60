/**
 * Scripts and dice: the same seed gives the same, a longer script begins as the shorter, failing ones get
 * small.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../src/sim/program/random.ts'
import { allOps } from '../../src/sim/program/program.ts'
import { makeScript, type Script } from '../../src/sim/script/script.ts'
import { shrink } from '../../src/sim/shrink.ts'
import type { Verdict } from '../../src/sim/trial.ts'

// Stp1.
test('the same seed gives the same script, and another seed another', () => {
  assert.deepEqual(makeScript(7, 60), makeScript(7, 60))
  assert.notDeepEqual(makeScript(7, 60).steps, makeScript(8, 60).steps)
})

// Scr1, Ra1.
test('a longer script begins as the shorter one of its seed', () => {
  const long = makeScript(11, 90)
  for (const length of [1, 4, 40, 89])
    assert.deepEqual(makeScript(11, length).steps, long.steps.slice(0, length))
})

// Po1, Po3.
test('all numbers of a script are different, and all kinds of ops come up', () => {
  const kinds = new Set<string>()
  for (let seed = 1; seed <= 20; seed += 1) {
    const numbers: number[] = []
    for (const step of makeScript(seed, 60).steps) {
      if (step.kind !== 'send') continue
      numbers.push(step.n)
      for (const op of allOps(step.go.ops)) {
        kinds.add(op.kind)
        if ('n' in op) numbers.push(op.n)
      }
    }
    assert.equal(new Set(numbers).size, numbers.length)
  }
  assert.deepEqual([...kinds].sort(), [
    'blow',
    'burn',
    'cancel',
    'create',
    'drop',
    'exit',
    'fetch',
    'junk',
    'keep',
    'let',
    'listen',
    'make',
    'move',
    'post',
    'promise',
    'provoke',
    'rule',
    'send',
    'settle',
    'upgrade',
    'wakeup',
    'watch',
    'write',
  ])
})

// Ra1.
test('rolls are spread evenly, and random split off by the same name roll the same whatever was rolled before', () => {
  const random = new Random(3)
  const counts = Array.from({ length: 10 }, () => 0)
  for (let roll = 0; roll < 10_000; roll += 1) counts[random.below(10)]! += 1
  for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts))
  const rolls = (from: Random): number[] => Array.from({ length: 5 }, () => from.below(1000))
  assert.deepEqual(rolls(random.split('a')), rolls(new Random(3).split('a')))
  assert.notDeepEqual(rolls(random.split('a')), rolls(random.split('b')))
})

const opsOf = ({ steps }: Script) =>
  steps.flatMap((step) => (step.kind === 'send' ? [...allOps(step.go.ops)] : []))
const bad = (findings: readonly string[]): Verdict => ({
  kind: 'bad',
  failure: { conditions: 'without faults', step: null, findings },
})
const good: Verdict = { kind: 'good', cranks: 0, messages: 0 }

test('a script that fails because of two things is shrunk to these two', async () => {
  const script = makeScript(5, 60)
  const attempt = async (candidate: Script): Promise<Verdict> => {
    const ops = opsOf(candidate)
    const fails = ops.some(({ kind }) => kind === 'watch') && ops.some(({ kind }) => kind === 'settle')
    return fails ? bad(['order (Mo5): 1 before 2']) : good
  }
  const shrunk = await shrink(
    script,
    { conditions: 'without faults', step: null, findings: ['order (Mo5): 3 before 4'] },
    attempt,
    1000,
  )
  const left = opsOf(shrunk.script).filter(({ kind }) => kind !== 'send')
  assert.deepEqual(left.map(({ kind }) => kind).sort(), ['settle', 'watch'])
  assert.ok(shrunk.script.steps.filter(({ kind }) => kind !== 'skip').length <= 2)
})

test('a script that fails in another way when it is shorter is left as it is, and patience ends', async () => {
  const script = makeScript(5, 40)
  const failure = { conditions: 'without faults', step: null, findings: ['order (Mo5): 3 before 4'] }
  let trials = 0
  const attempt = async (): Promise<Verdict> => {
    trials += 1
    return bad(['once (Mo1): message 4 twice'])
  }
  const shrunk = await shrink(script, failure, attempt, 9)
  assert.deepEqual([shrunk.script, shrunk.failure, shrunk.trials, trials], [script, failure, 9, 9])
})
