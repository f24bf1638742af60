/** A line of a source that may not work as intended. */
export interface BundleWarning {
  /** Relative to the folder of the entry. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly text: string
  readonly lineText: string
}
