/** Scenes make the situations that they are there for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../../src/sim/model/judge.ts'
import type { HistorySeen, Observation } from '../../src/sim/run/observation.ts'
import { Random } from '../../src/sim/program/random.ts'
import { allOps, Numbers, type Ends, type Kernels } from '../../src/sim/program/program.ts'
import { makeScene, sceneNames, type SceneName } from '../../src/sim/script/scenes.ts'
import { makeScript, type Script } from '../../src/sim/script/script.ts'
import type { Step } from '../../src/sim/steps/step.ts'
import { observe } from '../../src/sim/thread.ts'

const vats = ['vat0', 'vat1', 'vat2']
const opening: readonly Step[] = [
  ...vats.map((name): Step => ({ kind: 'create', name, mode: 'good', bundle: 0, options: 'usual' })),
  { kind: 'run', limit: { kind: 'idle' } },
]

const kernelsOf = (name: SceneName): Kernels =>
  name === 'kernel fails' ? 'failing' : name === 'other kernel' || name === 'taken back' ? 'sound' : 'none'
const endsOf = (name: SceneName): Ends => (name === 'ends meanwhile' ? 'some' : 'none')

/** A scene a few times in a row: each time chance makes something else of it. */
function scriptOf(name: SceneName): Script {
  const numbers = new Numbers()
  const steps = [11, 22, 33, 44].flatMap((seed) =>
    makeScene(
      {
        random: new Random(seed, name),
        numbers,
        vats,
        ends: endsOf(name),
        moves: 'some',
        kernels: kernelsOf(name),
      },
      name,
    ),
  )
  const all = [...opening, ...steps]
  return { seed: 1, store: 0, ends: endsOf(name), moves: 'some', kernels: kernelsOf(name), steps: all }
}

const scripts = new Map(sceneNames.map((name) => [name, scriptOf(name)]))
const observations = await observe([...scripts.values()])
const worlds = new Map(
  [...scripts].map(([name, script], index) => [
    name,
    { script, observation: observations[index] as Observation },
  ]),
)

type Rest = readonly (string | number)[]
/** The lines of a kind: vat, incarnation and the rest. */
const linesOf = (
  { vats: seen }: Observation,
  kind: string,
): readonly (readonly [vat: string, incarnation: number, ...rest: Rest])[] =>
  seen.flatMap(({ name, lines }) =>
    lines.flatMap(([incarnation, of, ...rest]) =>
      of === kind ? [[name, incarnation, ...rest] as const] : [],
    ),
  )

