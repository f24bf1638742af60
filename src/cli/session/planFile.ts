/** The files of upgrade plans and certificates. */
import { readFileSync, statSync } from 'node:fs'
import { refuseUsage } from '../args/arguments.ts'
import { refuse } from '../../protocol/codes.ts'
import { planLimits } from '../../protocol/plan/plan.ts'

/** A character takes at most four bytes. */
const maxBytes = 4 * planLimits.text

export const readPlanFile = (path: string): string => readTextFile(path, 'plan')

/** A certificate has its plan, and what each step answered. */
export function readTextFile(
  path: string,
  what: 'plan' | 'certificate' | 'invariants' | 'list of expected differences',
): string {
  try {
    if (what !== 'certificate' && statSync(path).size > maxBytes)
      refuse('plan/malformed', `${path} is larger than a plan may be`, { path: '' })
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      return refuseUsage(`the file ${path} (${what}) cannot be read: ${error.message}`)
    throw error
  }
}
