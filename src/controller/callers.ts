/**
 * The lines of a host's program that called, in the stacks of errors that come from the machine thread.
 *
 * Such an error is made where the answer arrives, and by then nothing of the caller is on the stack. So the place is
 * taken when the call is made.
 */

/** Where a call was made, as the frames of a stack. */
export interface CallSite {
  readonly stack?: string
}

/** Takes the place of the caller of `below`, which is one of the functions on the stack. */
export function callSite(below: (...args: never[]) => unknown): CallSite {
  const site: CallSite = {}
  Error.captureStackTrace(site, below)
  return site
}

/** The frames alone, each on a line of its own. */
export const framesOf = ({ stack = '' }: CallSite): string => {
  const at = stack.indexOf('\n    at ')
  return at === -1 ? '' : stack.slice(at)
}

/** The error with the frames of the call in its stack, below its message. */
export const calledFrom = <Thrown extends Error>(error: Thrown, site: CallSite): Thrown => withFrames(error, framesOf(site))

/** The error with these frames for its stack. */
export const withFrames = <Thrown extends Error>(error: Thrown, frames: string): Thrown =>
  Object.defineProperty(error, 'stack', { value: `${error.name}: ${error.message}${frames}`, writable: true, configurable: true })
