/**
 * Stacks of errors that left vats, since the store was opened: by the error as text, `RangeError: no b`.
 *
 * An error crosses between vats and to the host without its stack, which is for people alone. The supervisor writes it to
 * the console of the vat, as a line of the level `debug` that begins with the error; here the last of them are kept, for
 * a host that is answered with such an error.
 *
 * Th1. It is of the process and of no store, and changes nothing. A stack is that of the last error with this text.
 */

/** Older ones are forgotten. */
const mostKept = 1_000

const written = /^(?<error>[^]*?)(?<frames>(?:\n {2}at [^\n]*)+)$/

export class Thrown {
  readonly #stacks = new Map<string, string>()

  note(line: string): void {
    const { error, frames } = written.exec(line)?.groups ?? {}
    if (error === undefined || frames === undefined) return
    // One that is passed on has no frames of code: that of its making says more.
    if (!/\bb1-[0-9a-f]{12}:/.test(frames) && this.#stacks.has(error)) return
    this.#stacks.delete(error)
    this.#stacks.set(error, frames)
    if (this.#stacks.size <= mostKept) return
    const [oldest = ''] = this.#stacks.keys()
    this.#stacks.delete(oldest)
  }

  /** The frames, each on a line of its own; empty when there are none. */
  framesOf(error: string): string {
    return this.#stacks.get(error) ?? ''
  }
}
