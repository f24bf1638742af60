/**
 * Rules of code that is retired.
 *
 * Mc1. A bundle that no vat runs is retired when the host first asks for it, and is not installed after that.
 */
import type { Facts } from './facts.ts'

/** Mc1. */
export function* codeIsRetiredOnce({ script, records, observation }: Facts): Generator<string> {
  const results = new Map(observation.results)
  const asked = new Set<number>()
  const retired = new Set<number>()
  for (const [index, step] of script.steps.entries()) {
    if (step.kind !== 'retire-code') continue
    const record = records.get(index)
    const how = results.get(index) ?? 'none'
    const what = `step ${index} (${step.kind} ${step.spare})`
    if (record?.kind === 'refused' && record.code === 'bundle/unknown' && !asked.has(step.spare))
      yield `${what} found nothing to retire`
    if (!/^(none|t:retired|k:bundle-unknown)$/.test(how)) yield `${what} ended with ${how}`
    if (how === 't:retired' && retired.has(step.spare)) yield `${what} has retired it a second time`
    if (how === 't:retired') retired.add(step.spare)
    if (record?.kind === 'accepted') asked.add(step.spare)
  }
}
