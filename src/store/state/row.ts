/** One row of the state in memory, and the step that undoes a write to it. */
import type { Step } from './journal.ts'
import type { CrankText } from './crank.ts'
import { limits } from '../files/limits.ts'
import type { Space } from '../../protocol/kernel/platform.ts'

export type Standing = 'gone' | 'clean' | 'dirty'

/** The rows of a space, as far as one of its rows uses them. */
interface RowOwner {
  readonly space: Space
  restore(row: Row, value: string | undefined, standing: Standing): void
}

export class Row {
  readonly rows: RowOwner
  readonly key: string
  value: string | undefined
  standing: Standing
  /** The journal's epoch of its last step. */
  epoch = 0
  /** The crank whose text includes it. */
  crank = 0
  used: number
  /** The key's checksum in SQLite, as far as it is known without a query. */
  stored: number | 'none' | 'unknown'
  /** Its value once the block being written is committed. */
  flushed: number | 'none' = 'none'

  constructor(
    rows: RowOwner,
    key: string,
    value: string | undefined,
    standing: Standing,
    used: number,
    stored: Row['stored'],
  ) {
    this.stored = stored
    this.rows = rows
    this.key = key
    this.value = value
    this.standing = standing
    this.used = used
  }
}

export class RowStep implements Step {
  readonly ofCrank = true
  readonly #row: Row
  readonly #value: string | undefined
  readonly #standing: Standing

  constructor(row: Row) {
    this.#row = row
    this.#value = row.value
    this.#standing = row.standing
  }

  undo(): void {
    this.#row.rows.restore(this.#row, this.#value, this.#standing)
  }

  record(text: CrankText): void {
    const { key, value, rows, crank } = this.#row
    if (crank === text.crank) return
    this.#row.crank = text.crank
    if (value === undefined) text.delete(rows.space, key)
    else text.set(rows.space, key, value)
  }
}

export const rowWeight = (row: Row): number => limits.rowOverhead + row.key.length + (row.value?.length ?? 0)
