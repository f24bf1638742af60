/**
 * Scenes: sequences of steps that produce situations which random steps produce too rarely.
 *
 * Ns1. A scene consists of steps only: the model does not know scenes, and the state of the vats may prevent
 *      the situation.
 * Ns2. Other steps may come between those of a scene.
 */
import { assert } from '../../base/errors.ts'
import type { Random } from '../program/random.ts'
import {
  makeBadMode,
  makeMode,
  type Answer,
  type At,
  makeMove,
  workerIndices,
  type UpgradeManner,
  type Op,
  type Program,
  type StartMode,
} from '../program/program.ts'
import type { ScriptDraft, Step } from '../steps/step.ts'
import { makeRollout } from '../steps/workers.ts'

/** The input of a scene: three vats, two of which may be the same. */
interface SceneContext extends Pick<ScriptDraft, 'random' | 'numbers'> {
  readonly one: string
  readonly two: string
  readonly three: string
}

interface Scene {
  readonly weight: number
  /** What may happen in a script that has the scene. */
  readonly needs?: 'moves' | 'moves and ends'
  make(setting: SceneContext): readonly Step[]
}

const scenes = {
  /** Two vats await and watch one promise; then it is settled, or its decider is upgraded. */
  'two await': {
    weight: 4,
    make: (setting) => {
      const { random, numbers, one, two, three } = setting
      const promise: At = `p${numbers.next()}`
      const wait = (): Program => program([{ kind: 'watch', n: numbers.next(), at: promise }], held(promise))
      const first = [
        made(promise),
        send(setting, `root:${two}`, wait(), [promise]),
        send(setting, `root:${three}`, wait(), [promise]),
      ]
      const settle: Step = ask(setting, one, program([{ kind: 'settle', at: promise, to: ending(setting) }]))
      return [
        ask(setting, one, program(first), [two, three]),
        ...pause(random),
        ...maybe(random, 25, () => upgrade(random, two)),
        random.chance(75) ? settle : upgrade(random, one),
        toRest,
      ]
    },
  },
  /** A vat keeps an object of another vat, which is upgraded, and then sends to the object. */
  remembered: {
    weight: 4,
    make: (setting) => {
      const { random, numbers, one, two } = setting
      const [n, key] = [numbers.next(), random.below(6)]
      const object: At = `o${n}`
      const keep = program([{ kind: 'keep', at: object, place: 'map', key }])
      const first = program([
        { kind: 'make', n, object: random.pick(['ephemeral', 'ephemeral', 'virtual', 'durable']) },
        send(setting, `root:${two}`, keep, [object]),
      ])
      const again = program([
        { kind: 'fetch', place: 'map', key },
        send(setting, object, small(setting)),
        send(setting, object, small(setting)),
      ])
      return [
        ask(setting, one, first, [two]),
        toRest,
        upgrade(random, one),
        ...pause(random),
        ...maybe(random, 20, () => upgrade(random, two)),
        ask(setting, two, again),
        toRest,
      ]
    },
  },
  /** A message is sent to a promise that resolves to an object of its sender, which then sends again. */
  'own object': {
    weight: 4,
    make: (setting) => {
      const { random, numbers, one, two, three } = setting
      const n = numbers.next()
      const result: At = `m${n}`
      const own: At = `root:${one}`
      const late = [send(setting, result, small(setting)), send(setting, result, small(setting))]
      const first: Op = {
        kind: 'send',
        n,
        to: `root:${two}`,
        give: [own],
        go: program([], held(own)),
        result: 'hold',
        then: late,
      }
      const carried = program([send(setting, result, small(setting)), send(setting, result, small(setting))])
      return [
        ...maybe(random, 70, () => toRest),
        ask(setting, one, program([first]), [two]),
        ask(setting, three, program([send(setting, own, carried)]), [one]),
        toRest,
      ]
    },
  },
  /** An upgrade that cannot succeed, with nothing else requested of its vat for a while. */
  refused: {
    weight: 3,
    make: (setting) => {
      const { random, one, two } = setting
      const behind = ask(
        setting,
        two,
        program([send(setting, `root:${one}`, small(setting)), send(setting, `root:${one}`, small(setting))]),
        [one],
      )
      return [
        upgrade(random, one, makeBadMode(random), 'durable', {
          onFailure: random.chance(70) ? 'suspend' : 'keep',
          from: 'given',
        }),
        ...maybe(random, 50, () => behind),
        toRest,
      ]
    },
  },
  /** A vat drains while it waits for an answer that comes late or never. */
  drained: {
    weight: 3,
    make: (setting) => {
      const { random, numbers, one, two } = setting
      const promise: At = `p${numbers.next()}`
      const first = program([
        send(setting, `root:${two}`, program([made(promise)], held(promise))),
        send(setting, `root:${two}`, small(setting)),
      ])
      const settle = ask(setting, two, program([{ kind: 'settle', at: promise, to: ending(setting) }]))
      const drain = random.pick([3, 30, 1_000_000, 1_000_000])
      return [
        ask(setting, one, first, [two]),
        toRest,
        upgrade(random, one, makeMode(random), 'durable', { drain }),
        ...maybe(random, 50, () => ask(setting, one, small(setting))),
        ...maybe(random, 30, () => settle),
        toRest,
      ]
    },
  },
  /** The result of a message is used as a target and passed on while the receiver is upgraded. */
  'in flight': {
    weight: 3,
    make: (setting) => {
      const { random, numbers, one, two, three } = setting
      const [n, promise] = [numbers.next(), `p${numbers.next()}` as At]
      const result: At = `m${n}`
      const first: Op = {
        kind: 'send',
        n,
        to: `root:${two}`,
        give: [],
        go: program([made(promise)], held(promise)),
        result: 'hold',
        then: [],
      }
      const wait = program(
        [{ kind: 'watch', n: numbers.next(), at: result }, send(setting, result, small(setting))],
        held(result),
      )
      const ops = [
        first,
        send(setting, result, small(setting)),
        send(setting, `root:${three}`, wait, [result]),
        { kind: 'watch', n: numbers.next(), at: result } as const,
      ]
      return [
        ask(setting, one, program(ops), [two, three]),
        ...pause(random),
        upgrade(random, random.pick([two, two, one])),
        toRest,
      ]
    },
  },
  /** Messages and results wait for a suspended vat that itself awaits results. */
  waiting: {
    weight: 3,
    make: (setting) => {
      const { random, one, two } = setting
      const ops = [
        send(setting, `root:${one}`, small(setting)),
        send(setting, `root:${one}`, small(setting)),
        send(setting, `root:${one}`, small(setting)),
      ]
      const own = program([send(setting, `root:${two}`, small(setting))])
      const end: Step = random.chance(50) ? { kind: 'resume', vat: one } : upgrade(random, one)
      return [
        ask(setting, one, own, [two]),
        ...pause(random),
        { kind: 'suspend', vat: one },
        ask(setting, two, program(ops), [one]),
        ask(setting, one, small(setting)),
        ...pause(random),
        end,
        toRest,
      ]
    },
  },
  /** Objects are kept, modified and dropped in durable places, and the vat is upgraded. */
  estate: {
    weight: 3,
    make: (setting) => {
      const { random, numbers, one } = setting
      const [n, other, key] = [numbers.next(), numbers.next(), random.below(6)]
      const object: At = `o${n}`
      const make: Op[] = [
        { kind: 'make', n, object: 'durable' },
        { kind: 'make', n: other, object: 'durable' },
        { kind: 'keep', at: object, place: random.pick(['map', 'baggage']), key },
      ]
      const inside = (more: readonly Op[]): Op =>
        send(setting, object, program([{ kind: 'write', value: random.below(1000) }, ...more]), [`o${other}`])
      const keepOther: Op = { kind: 'keep', at: `o${other}`, place: 'state', key: 0 }
      const again = program([
        { kind: 'fetch', place: 'map', key },
        { kind: 'fetch', place: 'baggage', key },
        inside([{ kind: 'let', place: 'state', key: 0 }]),
        inside([]),
      ])
      return [
        ask(setting, one, program([...make, inside([keepOther])])),
        ...pause(random),
        upgrade(random, one),
        ask(setting, one, again),
        toRest,
      ]
    },
  },
  /** A vat receives items at the port, and may be upgraded meanwhile. */
  desk: {
    weight: 5,
    make: (setting) => {
      const { random, numbers, one } = setting
      const item = (again: boolean): Step => ({
        kind: 'deliver',
        n: numbers.next(),
        way: random.weighted({ ok: 5, promise: 3, throw: 2, burn: 1 }),
        give: null,
        again,
      })
      const post = (): Op => ({ kind: 'post', n: numbers.next(), at: 0 })
      const listening = ask(
        setting,
        one,
        program([{ kind: 'listen', n: numbers.next(), at: `root:${one}` }, post(), post()]),
        ['port'],
      )
      const collect: Step = { kind: 'collect', limit: 1 + random.below(4), acknowledge: random.chance(70) }
      return [
        item(false),
        listening,
        item(false),
        item(random.chance(50)),
        ...maybe(random, 30, () => upgrade(random, one)),
        toRest,
        { kind: 'commit' },
        collect,
        collect,
      ]
    },
  },
  /** A vat requests several wakeups and cancels some. */
  alarm: {
    weight: 3,
    make: (setting) => {
      const { random, numbers, one } = setting
      const wakeup = (): Op => ({
        kind: 'wakeup',
        n: numbers.next(),
        how: random.weighted({ once: 4, repeat: 2, promise: 1, watch: 2 }),
        when: random.below(60),
        every: 1 + random.below(20),
        lasts: random.chance(80),
      })
      const cancel = (): Op => ({ kind: 'cancel', n: numbers.next(), at: random.below(3) })
      const later = (): Step => ({ kind: 'advance', by: 1 + random.below(40) })
      const first = ask(setting, one, program([wakeup(), wakeup(), wakeup()]), ['timer'])
      return [
        first,
        ...pause(random),
        later(),
        ...maybe(random, 40, () => ask(setting, one, program([cancel()]))),
        ...maybe(random, 25, () => upgrade(random, one)),
        toRest,
        later(),
        toRest,
      ]
    },
  },
  /** A vat is moved to another worker version while others hold its objects and its answers. */
  moved: {
    weight: 4,
    needs: 'moves',
    make: (setting) => {
      const { random, numbers, one, two } = setting
      const n = numbers.next()
      const object: At = `o${n}`
      const promise: At = `p${numbers.next()}`
      const keep = program([
        { kind: 'keep', at: object, place: 'map', key: 0 },
        { kind: 'watch', n: numbers.next(), at: promise },
      ])
      const first = program([
        { kind: 'make', n, object: random.pick(['ephemeral', 'virtual', 'durable']) },
        made(promise),
        send(setting, `root:${two}`, keep, [object, promise]),
      ])
      const again = program([
        { kind: 'fetch', place: 'map', key: 0 },
        send(setting, object, small(setting)),
        send(setting, object, small(setting)),
      ])
      return [
        ask(setting, one, first, [two]),
        ...pause(random),
        ...maybe(random, 30, () => ({ kind: 'suspend', vat: one })),
        ask(setting, one, small(setting)),
        move(random, one),
        ask(setting, two, again),
        ...pause(random),
        ask(setting, one, program([{ kind: 'settle', at: promise, to: ending(setting) }])),
        ...maybe(random, 60, () => ({ kind: 'resume', vat: one })),
        toRest,
      ]
    },
  },
  /** A move by replay that the host may prepare: all that is to be replayed is in a block. */
  prepared: {
    weight: 3,
    needs: 'moves',
    make: (setting) => {
      const { random, one } = setting
      return [
        ask(setting, one, small(setting)),
        toRest,
        { kind: 'commit' },
        ...maybe(random, 50, () => ask(setting, one, small(setting))),
        ...pause(random),
        { ...move(random, one), mode: random.pick(['replay', 'replay', 'auto']) },
        toRest,
      ]
    },
  },
  /** A rollout goes on over several blocks, in which operators and vats do other things. */
  'rolled out': {
    weight: 5,
    needs: 'moves',
    make: (setting) => {
      const { random, one, two, three } = setting
      const block = (): readonly Step[] => [
        ...pause(random),
        ...maybe(random, 30, () => ask(setting, two, program([send(setting, `root:${one}`, small(setting))], { kind: 'self' }), [one])),
        ...maybe(random, 20, () => steer(random)),
        ...maybe(random, 15, () => upgrade(random, random.pick([one, two]))),
        ...maybe(random, 10, () => ({ kind: 'default', worker: random.pick(workerIndices) })),
        toRest,
        { kind: 'commit' },
      ]
      return [
        rollout(random, [one, two, three]),
        ask(setting, two, small(setting)),
        ...block(),
        ...block(),
        ...maybe(random, 60, () => ({ kind: 'steer', action: 'resume' })),
        ...block(),
      ]
    },
  },
  /** A vat may use less than it once did, so no replay succeeds; a restart does. */
  'cannot follow': {
    weight: 4,
    needs: 'moves',
    make: (setting) => {
      const { random, one, two } = setting
      const limit = (computrons: number): Step => ({ kind: 'limit', vat: one, computrons })
      return [
        ask(setting, one, program(toil)),
        toRest,
        ...maybe(random, 60, () => ({ kind: 'suspend', vat: one })),
        limit(lessThanToil),
        ask(setting, two, program([send(setting, `root:${one}`, small(setting))]), [one]),
        random.chance(50) ? move(random, one) : rollout(random, [one, two]),
        toRest,
        { kind: 'commit' },
        limit(4_000_000),
        ...maybe(random, 60, () => ({ kind: 'steer', action: 'resume' })),
        ...maybe(random, 30, () => move(random, one)),
        ...maybe(random, 60, () => ({ kind: 'resume', vat: one })),
        toRest,
      ]
    },
  },
  /** Code and worker of a vat are to be replaced, without anything in between. */
  'code and worker': {
    weight: 3,
    needs: 'moves',
    make: (setting) => {
      const { random, one, two } = setting
      const drain = random.pick([0, 0, 3, 1_000_000])
      const both = [upgrade(random, one, makeMode(random), 'any', { drain }), move(random, one)]
      return [
        ask(setting, two, program([send(setting, `root:${one}`, small(setting))]), [one]),
        ...maybe(random, 50, () => ask(setting, one, program([send(setting, `root:${two}`, small(setting))]), [two])),
        ...pause(random),
        ...(random.chance(50) ? both : both.reverse()),
        ...maybe(random, 30, () => rollout(random, [one, two])),
        ask(setting, one, small(setting)),
        toRest,
      ]
    },
  },
  /** Vats of a rollout end before it comes to them. */
  'ends meanwhile': {
    weight: 4,
    needs: 'moves and ends',
    make: (setting) => {
      const { random, one, two, three } = setting
      const last = random.pick([one, two, three].filter((name) => name !== 'vat0'))
      return [
        { ...rollout(random, [one, two, three]), perBlock: { vats: 1, computrons: null } },
        ask(setting, last, small(setting)),
        ...pause(random),
        { kind: 'terminate', vat: last },
        ...pause(random),
        { kind: 'commit' },
        toRest,
        { kind: 'commit' },
        toRest,
      ]
    },
  },
} as const satisfies { readonly [name: string]: Scene }

