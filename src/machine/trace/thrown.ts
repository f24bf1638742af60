/**
 * Stacks of errors that left vats since the store was opened, by error text: `RangeError: no b`.
 *
 * An error crosses between vats and to the host without its stack, which is for people only. The supervisor
 * writes the stack to the vat's console, as a line of level `debug` that begins with the error; the latest
 * are kept here, for a host whose answer is such an error.
 *
 * Tw1. They belong to the process, not to a store, and change nothing. A stack is that of the last error with
 * this text.
 */
import { assert } from '../../base/errors.ts'

/** Older ones are dropped. */
const maxKept = 1_000

const written = /^(?<error>[^]*?)(?<frames>(?:\n {2}at [^\n]*)+)$/

export class Thrown {
  readonly #stacks = new Map<string, string>()

  note(line: string): void {
    const { error, frames } = written.exec(line)?.groups ?? {}
    if (error === undefined || frames === undefined) return
    // A forwarded error has no frames of code: its original stack is more useful.
    if (!/\bb1-[0-9a-f]{12}:/.test(frames) && this.#stacks.has(error)) return
    this.#stacks.delete(error)
    this.#stacks.set(error, frames)
    if (this.#stacks.size <= maxKept) return
    const [oldest = ''] = this.#stacks.keys()
    this.#stacks.delete(oldest)
    assert(this.#stacks.size === maxKept, 'the kept stacks are bounded')
  }

  /** The frames, one per line; empty when there are none. */
  framesOf(error: string): string {
    return this.#stacks.get(error) ?? ''
  }
}
