/**
 * The journal: undoes the changes of a crank.
 *
 * Each change of the running crank records a step that can undo it. Marks are points in the list of steps;
 * undoing to a mark undoes the later steps, last first. Sealing the crank hashes its steps and drops them: a
 * sealed crank can only be abandoned with its whole block.
 *
 * Jnl1. A step is journaled before the change it undoes is visible.
 * Jnl2. Marks nest: undoing to one invalidates later ones; the mark itself stays valid.
 * Jnl3. A mark of a sealed crank, or of an abandoned or committed block, is invalid; using it asserts.
 * Jnl4. Undone steps leave no trace, not even in the hash of the crank.
 */
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import type { Mark } from '../../protocol/kernel/platform.ts'
import { CrankChanges, CrankText } from './crank.ts'

export interface UndoStep {
  /** Whether it belongs to a crank and enters its hash; such a step must be sealed before a commit. */
  readonly ofCrank: boolean
  undo(): void
  /** Records the step's change, in its state at the end of the crank. */
  record(crank: CrankText): void
}

export class Journal {
  readonly #steps: UndoStep[] = []
  readonly #marks: { readonly mark: Mark; readonly steps: number }[] = []
  #lastMark = 0
  /** Gets the changes of each crank, if it is there. */
  readonly #onCrank: ((changes: CrankChanges) => void) | undefined
  /** Changes whenever a mark is made or used: a row journaled in this epoch need not be journaled again. */
  epoch = 1

  constructor(onCrank?: (changes: CrankChanges) => void) {
    this.#onCrank = onCrank
  }

  push(step: UndoStep): void {
    this.#steps.push(step)
  }

  mark(): Mark {
    this.#lastMark += 1
    this.epoch += 1
    const steps = this.#marks.at(-1)?.steps ?? 0
    assert(steps <= this.#steps.length, 'marks are in the order of the steps (Jnl2)')
    const mark = this.#lastMark as Mark
    this.#marks.push({ mark, steps: this.#steps.length })
    return mark
  }

  undo(mark: Mark): void {
    const index = this.#marks.findLastIndex((made) => made.mark <= mark)
    const made = this.#marks[index]
    assert(made?.mark === mark, `mark ${mark} was ended by an outer undo, or is not of this crank`)
    assert(made.steps <= this.#steps.length, 'the steps before a mark are undone only with it (Jnl1, Jnl2)')
    this.#marks.length = index + 1
    this.epoch += 1
    while (this.#steps.length > made.steps) this.#steps.pop()?.undo()
  }

  /** Ends the crank and returns its hash. */
  seal(crank: number): Hash {
    const changes = this.#onCrank === undefined ? undefined : new CrankChanges(crank)
    const text = changes ?? new CrankText(crank)
    for (const step of this.#steps) step.record(text)
    this.clear()
    if (changes !== undefined) this.#onCrank?.(changes)
    return text.hash()
  }

  /** Whether the running crank has changed anything that a seal would hash. */
  get hasChanges(): boolean {
    return this.#steps.some((step) => step.ofCrank)
  }

  /** Drops steps and marks; the changes stay. */
  clear(): void {
    this.#steps.length = 0
    this.#marks.length = 0
    this.epoch += 1
  }
}
