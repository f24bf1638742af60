/**
 * Shrinks a failing script to the smallest that fails in the same way, within a number of trials.
 *
 * First steps are removed at the end, then in the middle, then ops of their programs.
 */
import { assert } from '../base/errors.ts'
import type { Failure } from './run/failure.ts'
import type { Op, Program } from './program/program.ts'
import type { Script } from './script/script.ts'
import type { Step } from './steps/step.ts'
import type { Verdict } from './trial.ts'

/** The smallest script found, and how it fails. */
export interface Shrunk {
  readonly script: Script
  readonly failure: Failure
  readonly trials: number
}

/** Identifies a failure: by the rule that found it, or the beginning of the error message. */
const signature = ({ findings }: Failure): string =>
  (findings[0] ?? '').split(/[:;]/)[0]?.replace(/\d+/g, 'n') ?? ''

/** `patience`: the maximum number of trials. */
export async function shrink(
  script: Script,
  failure: Failure,
  attempt: (script: Script) => Promise<Verdict>,
  patience: number,
): Promise<Shrunk> {
  let best = { script, failure }
  let trials = 0
  const wanted = signature(failure)
  assert(patience >= 0, 'patience is a number of trials')
  const accepts = async (candidate: Script): Promise<boolean> => {
    if (trials >= patience) return false
    trials += 1
    const verdict = await attempt(candidate)
    if (verdict.kind === 'good' || signature(verdict.failure) !== wanted) return false
    best = { script: candidate, failure: verdict.failure }
    return true
  }
  for (let cut = Math.floor(script.steps.length / 2); cut >= 1; cut = Math.floor(cut / 2)) {
    while (
      best.script.steps.length > cut &&
      (await accepts({ ...best.script, steps: best.script.steps.slice(0, -cut) }))
    );
  }
  for (let length = 8; length >= 1; length = Math.floor(length / 2)) {
    for (let index = best.script.steps.length - 1; index >= 0; index -= length)
      await accepts(without(best.script, index, length))
  }
  for (let index = 0; index < best.script.steps.length; index += 1)
    await shrinkProgram(index, () => best.script, accepts)
  assert(trials <= patience, 'shrinking makes no more trials than it may')
  return { ...best, trials }
}

const skipped: Step = { kind: 'skip' }

function without(script: Script, end: number, length: number): Script {
  assert(end < script.steps.length && length > 0, 'the removed steps are in the script')
  return {
    ...script,
    steps: script.steps.map((step, index) => (index <= end && index > end - length ? skipped : step)),
  }
}

/** Removes ops of the step's program one by one, the outermost first. */
async function shrinkProgram(
  index: number,
  current: () => Script,
  accepts: (script: Script) => Promise<boolean>,
): Promise<void> {
  for (let place = 0; ;) {
    const step = current().steps[index]
    if (step?.kind !== 'send') return
    const counter = { left: place }
    const go = programWithout(step.go, counter)
    if (counter.left >= 0) return
    const steps = current().steps.map((each, at) => (at === index ? { ...step, go } : each))
    if (!(await accepts({ ...current(), steps }))) place += 1
  }
}

/** The ops without the one at this position of a walk; `left` is below zero when it was found. */
function opsWithout(ops: readonly Op[], counter: { left: number }): Op[] {
  const kept: Op[] = []
  for (const op of ops) {
    counter.left -= 1
    if (counter.left === -1) continue
    if (op.kind !== 'send' || counter.left < 0) kept.push(op)
    else kept.push({ ...op, go: programWithout(op.go, counter), then: opsWithout(op.then, counter) })
  }
  return kept
}

const programWithout = ({ ops, answer }: Program, counter: { left: number }): Program => ({
  ops: opsWithout(ops, counter),
  answer,
})
