/** Scenes in which vats are moved to other worker versions. */
import type { Random } from '../program/random.ts'
import { makeMode, makeMove, workerIndices, type At, type Op } from '../program/program.ts'
import type { Step } from '../steps/step.ts'
import { makeRollout } from '../steps/workers.ts'
import {
  ask,
  ending,
  made,
  maybe,
  pause,
  program,
  send,
  small,
  toRest,
  upgrade,
  type Scene,
  type SceneContext,
} from './sceneParts.ts'

export const workerScenes = {
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
        ...maybe(random, 30, () => asks(setting, two, one)),
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
        asks(setting, two, one),
        {
          ...(random.chance(50) ? move(random, one) : rollout(random, [one, two])),
          worker: random.pick([1, 2]),
          mode: random.pick(['replay', 'replay', 'auto']),
        },
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
        asks(setting, two, one),
        ...maybe(random, 50, () => asks(setting, one, two)),
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

/** The host sends a program to a vat, which sends one to the other. */
const asks = (setting: SceneContext, vat: string, other: string): Step =>
  ask(setting, vat, program([send(setting, `root:${other}`, small(setting))]), [other])

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

/** 3.2 million computrons; a start takes 2 million, and usually a delivery may take 4 million. */
const toil: readonly Op[] = Array.from({ length: 32 }, () => ({ kind: 'junk', size: 1_000 }))
const lessThanToil = 2_600_000