/** The name of a scene. */
export type SceneName = keyof typeof scenes
/** Rarer scenes of a script in which less may happen have the weight 0. */
const weightsFor = ({ ends, moves }: Pick<ScriptDraft, 'ends' | 'moves'>): Record<SceneName, number> =>
  Object.fromEntries(
    Object.entries<Scene>(scenes).map(([name, { weight, needs }]) => [
      name,
      (needs !== undefined && moves === 'none') || (needs === 'moves and ends' && ends === 'none') ? 0 : weight,
    ]),
  ) as Record<SceneName, number>
export const sceneNames = Object.keys(scenes) as SceneName[]

/** A scene with the first three vats. */
export function makeScene(
  { random, numbers, vats, ends, moves }: Pick<ScriptDraft, 'random' | 'numbers' | 'vats' | 'ends' | 'moves'>,
  name: SceneName = random.weighted(weightsFor({ ends, moves })),
): readonly Step[] {
  assert(vats.length >= 3, 'a scene has three vats')
  const [one = '', two = '', three = ''] = shuffled(random, vats.slice(0, 3))
  return scenes[name].make({ random, numbers, one, two, three: random.chance(85) ? three : two })
}

function shuffled(random: Random, names: readonly string[]): string[] {
  const rest = [...names]
  return names.map(() => rest.splice(random.below(rest.length), 1)[0] ?? '')
}

