/** One row of the state in memory, and the step that undoes a write to it. */
import type { UndoStep } from './journal.ts'
import type { CrankText } from './crank.ts'
import { limits } from '../files/limits.ts'
import type { Space } from '../../protocol/kernel/platform.ts'

export type RowStatus = 'gone' | 'clean' | 'dirty'

/** The rows of a space, as far as one of its rows uses them. */
interface RowOwner {
  readonly space: Space
  restore(row: Row, value: string | undefined, status: RowStatus): void
}

export class Row {
  readonly rows: RowOwner
  readonly key: string
  value: string | undefined
  status: RowStatus
  /** The journal's epoch of its last step. */
  epoch = 0
  /** The crank whose text includes it. */
  recordedIn = 0
  lastUsed: number
  /** The key's checksum in SQLite, as far as it is known without a query. */
  storedChecksum: number | 'none' | 'unknown'
  /** Its value once the block being written is committed. */
  flushedChecksum: number | 'none' = 'none'

  constructor(
    rows: RowOwner,
    key: string,
    value: string | undefined,
    status: RowStatus,
    used: number,
    stored: Row['storedChecksum'],
  ) {
    this.storedChecksum = stored
    this.rows = rows
    this.key = key
    this.value = value
    this.status = status
    this.lastUsed = used
  }
}

export class RowUndoStep implements UndoStep {
  readonly ofCrank = true
  readonly #row: Row
  readonly #value: string | undefined
  readonly #status: RowStatus

  constructor(row: Row) {
    this.#row = row
    this.#value = row.value
    this.#status = row.status
  }

  undo(): void {
    this.#row.rows.restore(this.#row, this.#value, this.#status)
  }

  record(text: CrankText): void {
    const { key, value, rows, recordedIn } = this.#row
    if (recordedIn === text.crank) return
    this.#row.recordedIn = text.crank
    if (value === undefined) text.delete(rows.space, key)
    else text.set(rows.space, key, value)
  }
}

export const rowWeight = (row: Row): number => limits.rowOverhead + row.key.length + (row.value?.length ?? 0)
