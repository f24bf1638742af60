/** Describes a failure for people: what differs, in which script, and how to reproduce it. */
import { assert } from '../base/errors.ts'
import type { Failure } from './run/failure.ts'
import type { Script } from './script/script.ts'
import type { Shrunk } from './shrink.ts'

const maxFindings = 8

/** Describes the failure, and the smallest script that still fails. */
export function describeFailure(script: Script, failure: Failure, shrunk: Shrunk): string {
  const { seed, steps } = script
  assert(failure.findings.length > 0, 'a failure has a finding')
  assert(shrunk.script.seed === seed, 'shrinking keeps the seed')
  const left = shrunk.script.steps.flatMap((step, index) =>
    step.kind === 'skip' ? [] : [`  ${index} ${JSON.stringify(step)}`],
  )
  const found = [
    `seed ${seed} fails ${failure.conditions}, ${where(failure)}:`,
    ...list(failure),
    `reproduce: npm run sim -- --seed ${seed} --steps ${steps.length}`,
  ]
  if (shrunk.trials === 0) return found.join('\n')
  return [
    ...found,
    `after ${shrunk.trials} trials, ${left.length} steps are left, which fail ${shrunk.failure.conditions}, ${where(shrunk.failure)}:`,
    ...list(shrunk.failure),
    ...left,
    `the same without the rest: npm run sim -- --seed ${seed} --steps ${shrunk.script.steps.length}`,
  ].join('\n')
}

const where = ({ step }: Failure): string => (step === null ? 'at the end' : `at step ${step}`)

function list({ findings }: Failure): string[] {
  const shown = findings.slice(0, maxFindings).map((finding) => `  ${finding}`)
  return findings.length > maxFindings ? [...shown, `  and ${findings.length - maxFindings} more`] : shown
}