// --- steps

const toRest: Step = { kind: 'run', limit: { kind: 'idle' } }

/** Runs nothing, a few cranks, or everything, which may be committed. */
function pause(random: Random): readonly Step[] {
  const kind = random.weighted({ none: 2, cranks: 3, idle: 3 })
  if (kind === 'none') return []
  if (kind === 'idle') return random.chance(30) ? [toRest, { kind: 'commit' }] : [toRest]
  return [{ kind: 'run', limit: { kind, cranks: 1 + random.below(12) } }]
}

const maybe = (random: Random, percent: number, make: () => Step): readonly Step[] =>
  random.chance(percent) ? [make()] : []

/** The host sends a program to a vat, with roots and services. */
function ask({ numbers }: SceneContext, vat: string, go: Program, give: readonly string[] = []): Step {
  const given = give.map((name) => (name.startsWith('vat') ? `root:${name}` : name))
  return { kind: 'send', n: numbers.next(), to: { kind: 'root', vat }, go, give: given, result: 'keep' }
}

const usual: UpgradeManner = { from: 'given', onFailure: 'keep', drain: 0 }

function upgrade(
  random: Random,
  vat: string,
  mode: StartMode = 'good',
  way: 'durable' | 'any' = 'any',
  manner: Partial<UpgradeManner> = {},
): Step {
  const chosen = way === 'durable' ? way : random.weighted({ durable: 6, replay: 2, auto: 1, salvage: 2 })
  return { kind: 'upgrade', vat, bundle: random.below(4), mode, way: chosen, ...usual, ...manner }
}

