/**
 * Adds the calling lines of the host's program to the stacks of errors from the machine thread.
 *
 * Such an error is created when the answer arrives, and the caller is no longer on the stack by then. So the
 * call site is recorded at the call.
 */

/** Where a call was made, as the frames of a stack. */
export interface CallSite {
  readonly stack?: string
}

/** Records the caller of `below`, a function on the stack. */
export function callSite(below: (...args: never[]) => unknown): CallSite {
  const site: CallSite = {}
  Error.captureStackTrace(site, below)
  return site
}

/** The frames alone, one per line. */
export const framesOf = ({ stack = '' }: CallSite): string => {
  const at = stack.indexOf('\n    at ')
  return at === -1 ? '' : stack.slice(at)
}

/** Adds the frames of the call to the error's stack, below its message. */
export const calledFrom = <Thrown extends Error>(error: Thrown, site: CallSite): Thrown =>
  withFrames(error, framesOf(site))

/** Replaces the error's stack with these frames. */
export const withFrames = <Thrown extends Error>(error: Thrown, frames: string): Thrown =>
  Object.defineProperty(error, 'stack', {
    value: `${error.name}: ${error.message}${frames}`,
    writable: true,
    configurable: true,
  })
