/** Errors of the kernel itself: every machine meets them at the same crank. */
import { CodedError } from '../../base/errors.ts'

/** Thrown by a kernel. */
export class KernelFault extends Error {
  constructor(stack: string) {
    super(stack.split('\n', 1)[0])
    this.name = 'KernelFault'
    this.stack = stack
  }
}

/** A damaged row that a kernel has refused: the row's checksum is right, so a kernel has written it. */
export class KernelRefusal extends CodedError {}

/** Whether the kernel itself failed, and nothing below it: then every machine fails at the same crank. */
export const isOfKernel = (error: unknown): boolean =>
  error instanceof KernelFault || error instanceof KernelRefusal
