/** The place of a step that was removed from a script. */
import type { StepKind } from './step.ts'

/** Does nothing, so that the other steps keep their numbers. */
export const skip: StepKind<'skip'> = {
  weight: 0,
  make: () => ({ kind: 'skip' }),
  apply: () => {},
}
