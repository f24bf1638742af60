/** Line index of a script: finds the place of an offset without another scan. */

/** A place in a script: the line from 1, the column from 0. */
export interface ScriptPlace {
  readonly line: number
  readonly column: number
  readonly lineText: string
}

export class Lines {
  readonly #text: string
  /** Offsets at which the lines begin, ascending. */
  readonly #starts: readonly number[]

  constructor(text: string) {
    this.#text = text
    const starts = [0]
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
    this.#starts = starts
  }

  placeOf(offset: number): ScriptPlace {
    assert(offset >= 0 && offset <= this.#text.length, 'an offset is inside the text')
    const index = lastAtMost(this.#starts, offset)
    assert(index >= 0, 'every offset is in a line')
    const start = this.#starts[index] ?? 0
    const next = this.#starts[index + 1]
    return {
      line: index + 1,
      column: offset - start,
      lineText: this.#text.slice(start, next === undefined ? undefined : next - 1),
    }
  }

  /** The offset of a place; undefined when there is no such line. Line and column start at 0. */
  offsetOf(line: number, column: number): number | undefined {
    const start = this.#starts[line]
    return start === undefined ? undefined : start + column
  }
}

/** Index of the last of the ascending numbers that is at most `limit`; -1 when there is none. */
export function lastAtMost(ascending: readonly number[], limit: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? Infinity) <= limit) low = middle + 1
    else high = middle
  }
  return low - 1
}import { assert } from '../base/errors.ts'

