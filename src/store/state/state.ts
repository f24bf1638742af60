/**
 * The state: ordered key-value pairs in spaces, as the kernel's `PlatformState` promises.
 *
 * Sta1. A read returns what was written last: in this crank, this block, or any block before (P1).
 * Sta2. Keys are ASCII without U+0000, so that the order of UTF-16 code units, of UTF-8 bytes and of SQLite
 *       is one.
 * Sta3. Values are well-formed text: a read returns the same text to the code unit.
 * Sta4. Evictions are invisible. Marks cover everything in the journal, not the state alone.
 */
import { assert } from '../../base/errors.ts'
import type { Mark, Space, PlatformState } from '../../protocol/kernel/platform.ts'
import { isSpace } from '../sql/rowFormat.ts'
import type { Journal } from './journal.ts'
import type { OpenGuard } from './openGuard.ts'
import { assertText, limits } from '../files/limits.ts'
import { SpaceRows, type RowPool } from './spaceRows.ts'
import { RowQueries } from './rowQueries.ts'
import { successor } from './sorted.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { InputSink } from '../inputs/inputRecorder.ts'

export class StoreState implements PlatformState {
  readonly #guard: OpenGuard
  readonly #journal: Journal
  readonly #queries: RowQueries
  readonly #pool: RowPool
  readonly #inputs: InputSink
  readonly #spaces = new Map<string, SpaceRows>()

  constructor(sql: SqlFile, journal: Journal, guard: OpenGuard, inputs: InputSink, cacheCharacters: number) {
    this.#guard = guard
    this.#journal = journal
    this.#inputs = inputs
    this.#queries = new RowQueries(sql)
    this.#pool = { limit: cacheCharacters, weight: 0, generation: 0 }
  }

  get(space: Space, key: string): string | undefined {
    const value = this.#rows(space).get(key)
    if (this.#pool.weight > this.#pool.limit) this.#evict()
    return value
  }

  set(space: Space, key: string, value: string): void {
    assertText(value, limits.valueLength, 'a value of the state')
    if (space === 'host') this.#inputs.wrote({ kind: 'host', key, value })
    this.#rows(space).write(key, value)
  }

  /** Deleting a missing key changes nothing, but is recorded. */
  delete(space: Space, key: string): void {
    if (space === 'host') this.#inputs.wrote({ kind: 'host', key, value: null })
    this.#rows(space).write(key, undefined)
  }

  nextKey(space: Space, prefix: string, after: string): string | undefined {
    const key = this.#rows(space).firstFrom(after < prefix ? prefix : successor(after), prefix)
    assert(key === undefined || key > after || after < prefix, 'an iteration over keys moves forward')
    if (this.#pool.weight > this.#pool.limit) this.#evict()
    return key
  }

  mark(): Mark {
    this.#guard.assertOpen()
    return this.#journal.mark()
  }

  undo(mark: Mark): void {
    this.#guard.assertOpen()
    this.#journal.undo(mark)
  }

  flush(): void {
    for (const rows of this.#spaces.values()) rows.flush()
  }

  onCommitted(): void {
    for (const [space, rows] of this.#spaces) {
      rows.onCommitted()
      // A terminated vat leaves nothing behind.
      if (rows.isEmpty) this.#spaces.delete(space)
    }
    if (this.#pool.weight > this.#pool.limit) this.#evict()
  }

  abandon(): void {
    for (const rows of this.#spaces.values()) rows.abandon()
  }

  /** SQLite's rows are others now: nothing in memory counts. */
  reload(): void {
    this.#spaces.clear()
    this.#pool.weight = 0
  }

  #rows(space: Space): SpaceRows {
    if (this.#guard.closed) this.#guard.assertOpen()
    return this.#spaces.get(space) ?? this.#newRows(space)
  }

  #newRows(space: Space): SpaceRows {
    assert(isSpace(space) && space.length <= limits.nameLength, `${JSON.stringify(space)} is not a space`)
    const rows = new SpaceRows(space, this.#pool, this.#journal, this.#queries)
    this.#spaces.set(space, rows)
    return rows
  }

  #evict(): void {
    for (const rows of this.#spaces.values()) rows.evict('unread')
    this.#pool.generation += 1
    if (this.#pool.weight <= this.#pool.limit / 2) return
    for (const rows of this.#spaces.values()) rows.evict('all')
    assert(this.#pool.weight === 0, 'without clean rows the pool weighs nothing')
  }
}
