/**
 * `@endo/pass-style` for the libraries in the supervisor (`src/release/build.ts` substitutes this file): an
 * error with a code is throwable as it is, and a throwable copy of an error keeps its code.
 */
import { toThrowable as toThrowableByLibrary } from '@endo/pass-style'
import { errorCodeOf, errorFlaw, isErrorLike, makeErrorNamed } from '../../codec/passable.ts'

export * from '@endo/pass-style'

/** Converts a thrown value to one that a guarded method may throw. */
export function toThrowable(thrown: unknown): unknown {
  const code = isErrorLike(thrown) ? errorCodeOf(thrown) : undefined
  if (!isErrorLike(thrown) || code === undefined)
    return (toThrowableByLibrary as (thrown: unknown) => unknown)(thrown)
  return errorFlaw(harden(thrown), 'must-be-frozen', 0) === undefined ? thrown : copyOf(thrown, code)
}

function copyOf(error: Error, code: string): Error {
  const { name, message, cause } = error
  const copy = makeErrorNamed(`${name}`, `${message}`)
  Object.defineProperty(copy, 'code', { value: code })
  if (isErrorLike(cause) && errorFlaw(cause, 'must-be-frozen', 1) === undefined)
    Object.defineProperty(copy, 'cause', { value: cause })
  return harden(copy)
}
