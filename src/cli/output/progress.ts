/** The progress of a command, for a person at a terminal. */
import { assert } from '../../base/errors.ts'
import type { Io } from './io.ts'

/** One line at a terminal, overwritten until the end. */
export class Progress {
  readonly #io: Io
  #shown = 0

  constructor(io: Io) {
    this.#io = io
  }

  show(text: string): void {
    assert(!text.includes('\n'), 'progress is one line')
    if (this.#io.progress !== 'shown') return
    this.#io.err(`\r${text.padEnd(this.#shown)}`)
    this.#shown = text.length
  }

  end(): void {
    if (this.#shown > 0) this.#io.err('\n')
  }
}
