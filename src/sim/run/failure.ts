/** How a course failed. */
export interface Failure {
  /** In which weather. */
  readonly weather: string
  /** The step at which it showed; null when it showed at the end. */
  readonly step: number | null
  readonly findings: readonly string[]
}
