/**
 * Lines that vats wrote with `vatPowers.testLog` since the store was opened: for tests, like SwingSet's
 * `dump().log`.
 *
 * Lo1. The log belongs to the process, not to a store. A line stays when its delivery is undone, and a replay
 *      that restores a worker writes none.
 */

/** Older lines are dropped. */
const maxLines = 10_000

export class TestLog {
  #lines: string[] = []

  add(line: string): void {
    this.#lines.push(line)
    // Not one by one: each removal would move all others.
    if (this.#lines.length > 2 * maxLines) this.#lines = this.#lines.slice(-maxLines)
  }

  /** The latest lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-maxLines)
  }
}
