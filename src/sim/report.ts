/** A failure as text for people: what differs, in which script, and how to see it again. */
import type { Failure } from './run/failure.ts'
import type { Script } from './script/script.ts'
import type { Shrunk } from './shrink.ts'

const mostFindings = 8

export function describeFailure(script: Script, failure: Failure, shrunk: Shrunk): string {
  const { seed, steps } = script
  const left = shrunk.script.steps.flatMap((step, index) =>
    step.kind === 'skip' ? [] : [`  ${index} ${JSON.stringify(step)}`],
  )
  const found = [
    `seed ${seed} fails in ${failure.weather}, ${where(failure)}:`,
    ...list(failure),
    `again: npm run sim -- --seed ${seed} --steps ${steps.length}`,
  ]
  if (shrunk.trials === 0) return found.join('\n')
  return [
    ...found,
    `after ${shrunk.trials} trials, ${left.length} steps are left, which fail in ${shrunk.failure.weather}, ${where(shrunk.failure)}:`,
    ...list(shrunk.failure),
    ...left,
    `the same without the rest: npm run sim -- --seed ${seed} --steps ${shrunk.script.steps.length}`,
  ].join('\n')
}

const where = ({ step }: Failure): string => (step === null ? 'at the end' : `at step ${step}`)

function list({ findings }: Failure): string[] {
  const shown = findings.slice(0, mostFindings).map((finding) => `  ${finding}`)
  return findings.length > mostFindings ? [...shown, `  and ${findings.length - mostFindings} more`] : shown
}
