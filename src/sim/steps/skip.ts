import type { StepKind } from './step.ts'

/** Nothing: the place of a step that was taken out of a script. */
export const skip: StepKind<'skip'> = {
  weight: 0,
  make: () => ({ kind: 'skip' }),
  apply: () => {},
}
