import type { StepKind } from './step.ts'

/** The kernel runs nothing; what is asked is taken. */
export const pause: StepKind<'pause'> = {
  weight: 1,
  make: () => ({ kind: 'pause' }),
  apply: ({ machine }, _step, index) => machine.pauseKernel(`step ${index}`),
}

/** It runs again, whoever had paused it. */
export const unpause: StepKind<'unpause'> = {
  weight: 3,
  make: () => ({ kind: 'unpause' }),
  apply: ({ machine }) => machine.resumeKernel(),
}
