/**
 * Three worlds of errors, never mixed.
 *
 * - A bug in our code: `assert` fails with `AssertionFault`. It is never caught and repaired
 *   inside the kernel; the controller turns it into a kernel fault.
 * - An expected outcome: a value of a union, not an exception at all.
 * - A refusal towards a caller outside (host, CLI, files): `CodedError`, whose `code` is stable
 *   and from a closed list (`protocol/codes.ts`), and whose message says what was wrong, where,
 *   and what to do.
 */

/** A refusal with a stable code. `detail` holds what the message says, as plain data for programs. */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly detail: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'CodedError'
    this.code = code
    this.detail = detail
  }
}

/** One of our invariants does not hold. */
export class AssertionFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AssertionFault'
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFault(message)
}

/** For the branch of a closed union that cannot be reached: the compiler checks, and so does the run. */
export function unreachable(value: never, message: string): never {
  throw new AssertionFault(`${message}: ${JSON.stringify(value)}`)
}
