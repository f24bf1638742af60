/** Committing a block. */
import type { StepKind } from './step.ts'

/** Ends a block. The run commits, since it stores its progress in the same block. */
export const commit: StepKind<'commit'> = {
  weight: 10,
  make: () => ({ kind: 'commit' }),
  apply: () => {},
}
