/**
 * Counting the outcome of test files from the events of node:test.
 *
 * Only leaves count: a test that has subtests, and a suite, is what its leaves are. T1. It counts all the
 * same when it fails by itself (an assertion of its own, a hook). T2. A file that ends badly without a
 * failed test counts as one failure, and so does a file in which there is no test.
 */
export interface Outcome {
  readonly verdict: 'pass' | 'fail'
  readonly name: string
  /** Path of the test file. */
  readonly file: string
  readonly nesting: number
  readonly kind: 'test' | 'suite'
  readonly skipped: boolean
  /** Why it failed, in the words of node:test; '' when it passed. */
  readonly failureType: string
  readonly error: unknown
}

export interface Failure {
  readonly name: string
  readonly error: unknown
}

/** What is known of a test file so far. */
export interface FileTally {
  readonly file: string
  passed: number
  skipped: number
  readonly failures: Failure[]
  /** Whether something was reported below each level of nesting, since the last report on that level. */
  readonly below: boolean[]
}

export const emptyTally = (file: string): FileTally => ({
  file,
  passed: 0,
  skipped: 0,
  failures: [],
  below: [],
})

/** Takes one outcome into account. Outcomes come in the order of the file, children before parents. */
export function count(tally: FileTally, outcome: Outcome): void {
  if (isFileItself(outcome)) return countFile(tally, outcome)
  const { nesting, name, error } = outcome
  const hasChildren = tally.below[nesting] === true
  tally.below[nesting] = false
  if (nesting > 0) tally.below[nesting - 1] = true
  if (outcome.skipped) tally.skipped += 1
  else if (outcome.verdict === 'fail') {
    if (outcome.failureType !== 'subtestsFailed') tally.failures.push({ name, error })
  } else if (outcome.kind === 'test' && !hasChildren) tally.passed += 1
}

/** node:test reports a file as a test of its own when it crashed, or when it held no test. */
const isFileItself = ({ name, file, nesting }: Outcome): boolean => nesting === 0 && name === file

function countFile(tally: FileTally, { verdict, error }: Outcome): void {
  if (verdict === 'fail') tally.failures.push({ name: 'the file itself', error })
  else tally.failures.push({ name: 'the file itself', error: 'there is no test in it' })
}
