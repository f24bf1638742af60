/**
 * Three worlds of errors, never mixed.
 *
 * - A bug in our code: `assert` fails with `AssertionFault`. It is never caught and repaired
 *   inside the kernel; the controller turns it into a kernel fault.
 * - An expected outcome: a value of a union, not an exception at all.
 * - A refusal to an external caller (host, CLI, files): `CodedError`, whose `code` is stable and from a
 *   closed list (`protocol/codes.ts`), and whose message reports what was wrong, where, and what to do.
 */

/** A refusal with a stable code. `detail` has the message's facts as plain data, for programs. */
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

/** A violation of one of our invariants. */
export class AssertionFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AssertionFault'
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFault(message)
}

/** For the unreachable branch of a closed union: checked by the compiler and at run time. */
export function unreachable(value: never, message: string): never {
  throw new AssertionFault(`${message}: ${JSON.stringify(value)}`)
}
