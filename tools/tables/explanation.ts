/** What `docs/errors.md` says of a code beyond the text that users see. */
export interface Explanation {
  /** The situations in which the code appears. */
  readonly when: string
  /** What to do, where the text of the code does not say all of it. */
  readonly remedy?: string
}
