/** Pausing and resuming the kernel. */
import type { StepKind } from './step.ts'

/** Pauses the kernel, which then refuses messages and new vats (Rqp1). */
export const pause: StepKind<'pause'> = {
  weight: 1,
  make: () => ({ kind: 'pause' }),
  apply: ({ machine }, _step, index) => machine.pauseKernel(`step ${index}`),
}

/** Resumes the kernel, whether the host or a critical vat paused it. */
export const unpause: StepKind<'unpause'> = {
  weight: 3,
  make: () => ({ kind: 'unpause' }),
  apply: ({ machine }) => machine.resumeKernel(),
}
