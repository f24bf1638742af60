/** A failed run: under which conditions, at which step, and what was found. */
export interface Failure {
  /** Such as `without faults`. */
  readonly conditions: string
  /** The step at which it was found; null for the end. */
  readonly step: number | null
  readonly findings: readonly string[]
}
