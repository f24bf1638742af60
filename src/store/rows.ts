/**
 * The rows of one space in memory: overlay of the block and cache of SQLite in one.
 *
 * R1. A row is `clean` (equal to SQLite), `dirty` (what the block will write) or `gone` (not in the map; SQLite knows).
 * R2. A read gives the row's value when it is in the map, else what SQLite holds.
 * R3. Undo gives a row back its former value and standing; so there is no second place to repair.
 * R4. Only clean rows are evicted; a row with a step in the journal is dirty.
 * R5. A write does not read: whether SQLite has the key is asked at the commit, by SQLite itself. What is known
 *     not to be there is not deleted there.
 * R6. A space without rows has no number in SQLite.
 */
import { crc32 } from 'node:zlib'
import { assert } from '../base/errors.ts'
import type { Space } from '../kernel/ports.ts'
import { refuse } from '../protocol/codes.ts'
import type { CrankText } from './crank.ts'
import type { Journal, Step } from './journal.ts'
import { limits } from './limits.ts'
import { SortedKeys, successor } from './sorted.ts'
import type { Query, SqlFile } from './sql.ts'
import { StoredKeys } from './stored-keys.ts'

/** What all spaces share of the memory for clean rows. */
export interface Pool {
  readonly limit: number
  /** Characters of the clean rows, with their overhead. */
  weight: number
  /** One more with each eviction; a row that was read since has it. */
  generation: number
}

type Standing = 'gone' | 'clean' | 'dirty'

class Row {
  readonly rows: Rows
  readonly key: string
  value: string | undefined
  standing: Standing
  /** The journal's epoch in which its last step was made. */
  epoch = 0
  /** The crank in whose text it is. */
  crank = 0
  used: number
  /** Whether SQLite has the key, as far as that is known without asking. */
  stored: 'yes' | 'no' | 'unknown'

  constructor(rows: Rows, key: string, value: string | undefined, standing: Standing, used: number, stored: Row['stored']) {
    this.stored = stored
    this.rows = rows
    this.key = key
    this.value = value
    this.standing = standing
    this.used = used
  }
}

class RowStep implements Step {
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
    this.#row.rows.putBack(this.#row, this.#value, this.#standing)
  }

  record(text: CrankText): void {
    const { key, value, rows, crank } = this.#row
    if (crank === text.crank) return
    this.#row.crank = text.crank
    if (value === undefined) text.delete(rows.space, key)
    else text.set(rows.space, key, value)
  }
}

const rowWeight = (row: Row): number => limits.rowOverhead + row.key.length + (row.value?.length ?? 0)

/** Detects any burst of up to 32 wrong bits in a stored row. Of the names, not the number, of its space. */
const checksum = (space: Space, key: string, value: string): number => crc32(value, crc32(`${space}\u0000${key}\u0000`))

/** Refuses with `store/corrupt-state` a row that is not as it was written. */
export function verifyRow(space: Space, key: string, value: string, check: number): void {
  if (checksum(space, key, value) === check) return
  refuse('store/corrupt-state', `The value of ${key} in ${space} is not the one that was written`, { space, key })
}

/** The prepared queries of the state table, shared by all spaces. */
export class RowQueries {
  readonly get: Query<[string, number]>
  readonly scan: Query<[string, string, number]>
  readonly put: Query<never>
  readonly remove: Query<never>
  readonly spaceId: Query<[number]>
  readonly newSpace: Query<[number]>
  readonly anyKey: Query<[string]>
  readonly removeSpace: Query<never>

  constructor(sql: SqlFile) {
    this.get = sql.query('SELECT value, checksum FROM state WHERE space = ? AND key = ?')
    this.scan = sql.query('SELECT key, value, checksum FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT ?')
    this.put = sql.query('INSERT OR REPLACE INTO state (space, key, value, checksum) VALUES (?, ?, ?, ?)')
    this.remove = sql.query('DELETE FROM state WHERE space = ? AND key = ?')
    this.spaceId = sql.query('SELECT id FROM space WHERE name = ?')
    this.newSpace = sql.query('INSERT INTO space (name) VALUES (?) RETURNING id')
    this.anyKey = sql.query('SELECT key FROM state WHERE space = ? LIMIT 1')
    this.removeSpace = sql.query('DELETE FROM space WHERE id = ?')
  }
}

