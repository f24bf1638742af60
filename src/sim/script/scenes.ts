/**
 * Scenes: a few steps in a row that make a situation on purpose which chance alone makes too rarely.
 *
 * Sn1. A scene is steps and nothing else: the model knows nothing of scenes, and a world may have got its
 *      vats
 *      into such a state that the situation does not come about.
 * Sn2. Other steps may come between those of a scene.
 */
import type { Dice } from '../program/dice.ts'
import {
  makeBadMode,
  makeMode,
  type Answer,
  type At,
  type Manner,
  type Op,
  type Program,
  type StartMode,
} from '../program/program.ts'
import type { Draft, Step } from '../steps/step.ts'

/** What a scene is made from: three vats, of which two may be the same. */
interface Setting extends Pick<Draft, 'dice' | 'numbers'> {
  readonly one: string
  readonly two: string
  readonly three: string
}

interface Scene {
  readonly weight: number
  make(setting: Setting): readonly Step[]
}

const scenes = {
  /** Two vats await one promise, and watch it; then it is settled, or its decider is upgraded. */
  'two await': {
    weight: 4,
    make: (setting) => {
      const { dice, numbers, one, two, three } = setting
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
        ...pause(dice),
        ...maybe(dice, 25, () => upgrade(dice, two)),
        dice.chance(75) ? settle : upgrade(dice, one),
        toRest,
      ]
    },
  },
  /** A vat remembers an object of another that is upgraded, and sends to it. */
  remembered: {
    weight: 4,
    make: (setting) => {
      const { dice, numbers, one, two } = setting
      const [n, key] = [numbers.next(), dice.roll(6)]
      const object: At = `o${n}`
      const keep = program([{ kind: 'keep', at: object, place: 'map', key }])
      const first = program([
        { kind: 'make', n, object: dice.pick(['ephemeral', 'ephemeral', 'virtual', 'durable']) },
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
        upgrade(dice, one),
        ...pause(dice),
        ...maybe(dice, 20, () => upgrade(dice, two)),
        ask(setting, two, again),
        toRest,
      ]
    },
  },
  /**
   * A message is on its way to a promise that turns out to be an object of its sender, which then sends
   * again.
   */
  'own object': {
    weight: 4,
    make: (setting) => {
      const { dice, numbers, one, two, three } = setting
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
        ...maybe(dice, 70, () => toRest),
        ask(setting, one, program([first]), [two]),
        ask(setting, three, program([send(setting, own, carried)]), [one]),
        toRest,
      ]
    },
  },
  /** An upgrade that cannot succeed is the last that is asked of its vat for a while. */
  refused: {
    weight: 3,
    make: (setting) => {
      const { dice, one, two } = setting
      const behind = ask(
        setting,
        two,
        program([send(setting, `root:${one}`, small(setting)), send(setting, `root:${one}`, small(setting))]),
        [one],
      )
      return [
        upgrade(dice, one, makeBadMode(dice), 'durable', {
          onFailure: dice.chance(70) ? 'suspend' : 'keep',
          from: 'given',
        }),
        ...maybe(dice, 50, () => behind),
        toRest,
      ]
    },
  },
  /** A vat drains that waits for what does not come, or comes late. */
  drained: {
    weight: 3,
    make: (setting) => {
      const { dice, numbers, one, two } = setting
      const promise: At = `p${numbers.next()}`
      const first = program([
        send(setting, `root:${two}`, program([made(promise)], held(promise))),
        send(setting, `root:${two}`, small(setting)),
      ])
      const settle = ask(setting, two, program([{ kind: 'settle', at: promise, to: ending(setting) }]))
      const drain = dice.pick([3, 30, 1_000_000, 1_000_000])
      return [
        ask(setting, one, first, [two]),
        toRest,
        upgrade(dice, one, makeMode(dice), 'durable', { drain }),
        ...maybe(dice, 50, () => ask(setting, one, small(setting))),
        ...maybe(dice, 30, () => settle),
        toRest,
      ]
    },
  },
  /** What a message results in is sent to and sent on while its receiver is upgraded. */
  'in flight': {
    weight: 3,
    make: (setting) => {
      const { dice, numbers, one, two, three } = setting
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
        ...pause(dice),
        upgrade(dice, dice.pick([two, two, one])),
        toRest,
      ]
    },
  },
  /** Messages and results wait for a vat that waits itself. */
  waiting: {
    weight: 3,
    make: (setting) => {
      const { dice, one, two } = setting
      const ops = [
        send(setting, `root:${one}`, small(setting)),
        send(setting, `root:${one}`, small(setting)),
        send(setting, `root:${one}`, small(setting)),
      ]
      const own = program([send(setting, `root:${two}`, small(setting))])
      const end: Step = dice.chance(50) ? { kind: 'resume', vat: one } : upgrade(dice, one)
      return [
        ask(setting, one, own, [two]),
        ...pause(dice),
        { kind: 'suspend', vat: one },
        ask(setting, two, program(ops), [one]),
        ask(setting, one, small(setting)),
        ...pause(dice),
        end,
        toRest,
      ]
    },
  },
  /** Objects are kept, written to and let go of in durable places; then the vat goes on as its heir. */
  estate: {
    weight: 3,
    make: (setting) => {
      const { dice, numbers, one } = setting
      const [n, other, key] = [numbers.next(), numbers.next(), dice.roll(6)]
      const object: At = `o${n}`
      const make: Op[] = [
        { kind: 'make', n, object: 'durable' },
        { kind: 'make', n: other, object: 'durable' },
        { kind: 'keep', at: object, place: dice.pick(['map', 'baggage']), key },
      ]
      const inside = (more: readonly Op[]): Op =>
        send(setting, object, program([{ kind: 'write', value: dice.roll(1000) }, ...more]), [`o${other}`])
      const keepOther: Op = { kind: 'keep', at: `o${other}`, place: 'state', key: 0 }
      const again = program([
        { kind: 'fetch', place: 'map', key },
        { kind: 'fetch', place: 'baggage', key },
        inside([{ kind: 'let', place: 'state', key: 0 }]),
        inside([]),
      ])
      return [
        ask(setting, one, program([...make, inside([keepOther])])),
        ...pause(dice),
        upgrade(dice, one),
        ask(setting, one, again),
        toRest,
      ]
    },
  },
  /**
   * Somebody receives at the port, items come, and the receiver may be upgraded or made to wait meanwhile.
   */
  desk: {
    weight: 5,
    make: (setting) => {
      const { dice, numbers, one } = setting
      const item = (again: boolean): Step => ({
        kind: 'deliver',
        n: numbers.next(),
        way: dice.weighted({ ok: 5, promise: 3, throw: 2, burn: 1 }),
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
      const collect: Step = { kind: 'collect', limit: 1 + dice.roll(4), acknowledge: dice.chance(70) }
      return [
        item(false),
        listening,
        item(false),
        item(dice.chance(50)),
        ...maybe(dice, 30, () => upgrade(dice, one)),
        toRest,
        { kind: 'commit' },
        collect,
        collect,
      ]
    },
  },
  /** A vat is to be woken at several times, and takes some of it back. */
  alarm: {
    weight: 3,
    make: (setting) => {
      const { dice, numbers, one } = setting
      const wakeup = (): Op => ({
        kind: 'wakeup',
        n: numbers.next(),
        how: dice.weighted({ once: 4, repeat: 2, promise: 1, watch: 2 }),
        when: dice.roll(60),
        every: 1 + dice.roll(20),
        lasts: dice.chance(80),
      })
      const cancel = (): Op => ({ kind: 'cancel', n: numbers.next(), at: dice.roll(3) })
      const later = (): Step => ({ kind: 'advance', by: 1 + dice.roll(40) })
      const first = ask(setting, one, program([wakeup(), wakeup(), wakeup()]), ['timer'])
      return [
        first,
        ...pause(dice),
        later(),
        ...maybe(dice, 40, () => ask(setting, one, program([cancel()]))),
        ...maybe(dice, 25, () => upgrade(dice, one)),
        toRest,
        later(),
        toRest,
      ]
    },
  },
} as const satisfies { readonly [name: string]: Scene }

export type SceneName = keyof typeof scenes
const weights = Object.fromEntries(
  Object.entries(scenes).map(([name, { weight }]) => [name, weight]),
) as Record<SceneName, number>
export const sceneNames = Object.keys(scenes) as SceneName[]

/** A scene with the first three vats. */
export function makeScene(
  { dice, numbers, vats }: Pick<Draft, 'dice' | 'numbers' | 'vats'>,
  name: SceneName = dice.weighted(weights),
): readonly Step[] {
  const [one = '', two = '', three = ''] = shuffled(dice, vats.slice(0, 3))
  return scenes[name].make({ dice, numbers, one, two, three: dice.chance(85) ? three : two })
}

function shuffled(dice: Dice, names: readonly string[]): string[] {
  const rest = [...names]
  return names.map(() => rest.splice(dice.roll(rest.length), 1)[0] ?? '')
}

// --- steps

const toRest: Step = { kind: 'run', limit: { kind: 'idle' } }

/** Nothing, a few cranks, or all, and that may be in a block then. */
function pause(dice: Dice): readonly Step[] {
  const kind = dice.weighted({ none: 2, cranks: 3, idle: 3 })
  if (kind === 'none') return []
  if (kind === 'idle') return dice.chance(30) ? [toRest, { kind: 'commit' }] : [toRest]
  return [{ kind: 'run', limit: { kind, cranks: 1 + dice.roll(12) } }]
}

const maybe = (dice: Dice, percent: number, make: () => Step): readonly Step[] =>
  dice.chance(percent) ? [make()] : []

/** The host tells a vat to do this, and gives it roots and services. */
function ask({ numbers }: Setting, vat: string, go: Program, give: readonly string[] = []): Step {
  const given = give.map((name) => (name.startsWith('vat') ? `root:${name}` : name))
  return { kind: 'send', n: numbers.next(), to: { kind: 'root', vat }, go, give: given, result: 'keep' }
}

const usual: Manner = { from: 'given', onFailure: 'keep', drain: 0 }

function upgrade(
  dice: Dice,
  vat: string,
  mode: StartMode = 'good',
  way: 'durable' | 'any' = 'any',
  manner: Partial<Manner> = {},
): Step {
  const chosen = way === 'durable' ? way : dice.weighted({ durable: 6, replay: 2, auto: 1, salvage: 2 })
  return { kind: 'upgrade', vat, bundle: dice.roll(4), mode, way: chosen, ...usual, ...manner }
}

// --- programs

const program = (ops: readonly Op[], answer: Answer = { kind: 'data', value: 0 }): Program => ({
  ops,
  answer,
})
const held = (at: At): Answer => ({ kind: 'held', at })
const made = (promise: At): Op => ({ kind: 'promise', n: Number(String(promise).slice(1)) })

/** A message that does nothing but show when it came. */
const small = ({ numbers }: Setting): Program => program([], { kind: 'data', value: numbers.next() })

const send = ({ dice, numbers }: Setting, to: At, go: Program, give: readonly At[] = []): Op =>
  ({ kind: 'send', n: numbers.next(), to, give, go, result: dice.pick(['await', 'hold']), then: [] })

/** How a promise is settled. */
function ending({ dice, numbers }: Setting): Answer {
  const kind = dice.weighted({ data: 3, self: 3, throw: 2, promise: 2 })
  switch (kind) {
    case 'data':
      return { kind, value: dice.roll(1000) }
    case 'self':
      return { kind }
    case 'throw':
      return { kind, n: numbers.next() }
    case 'promise':
      return held('last-promise')
  }
}
