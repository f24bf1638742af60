/**
 * Lines that vats wrote with `vatPowers.testLog`, since the store was opened: for tests, as SwingSet's `dump().log`.
 *
 * Lo1. The log is of the process and of no store. A line stays when its delivery is undone, and a delivery that is
 *      replayed to bring a worker back writes none.
 */

/** Older lines are forgotten. */
const mostLines = 10_000

export class TestLog {
  #lines: string[] = []

  add(line: string): void {
    this.#lines.push(line)
    // Not one by one: each would move all others.
    if (this.#lines.length > 2 * mostLines) this.#lines = this.#lines.slice(-mostLines)
  }

  /** The last of the lines, the oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-mostLines)
  }
}
