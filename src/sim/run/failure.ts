/** Failures of runs, and texts of errors that no rule expects. */
import { inspect } from 'node:util'

/** A failed run: under which conditions, at which step, and what was found. */
export interface Failure {
  /** Such as `without faults`. */
  readonly conditions: string
  /** The step at which it was found; null for the end. */
  readonly step: number | null
  readonly findings: readonly string[]
}

/** Behaviour of a world that is never allowed. */
export class Violation extends Error {
  readonly step: number
  constructor(step: number, message: string) {
    super(message)
    this.step = step
  }
}

/** The error with its stack, its code and its causes. */
export const wholeError = (error: unknown): string => inspect(error, { depth: 5 })
