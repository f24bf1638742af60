import type { StepKind } from './step.ts'

/** Ends a block. The course itself commits: it keeps its own place in the same block. */
export const commit: StepKind<'commit'> = {
  weight: 10,
  make: () => ({ kind: 'commit' }),
  apply: () => {},
}
