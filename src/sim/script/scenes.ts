/**
 * Scenes: sequences of steps that produce situations which random steps produce too rarely.
 *
 * Ns1. A scene consists of steps only: the model does not know scenes, and the state of the vats may prevent
 *      the situation.
 * Ns2. Other steps may come between those of a scene.
 */
import { assert } from '../../base/errors.ts'
import type { Random } from '../program/random.ts'
import { makeBadMode, makeMode, type At, type Op, type Program } from '../program/program.ts'
import type { ScriptDraft, Step } from '../steps/step.ts'
import {
  ask,
  ending,
  held,
  made,
  maybe,
  pause,
  program,
  send,
  small,
  toRest,
  upgrade,
  type Scene,
} from './sceneParts.ts'
import { kernelScenes } from './kernelScenes.ts'
import { workerScenes } from './workerScenes.ts'

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
  ...workerScenes,
  ...kernelScenes,
} as const satisfies { readonly [name: string]: Scene }

/** The name of a scene. */
export type SceneName = keyof typeof scenes
/** Scenes of what may not happen in a script have the weight 0. */
const weightsFor = (draft: Pick<ScriptDraft, 'ends' | 'moves' | 'kernels'>): Record<SceneName, number> =>
  Object.fromEntries(
    Object.entries<Scene>(scenes).map(([name, { weight, needs }]) => [
      name,
      mayHappen(draft, needs) ? weight : 0,
    ]),
  ) as Record<SceneName, number>

function mayHappen(
  { ends, moves, kernels }: Pick<ScriptDraft, 'ends' | 'moves' | 'kernels'>,
  needs: Scene['needs'],
): boolean {
  switch (needs) {
    case undefined:
      return true
    case 'moves':
      return moves === 'some'
    case 'moves and ends':
      return moves === 'some' && ends === 'some'
    case 'kernels':
      return kernels !== 'none'
    case 'failing kernels':
      return kernels === 'failing'
  }
}
export const sceneNames = Object.keys(scenes) as SceneName[]

/** A scene with the first three vats. */
export function makeScene(
  { random, numbers, vats, ends, moves, kernels }: Omit<ScriptDraft, 'index' | 'results' | 'plans'>,
  name: SceneName = random.weighted(weightsFor({ ends, moves, kernels })),
): readonly Step[] {
  assert(vats.length >= 3, 'a scene has three vats')
  const [one = '', two = '', three = ''] = shuffled(random, vats.slice(0, 3))
  return scenes[name].make({ random, numbers, one, two, three: random.chance(85) ? three : two })
}

function shuffled(random: Random, names: readonly string[]): string[] {
  const rest = [...names]
  return names.map(() => rest.splice(random.below(rest.length), 1)[0] ?? '')
}