const move = (random: Random, vat: string): Extract<Step, { kind: 'move' }> => ({
  kind: 'move',
  vat,
  worker: random.pick(workerIndices),
  ...makeMove(random),
})

const rollout = (random: Random, vats: readonly string[]): Extract<Step, { kind: 'rollout' }> => ({
  kind: 'rollout',
  worker: random.pick(workerIndices),
  vats: random.chance(40) ? 'all' : [...new Set(vats)],
  ...makeRollout(random),
})

const steer = (random: Random): Step => ({
  kind: 'steer',
  action: random.weighted({ pause: 3, resume: 2, abort: 1 }),
})

// --- programs

/** 3.2 million computrons; a start takes 2 million, and usually a delivery may take 4 million. */
const toil: readonly Op[] = Array.from({ length: 32 }, () => ({ kind: 'junk', size: 1_000 }))
const lessThanToil = 2_600_000

const program = (ops: readonly Op[], answer: Answer = { kind: 'data', value: 0 }): Program => ({
  ops,
  answer,
})
const held = (at: At): Answer => ({ kind: 'held', at })
const made = (promise: At): Op => ({ kind: 'promise', n: Number(String(promise).slice(1)) })

/** A program that does nothing: its message only shows when it arrived. */
const small = ({ numbers }: SceneContext): Program => program([], { kind: 'data', value: numbers.next() })

const send = ({ random, numbers }: SceneContext, to: At, go: Program, give: readonly At[] = []): Op =>
  ({ kind: 'send', n: numbers.next(), to, give, go, result: random.pick(['await', 'hold']), then: [] })

/** The value with which a promise is settled. */
function ending({ random, numbers }: SceneContext): Answer {
  const kind = random.weighted({ data: 3, self: 3, throw: 2, promise: 2 })
  switch (kind) {
    case 'data':
      return { kind, value: random.below(1000) }
    case 'self':
      return { kind }
    case 'throw':
      return { kind, n: numbers.next() }
    case 'promise':
      return held('last-promise')
  }
}