export class Rows {
  readonly space: Space
  readonly #pool: Pool
  readonly #journal: Journal
  readonly #queries: RowQueries
  readonly #rows = new Map<string, Row>()
  readonly #stored: StoredKeys
  /** The space's number in SQLite; undefined as long as nothing of it was ever committed. */
  #id: number | undefined
  /** What the number is once the block that is being written is committed; undefined as it was. */
  #flushedId: number | 'none' | undefined
  /** Rows that became dirty in this block; some may have been undone, some stand in it twice. */
  #changed: Row[] = []
  /** The keys of `#changed` in order, from the first `nextKey` of the block on. */
  #order: SortedKeys | undefined
  /** The last answer of `nextKey`: no live key is in `from` ≤ key < `to`. */
  #gapFrom = ''
  #gapTo = ''

  constructor(space: Space, pool: Pool, journal: Journal, queries: RowQueries) {
    this.space = space
    this.#pool = pool
    this.#journal = journal
    this.#queries = queries
    this.#id = queries.spaceId.one(space)?.[0]
    this.#stored = new StoredKeys((from, limit) => this.#readKeys(from, limit))
  }

  get(key: string): string | undefined {
    const row = this.#rows.get(key)
    if (row === undefined) return this.#load(key)
    row.used = this.#pool.generation
    return row.value
  }

