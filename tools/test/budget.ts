/**
 * Which jobs run when there is only time for some of them.
 *
 * The jobs rotate with the number of commits, so that over consecutive commits each comes first once and none
 * is
 * skipped for ever. The budget is wall-clock time: a slow machine runs fewer jobs, not longer.
 */
import { execFileSync } from 'node:child_process'
import { root } from './files.ts'

/** The list, beginning with the item whose turn it is. */
export function rotate<Item>(items: readonly Item[], turn: number): Item[] {
  const start = items.length === 0 ? 0 : turn % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** How many commits led to this checkout; 0 where git does not say. */
export function commitCount(): number {
  try {
    return Number(
      execFileSync('git', ['rev-list', '--count', 'HEAD'], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
  } catch {
    return 0
  }
}

/** Hands out items until the time is spent; `left` is what it did not hand out. */
export class Budget<Item> {
  readonly #waiting: Item[]
  readonly #milliseconds: number
  readonly #clock: () => number
  readonly #began: number

  /** `clock` tells milliseconds; the budget begins now. */
  constructor(items: readonly Item[], minutes: number, clock: () => number = () => performance.now()) {
    this.#waiting = [...items]
    this.#milliseconds = minutes * 60_000
    this.#clock = clock
    this.#began = clock()
  }

  next(): Item | undefined {
    return this.#clock() - this.#began < this.#milliseconds ? this.#waiting.shift() : undefined
  }

  get left(): readonly Item[] {
    return this.#waiting
  }
}
