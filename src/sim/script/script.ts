/**
 * Scripts: all requests of the host of a world, generated from a seed.
 *
 * Scr1. A longer script of the same seed begins with the shorter one (Ra1): a failure is narrowed down by
 *      shortening the script.
 */
import { assert } from '../../base/errors.ts'
import { Random } from '../program/random.ts'
import { Numbers, type Ends, type Kernels, type Moves } from '../program/program.ts'
import type { ScriptDraft, Step } from '../steps/step.ts'
import { stepKinds } from '../steps/steps.ts'
import { makeScene, type SceneName } from './scenes.ts'

/** A script as data. */
export interface Script {
  readonly seed: number
  /** The number of the prepared store on which it begins. */
  readonly store: number
  readonly ends: Ends
  readonly moves: Moves
  readonly kernels: Kernels
  readonly steps: readonly Step[]
}

const weights = Object.fromEntries(
  Object.entries(stepKinds).map(([kind, { weight }]) => [kind, weight]),
) as Record<Step['kind'], number>
/** The first steps only create vats. */
const creationSteps = 3
/** Percentage of scripts in which these vats have started, in a block, before other requests. */
const startFirstPercent = 85
/** Percentage of steps outside scenes that begin one: more where the kernel may fail, which takes several. */
const scenePercent: Readonly<Record<Kernels, number>> = { none: 30, sound: 30, failing: 60 }
/** Percentage of steps of a scene that another step precedes. */
const interruptPercent = 12
/**
 * Percentage of scripts in which vats may terminate. The journal of a terminated vat is lost, so such worlds
 * are judged less strictly.
 */
const vatsEndPercent = 30
/** Percentage of scripts in which vats may be moved to other worker versions: these keep all transcripts. */
const vatsMovePercent = 65
/** Percentage of scripts with upgrade plans, of those whose kernel is not replaced. */
const plansPercent = 40
/** Scripts by whether their kernel is replaced. */
const kernelWeights: Readonly<Record<Kernels, number>> = { none: 50, sound: 15, failing: 35 }
/** Percentage of scripts whose kernel is replaced in which that is the first scene. */
const kernelFirstPercent = 65
const firstScenes: Readonly<Record<Kernels, readonly SceneName[]>> = {
  none: [],
  sound: ['other kernel', 'taken back'],
  failing: ['kernel fails'],
}

/** Generates a script. */
export function makeScript(seed: number, length: number): Script {
  assert(Number.isSafeInteger(length) && length >= 0, 'the length of a script is a count')
  const random = new Random(seed, 'script')
  const steps: Step[] = []
  const ends = random.split('ends').chance(vatsEndPercent) ? 'some' : 'none'
  const moves = random.split('moves').chance(vatsMovePercent) ? 'some' : 'none'
  const kernels = random.split('kernels').weighted(kernelWeights)
  const plans = kernels === 'none' && random.split('plans').chance(plansPercent) ? 'some' : 'none'
  const numbers = new Numbers()
  const draft: Omit<ScriptDraft, 'random' | 'index'> = {
    numbers,
    ends,
    moves,
    kernels,
    plans,
    vats: [],
    results: [],
  }
  const planned: Step[] = random.split('start').chance(startFirstPercent)
    ? [{ kind: 'run', limit: { kind: 'idle' } }, { kind: 'commit' }]
    : []
  for (let index = 0; index < length; index += 1) {
    const own = { ...draft, random: random.split(`step ${index}`), index }
    if (index === creationSteps && random.split('kernel first').chance(kernelFirstPercent))
      planned.push(...firstScene(own))
    steps.push(index < creationSteps ? stepKinds.create.make(own) : nextStep(own, planned))
  }
  assert(steps.length === length, 'a script has the requested number of steps')
  return { seed, store: random.split('store').below(1000), ends, moves, kernels, steps }
}

function firstScene(draft: ScriptDraft): readonly Step[] {
  const names = firstScenes[draft.kernels]
  return names.length === 0 ? [] : makeScene(draft, draft.random.pick(names))
}

/** The next planned step, or another one. */
function nextStep(draft: ScriptDraft, planned: Step[]): Step {
  const { random, index, results } = draft
  if (planned.length === 0 && random.chance(scenePercent[draft.kernels])) planned.push(...makeScene(draft))
  const step = random.chance(interruptPercent) ? undefined : planned.shift()
  if (step === undefined)
    return stepKinds[random.weighted(weightsFor(draft))].make(draft)
  if (step.kind === 'send' && step.result === 'keep') results.push(index)
  assert(results.every((result) => result <= index), 'results are of steps so far')
  return step
}

const weightsFor = ({ ends, moves, kernels, plans }: ScriptDraft): typeof weights => ({
  ...weights,
  ...(ends === 'none' ? { terminate: 0 } : {}),
  ...(moves === 'none' ? { move: 0, rollout: 0, steer: 0, retire: 0, default: 0 } : {}),
  ...(plans === 'none' ? { plan: 0 } : {}),
  ...(kernels === 'none' ? { kernel: 0 } : {}),
  ...(kernels === 'failing' ? {} : { retry: 0, aside: 0, 'put-back': 0 }),
})