/** Whether what a scene is there for came about. */
const situations: Readonly<Record<SceneName, (observation: Observation, script: Script) => boolean>> = {
  'two await': (seen) => {
    const told = new Set(linesOf(seen, 'told').map(([, , n]) => n))
    const watchers = linesOf(seen, 'watched').filter(([, , n]) => told.has(n ?? ''))
    return watchers.some(([vat, , , u]) => watchers.some(([other, , , same]) => other !== vat && same === u))
  },
  remembered: (seen) => linesOf(seen, 'got').some(([, , , how]) => how === 'k:object-abandoned'),
  'own object': ({ vats: seen }) =>
    seen.some(({ name, lines }) =>
      lines.some(([, kind, n, how], at) => {
        const isSentTo = ([, of, , target]: (typeof lines)[number]): boolean =>
          of === 'sent' && target === `m${n}`
        return (
          kind === 'got' &&
          how === `o:root:${name}` &&
          lines.slice(0, at).some(isSentTo) &&
          lines.slice(at).some(isSentTo)
        )
      }),
    ),
  refused: ({ refused }) => refused.some(([, { status }]) => status === 'suspended'),
  drained: ({ results }, { steps }) =>
    results.some(([index, how]) => {
      const step = steps[index]
      return step?.kind === 'upgrade' && step.drain > 1 && how.startsWith('u:')
    }),
  'in flight': (seen) => linesOf(seen, 'told').some(([, , , how]) => String(how).startsWith('x:vatUpgraded')),
  waiting: ({ held }) => held.some(([each]) => each.endsWith(' requested')),
  estate: (seen) => linesOf(seen, 'saw').some(([, incarnation, , value]) => incarnation > 0 && value !== 0),
  desk: (seen) => linesOf(seen, 'item').length > 2 && seen.mail.length > 0,
  alarm: (seen) => linesOf(seen, 'woke').length > 0,
  moved: (seen) => workerEntriesOf(seen).some(({ mode, refusal }) => mode === 'replay' && refusal === null),
  prepared: ({ results }) => results.some(([, how]) => how.startsWith('w:replay')),
  'rolled out': ({ rollouts }) => rollouts.some(([, { vats: all }]) => all.some(({ outcome }) => outcome === 'moved')),
  'cannot follow': (seen, { steps }) => {
    const isRestarted = ([index, how]: Observation['results'][number]): boolean => {
      const step = steps[index]
      return how.startsWith('w:durable') && step?.kind === 'move' && step.mode !== 'restart'
    }
    const isRefused = ({ refusal }: HistorySeen): boolean => refusal === 'replay/exhausted'
    return seen.results.some(isRestarted) || workerEntriesOf(seen).some(isRefused)
  },
  'code and worker': ({ results }, { steps }) =>
    results.some(
      ([index, how]) =>
        /^[uw]:/.test(how) &&
        (steps[index - 1]?.kind === 'move' || steps[index + 1]?.kind === 'move' || steps[index]?.kind === 'move'),
    ),
  'ends meanwhile': ({ rollouts }) =>
    rollouts.some(([, { vats: all }]) => all.some(({ outcome }) => outcome === 'gone')),
  'other kernel': ({ kernelHistory }) => kernelHistory.some(([, , outcome]) => outcome === 'done'),
  'taken back': ({ kernelHistory }) => kernelHistory.every(([, , outcome]) => outcome === 'taken-back'),
  'kernel fails': ({ kernels }) => kernels.filter(([, { fault }]) => fault !== null).length > 3,
}

const workerEntriesOf = ({ vats: seen }: Observation): readonly HistorySeen[] =>
  seen.flatMap(({ history }) => history.filter(({ subject }) => subject === 'worker'))

for (const [name, { script, observation }] of worlds) {
  // Ns1, Ns2.
  test(`the scene "${name}" makes its situation, and the model has nothing against it`, () => {
    assert.deepEqual(judge(script, observation), [])
    assert.ok(situations[name](observation, script))
  })
}

// Po1.
test('scripts of 20 steps have every kind of step and of upgrade within 100 seeds, and no number twice', () => {
  const kinds = new Set<string>()
  for (let seed = 1; seed <= 100; seed += 1) {
    const numbers: number[] = []
    for (const step of makeScript(seed, 20).steps) {
      kinds.add(step.kind === 'upgrade' ? `upgrade ${step.way}` : step.kind)
      if (step.kind === 'send')
        for (const op of [step, ...allOps(step.go.ops)]) if ('n' in op) numbers.push(op.n)
    }
    assert.equal(new Set(numbers).size, numbers.length, `seed ${seed}`)
  }
  const ways = ['upgrade auto', 'upgrade durable', 'upgrade replay', 'upgrade salvage']
  assert.deepEqual(
    [...kinds].sort(),
    [
      'advance',
      'aside',
      'collect',
      'commit',
      'create',
      'default',
      'deliver',
      'forget',
      'kernel',
      'limit',
      'move',
      'pause',
      'plan',
      'policy',
      'put-back',
      'resume',
      'retire',
      'retire-code',
      'retry',
      'rollout',
      'run',
      'send',
      'steer',
      'suspend',
      'terminate',
      'unpause',
      ...ways,
    ].sort(),
  )
})