  /** Sets the value, or deletes the key when it is undefined. */
  write(key: string, value: string | undefined): void {
    const row = this.#rows.get(key) ?? this.#newRow(key)
    if (row.epoch !== this.#journal.epoch) {
      this.#journal.push(new RowStep(row))
      row.epoch = this.#journal.epoch
    }
    if (row.standing !== 'dirty') this.#becomeDirty(row)
    row.value = value
    if (value !== undefined && key < this.#gapTo && key >= this.#gapFrom) this.#gapTo = ''
  }

  /** The first live key that is not below `from`, if it begins with the prefix. `from` is not below `prefix`. */
  firstFrom(from: string, prefix: string): string | undefined {
    this.#order ??= new SortedKeys(this.#changed.map((row) => row.key))
    let at = from < this.#gapTo && from >= this.#gapFrom ? this.#gapTo : from
    for (;;) {
      const stored = this.#id === undefined ? undefined : this.#stored.ceiling(at)
      const changed = this.#order.ceiling(at)
      const key = changed === undefined || (stored !== undefined && stored < changed) ? stored : changed
      const inside = key?.startsWith(prefix) === true
      if (key !== undefined && inside && !this.#isLive(key, stored)) {
        at = successor(key)
        continue
      }
      this.#gapFrom = from
      this.#gapTo = key ?? aboveAllKeys
      return inside ? key : undefined
    }
  }

  /** For a step of the journal: the row as it was. */
  putBack(row: Row, value: string | undefined, standing: Standing): void {
    row.value = value
    row.standing = standing
    row.epoch = 0
    if (standing === 'clean') this.#pool.weight += rowWeight(row)
    if (standing === 'gone') this.#rows.delete(row.key)
    this.#gapTo = ''
  }

  /** Writes the dirty rows. Memory stays as it is until `settle`, so that a failed commit has changed nothing. */
  flush(): void {
    this.#flushedId = undefined
    if (this.#changed.length === 0) return
    const rows = this.#changed.filter((row) => row.standing === 'dirty' && (row.value !== undefined || row.stored !== 'no'))
    if (rows.length === 0) return
    const id = this.#id ?? this.#queries.newSpace.one(this.space)?.[0]
    assert(id !== undefined, `the space ${this.space} has a number`)
    this.#flushedId = id
    for (const row of rows) this.#flushRow(id, row)
    if (rows.every((row) => row.value === undefined)) this.#removeEmptySpace(id)
  }

  /** R6. */
  #removeEmptySpace(id: number): void {
    if (this.#queries.anyKey.one(id) !== undefined) return
    this.#queries.removeSpace.run(id)
    this.#flushedId = 'none'
  }

  /** The block was committed: what was dirty is clean. */
  settle(): void {
    if (this.#changed.length === 0) return
    if (this.#flushedId !== undefined) this.#id = this.#flushedId === 'none' ? undefined : this.#flushedId
    for (const row of this.#changed) {
      if (row.standing !== 'dirty') continue
      if (row.value === undefined) {
        // Most keys that are deleted are never asked for again: names of promises, places in queues.
        row.standing = 'gone'
        this.#rows.delete(row.key)
        continue
      }
      row.standing = 'clean'
      row.stored = 'yes'
      this.#pool.weight += rowWeight(row)
    }
    this.#changed = []
    this.#order = undefined
    this.#stored.forget()
  }

  /** Whether there is nothing of the space, neither in memory nor in SQLite. */
  get isEmpty(): boolean {
    return this.#id === undefined && this.#rows.size === 0
  }

  /** The block was abandoned: dirty rows are gone. */
  abandon(): void {
    this.#flushedId = undefined
    for (const row of this.#changed) {
      if (row.standing !== 'dirty') continue
      row.standing = 'gone'
      this.#rows.delete(row.key)
    }
    this.#changed = []
    this.#order = undefined
    this.#gapTo = ''
  }

  /** Lets go of clean rows that were not read in this generation, or of all clean rows. */
  evict(which: 'unread' | 'all'): void {
    for (const row of this.#rows.values()) {
      if (row.standing !== 'clean' || (which === 'unread' && row.used === this.#pool.generation)) continue
      row.standing = 'gone'
      this.#rows.delete(row.key)
      this.#pool.weight -= rowWeight(row)
    }
  }

  #load(key: string): string | undefined {
    assertKey(key)
    if (this.#id === undefined) return undefined
    const stored = this.#queries.get.one(this.#id, key)
    if (stored !== undefined) verifyRow(this.space, key, stored[0], stored[1])
    this.#hold(key, stored?.[0])
    return stored?.[0]
  }

  #hold(key: string, value: string | undefined): void {
    const row = new Row(this, key, value, 'clean', this.#pool.generation, value === undefined ? 'no' : 'yes')
    this.#rows.set(key, row)
    this.#pool.weight += rowWeight(row)
  }

  #readKeys(from: string, limit: number): { keys: string[]; characters: number } {
    const keys: string[] = []
    let characters = 0
    for (const [key, value, check] of this.#queries.scan.all(this.#id ?? -1, from, limit)) {
      verifyRow(this.space, key, value, check)
      if (!this.#rows.has(key)) this.#hold(key, value)
      keys.push(key)
      characters += key.length + value.length
    }
    return { keys, characters }
  }

  #newRow(key: string): Row {
    assertKey(key)
    const row = new Row(this, key, undefined, 'gone', this.#pool.generation, this.#id === undefined ? 'no' : 'unknown')
    this.#rows.set(key, row)
    return row
  }

  #becomeDirty(row: Row): void {
    if (row.standing === 'clean') this.#pool.weight -= rowWeight(row)
    row.standing = 'dirty'
    this.#changed.push(row)
    this.#order?.add(row.key)
  }

  #isLive(key: string, stored: string | undefined): boolean {
    const row = this.#rows.get(key)
    return row?.standing === 'dirty' ? row.value !== undefined : key === stored
  }

  #flushRow(id: number, row: Row): void {
    if (row.value === undefined) this.#queries.remove.run(id, row.key)
    else this.#queries.put.run(id, row.key, row.value, checksum(this.space, row.key, row.value))
  }
}

/** Every key is checked before it gets a row, so those in the map have been. */
function assertKey(key: string): void {
  if (key.length <= limits.keyLength && keyGrammar.test(key)) return
  assert(false, `a key has up to ${limits.keyLength} characters U+0001 to U+007F: ${JSON.stringify(key.slice(0, 100))}`)
}

const keyGrammar = /^[\u0001-\u007f]*$/
const aboveAllKeys = '\u0080'
