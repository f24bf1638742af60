/**
 * Scripts: all that the host asks of a world, made from a seed.
 *
 * Sc1. A longer script of the same seed begins as the shorter one (Di1): a failure is narrowed down by
 *      making the script shorter.
 */
import { Dice } from './dice.ts'
import { Numbers } from './program.ts'
import type { Ends } from './program.ts'
import type { Draft, Step } from './steps/step.ts'
import { stepKinds } from './steps/steps.ts'

export interface Script {
  readonly seed: number
  /** Which of the prepared stores it begins on. */
  readonly store: number
  readonly ends: Ends
  readonly steps: readonly Step[]
}

const weights = Object.fromEntries(Object.entries(stepKinds).map(([kind, { weight }]) => [kind, weight])) as Record<Step['kind'], number>
/** How many steps only make vats. */
const opening = 3
/** In so many of a hundred scripts vats may end: what an ended vat saw nobody can read, so that its world is judged less strictly. */
const someEnd = 30

export function makeScript(seed: number, length: number): Script {
  const dice = new Dice(seed, 'script')
  const steps: Step[] = []
  const ends = dice.split('ends').chance(someEnd) ? 'some' : 'none'
  const draft: Omit<Draft, 'dice' | 'index'> = { numbers: new Numbers(), ends, vats: [], results: [] }
  for (let index = 0; index < length; index += 1) {
    const own = dice.split(`step ${index}`)
    const kind = index < opening ? 'create' : own.weighted(ends === 'none' ? { ...weights, terminate: 0 } : weights)
    steps.push(stepKinds[kind].make({ ...draft, dice: own, index }))
  }
  return { seed, store: dice.split('store').roll(1000), ends, steps }
}
