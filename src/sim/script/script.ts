/**
 * Scripts: all that the host asks of a world, made from a seed.
 *
 * Sc1. A longer script of the same seed begins as the shorter one (Di1): a failure is narrowed down by
 *      making the script shorter.
 */
import { Dice } from '../program/dice.ts'
import { Numbers, type Ends } from '../program/program.ts'
import type { Draft, Step } from '../steps/step.ts'
import { stepKinds } from '../steps/steps.ts'
import { makeScene } from './scenes.ts'

export interface Script {
  readonly seed: number
  /** Which of the prepared stores it begins on. */
  readonly store: number
  readonly ends: Ends
  readonly steps: readonly Step[]
}

const weights = Object.fromEntries(
  Object.entries(stepKinds).map(([kind, { weight }]) => [kind, weight]),
) as Record<Step['kind'], number>
/** How many steps only make vats. */
const opening = 3
/** In so many of a hundred scripts these have started, and are in a block, before anything else is asked. */
const startFirst = 85
/** Of a hundred steps that are the first of their kind, so many begin a scene. */
const sceneBegins = 30
/** So many of a hundred steps of a scene let another step go first. */
const scenesWait = 12
/**
 * In so many of a hundred scripts vats may end: what an ended vat saw nobody can read, so that its world is
 * judged less strictly.
 */
const someEnd = 30

export function makeScript(seed: number, length: number): Script {
  const dice = new Dice(seed, 'script')
  const steps: Step[] = []
  const ends = dice.split('ends').chance(someEnd) ? 'some' : 'none'
  const draft: Omit<Draft, 'dice' | 'index'> = { numbers: new Numbers(), ends, vats: [], results: [] }
  const planned: Step[] = dice.split('start').chance(startFirst)
    ? [{ kind: 'run', limit: { kind: 'idle' } }, { kind: 'commit' }]
    : []
  for (let index = 0; index < length; index += 1) {
    const own = { ...draft, dice: dice.split(`step ${index}`), index }
    steps.push(index < opening ? stepKinds.create.make(own) : nextStep(own, planned))
  }
  return { seed, store: dice.split('store').roll(1000), ends, steps }
}

/** The next of what is planned, or something else. */
function nextStep(draft: Draft, planned: Step[]): Step {
  const { dice, ends, index, results } = draft
  if (planned.length === 0 && dice.chance(sceneBegins)) planned.push(...makeScene(draft))
  const step = dice.chance(scenesWait) ? undefined : planned.shift()
  if (step === undefined)
    return stepKinds[dice.weighted(ends === 'none' ? { ...weights, terminate: 0 } : weights)].make(draft)
  if (step.kind === 'send' && step.result === 'keep') results.push(index)
  return step
}
