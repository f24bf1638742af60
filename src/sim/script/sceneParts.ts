/** What scenes are made of: steps and programs, and the choice whether there are others in between. */
import type { Random } from '../program/random.ts'
import type { Answer, At, UpgradeManner, Op, Program, StartMode } from '../program/program.ts'
import type { ScriptDraft, Step } from '../steps/step.ts'

/** The input of a scene: three vats, two of which may be the same. */
export interface SceneContext extends Pick<ScriptDraft, 'random' | 'numbers'> {
  readonly one: string
  readonly two: string
  readonly three: string
}

export interface Scene {
  readonly weight: number
  /** What may happen in a script that has the scene. */
  readonly needs?: 'moves' | 'moves and ends' | 'kernels' | 'failing kernels'
  make(setting: SceneContext): readonly Step[]
}

// --- steps

export const toRest: Step = { kind: 'run', limit: { kind: 'idle' } }

/** Runs nothing, a few cranks, or everything, which may be committed. */
export function pause(random: Random): readonly Step[] {
  const kind = random.weighted({ none: 2, cranks: 3, idle: 3 })
  if (kind === 'none') return []
  if (kind === 'idle') return random.chance(30) ? [toRest, { kind: 'commit' }] : [toRest]
  return [{ kind: 'run', limit: { kind, cranks: 1 + random.below(12) } }]
}

export const maybe = (random: Random, percent: number, make: () => Step): readonly Step[] =>
  random.chance(percent) ? [make()] : []

/** The host sends a program to a vat, with roots and services. */
export function ask({ numbers }: SceneContext, vat: string, go: Program, give: readonly string[] = []): Step {
  const given = give.map((name) => (name.startsWith('vat') ? `root:${name}` : name))
  return { kind: 'send', n: numbers.next(), to: { kind: 'root', vat }, go, give: given, result: 'keep' }
}

const usual: UpgradeManner = { from: 'given', onFailure: 'keep', drain: 0 }

export function upgrade(
  random: Random,
  vat: string,
  mode: StartMode = 'good',
  way: 'durable' | 'any' = 'any',
  manner: Partial<UpgradeManner> = {},
): Step {
  const chosen = way === 'durable' ? way : random.weighted({ durable: 6, replay: 2, auto: 1, salvage: 2 })
  return { kind: 'upgrade', vat, bundle: random.below(4), mode, way: chosen, ...usual, ...manner }
}

// --- programs

export const program = (ops: readonly Op[], answer: Answer = { kind: 'data', value: 0 }): Program => ({
  ops,
  answer,
})
export const held = (at: At): Answer => ({ kind: 'held', at })
export const made = (promise: At): Op => ({ kind: 'promise', n: Number(String(promise).slice(1)) })

/** A program that does nothing: its message only shows when it arrived. */
export const small = ({ numbers }: SceneContext): Program => program([], { kind: 'data', value: numbers.next() })

export const send = ({ random, numbers }: SceneContext, to: At, go: Program, give: readonly At[] = []): Op =>
  ({ kind: 'send', n: numbers.next(), to, give, go, result: random.pick(['await', 'hold']), then: [] })

/** The value with which a promise is settled. */
export function ending({ random, numbers }: SceneContext): Answer {
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
