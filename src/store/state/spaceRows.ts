/**
 * The rows of one space in memory: the block's overlay and SQLite's cache combined.
 *
 * Row1. A row is `clean` (equal to SQLite), `dirty` (to be written by the block) or `gone` (not in the map;
 *       SQLite knows).
 * Row2. A read returns the row's value when it is in the map, else SQLite's.
 * Row3. Undo restores a row's former value and status; so no second place needs repair.
 * Row4. Only clean rows are evicted; a row with a step in the journal is dirty.
 * Row5. A write does not read: whether SQLite has the key is queried at the commit, unless it is known. Keys
 *       known to be absent are not deleted there.
 * Row6. A space without rows has no number in SQLite.
 * Row7. Each space has the number of its rows and a digest: the sum of their checksums modulo 2³². So a
 *       missing row, or one of an older block, is detected, which row checksums alone cannot do.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { Space } from '../../protocol/kernel/platform.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf } from '../sql/rowFormat.ts'
import type { Journal } from './journal.ts'
import { limits } from '../files/limits.ts'
import { SortedKeys, successor } from './sorted.ts'
import { StoredKeys, type KeyRun } from './storedKeys.ts'
import type { RowQueries } from './rowQueries.ts'
import { stateChecksum, withRow, withoutRow, verifyRow, type Digest } from './digest.ts'
import { Row, RowUndoStep, rowWeight, type RowStatus } from './row.ts'

/** The memory for clean rows that all spaces share. */
export interface RowPool {
  readonly limit: number
  /** Characters of the clean rows, with their overhead. */
  weight: number
  /** Incremented with each eviction; a row that was read since has it. */
  generation: number
}

export class SpaceRows {
  readonly space: Space
  readonly #pool: RowPool
  readonly #journal: Journal
  readonly #queries: RowQueries
  readonly #rows = new Map<string, Row>()
  readonly #stored: StoredKeys
  /** The space's number in SQLite; undefined until one of its rows is committed. */
  #id: number | undefined
  /** The number once the block being written is committed; undefined: unchanged. */
  #flushedId: number | 'none' | undefined
  #digest: Digest
  #flushedDigest: Digest
  /** Rows that became dirty in this block; some may have been undone, some are listed twice. */
  #changedRows: Row[] = []
  /** How many of them were undone since these were last dropped. */
  #undone = 0
  /** Rows of absent keys that were read since the last cleanup; some may have been written since. */
  #absentRows: Row[] = []
  /** The keys of `#changed` in order, from the first `nextKey` of the block on. */
  #order: SortedKeys | undefined
  /** The last answer of `nextKey`: no live key is in `from` ≤ key < `to`. */
  #gapFrom = ''
  #gapTo = ''

  constructor(space: Space, pool: RowPool, journal: Journal, queries: RowQueries) {
    this.space = space
    this.#pool = pool
    this.#journal = journal
    this.#queries = queries
    const [id, , rows, sum] = queries.space.one(space) ?? [undefined, space, 0, 0]
    this.#id = id
    this.#digest = { rows, sum }
    this.#flushedDigest = this.#digest
    this.#stored = new StoredKeys((from, limit) => this.#readKeys(from, limit))
  }

  get(key: string): string | undefined {
    const row = this.#rows.get(key)
    if (row === undefined) return this.#load(key)
    row.lastUsed = this.#pool.generation
    return row.value
  }

  /** Sets the value, or deletes the key when it is undefined. */
  write(key: string, value: string | undefined): void {
    const row = this.#rows.get(key) ?? this.#newRow(key)
    if (row.epoch !== this.#journal.epoch) {
      this.#journal.push(new RowUndoStep(row))
      row.epoch = this.#journal.epoch
    }
    if (row.status !== 'dirty') this.#becomeDirty(row)
    row.value = value
    if (value !== undefined && key < this.#gapTo && key >= this.#gapFrom) this.#gapTo = ''
  }

  /** The first live key not below `from`, if it begins with the prefix. `from` is not below `prefix`. */
  firstFrom(from: string, prefix: string): string | undefined {
    this.#order ??= new SortedKeys(this.#changedRows.map((row) => row.key))
    let at = from < this.#gapTo && from >= this.#gapFrom ? this.#gapTo : from
    for (;;) {
      const stored = this.#id === undefined ? undefined : this.#stored.firstFrom(at)
      const changed = this.#order.firstFrom(at)
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

  /** For a step of the journal: restores the row. */
  restore(row: Row, value: string | undefined, status: RowStatus): void {
    assert(row.status === 'dirty', 'a row with a step in the journal is dirty (Row4)')
    row.value = value
    row.status = status
    row.epoch = 0
    if (status === 'clean') this.#pool.weight += rowWeight(row)
    if (status === 'gone') this.#rows.delete(row.key)
    this.#gapTo = ''
    if (status !== 'dirty') this.#undone += 1
    if (this.#undone >= minUndone && 2 * this.#undone > this.#changedRows.length) this.#dropUndone()
  }

  /** Dry runs in a long block would fill memory with rows that they have not changed in the end. */
  #dropUndone(): void {
    this.#changedRows = [...new Set(this.#changedRows.filter(({ status }) => status === 'dirty'))]
    this.#order = undefined
    this.#undone = 0
  }

  /**
   * Writes the dirty rows. Memory is unchanged until `onCommitted`, so that a failed commit has changed
   * nothing.
   */
  flush(): void {
    this.#flushedId = undefined
    this.#flushedDigest = this.#digest
    if (this.#changedRows.length === 0) return
    const rows = this.#changedRows.filter(
      (row) => row.status === 'dirty' && (row.value !== undefined || row.storedChecksum !== 'none'),
    )
    if (rows.length === 0) return
    const id = this.#id ?? this.#queries.newSpace.one(this.space)?.[0]
    assert(id !== undefined, `the space ${this.space} has a number`)
    this.#flushedId = id
    // A row that became dirty twice in the block is listed twice.
    const each = new Set(rows)
    const stored = this.#storedChecksums(id, each)
    for (const row of each) this.#flushRow(id, row, stored)
    this.#flushSpace(id)
    if (rows.every((row) => row.value === undefined)) this.#removeEmptySpace(id)
  }

  /** Row7. */
  #flushSpace(id: number): void {
    const { rows, sum } = this.#flushedDigest
    if (rows < 0)
      refuse('store/corrupt-state', `The space ${this.space} has more rows than were written`, {
        space: this.space,
      })
    this.#queries.putSpace.run(rows, sum, checksumOf('space', [id, this.space, rows, sum]), id)
  }

  /** Row6. */
  #removeEmptySpace(id: number): void {
    if (this.#queries.anyKey.one(id) !== undefined) return
    this.#queries.removeSpace.run(id)
    this.#flushedId = 'none'
  }

  /** The block was committed: dirty rows become clean. */
  onCommitted(): void {
    if (this.#absentRows.length > limits.absentKeys) this.#forgetAbsent()
    if (this.#changedRows.length === 0) return
    if (this.#flushedId !== undefined) this.#id = this.#flushedId === 'none' ? undefined : this.#flushedId
    this.#digest = this.#flushedDigest
    for (const row of this.#changedRows) {
      if (row.status !== 'dirty') continue
      if (row.value === undefined) {
        // Most deleted keys are never read again: names of promises, places in queues.
        row.status = 'gone'
        this.#rows.delete(row.key)
        continue
      }
      row.status = 'clean'
      row.storedChecksum = row.flushedChecksum
      this.#pool.weight += rowWeight(row)
    }
    this.#changedRows = []
    this.#undone = 0
    this.#order = undefined
    this.#stored.forget()
  }

  /** New names keep appearing, and most are read once before they are assigned. */
  #forgetAbsent(): void {
    for (const row of this.#absentRows) {
      if (row.status !== 'clean' || row.value !== undefined) continue
      row.status = 'gone'
      this.#rows.delete(row.key)
      this.#pool.weight -= rowWeight(row)
    }
    this.#absentRows = []
  }

  /** Whether the space is empty, both in memory and in SQLite. */
  get isEmpty(): boolean {
    return this.#id === undefined && this.#rows.size === 0
  }

  /** The block was abandoned: drops dirty rows. */
  abandon(): void {
    this.#flushedId = undefined
    for (const row of this.#changedRows) {
      if (row.status !== 'dirty') continue
      row.status = 'gone'
      this.#rows.delete(row.key)
    }
    this.#changedRows = []
    this.#undone = 0
    this.#order = undefined
    this.#gapTo = ''
  }

  /** Drops clean rows that were not read in this generation, or all clean rows. */
  evict(which: 'unread' | 'all'): void {
    for (const row of this.#rows.values()) {
      if (row.status !== 'clean' || (which === 'unread' && row.lastUsed === this.#pool.generation)) continue
      row.status = 'gone'
      this.#rows.delete(row.key)
      this.#pool.weight -= rowWeight(row)
    }
    assert(this.#pool.weight >= 0, 'the pool weighs what its clean rows weigh')
  }

  #load(key: string): string | undefined {
    assertKey(key)
    if (this.#id === undefined || this.#stored.isKnownAbsent(key)) return undefined
    const stored = this.#readRow(this.#id, key)
    if (stored !== undefined) verifyRow(this.space, key, stored[0], stored[1])
    this.#cache(key, stored?.[0], stored?.[1] ?? 'none')
    return stored?.[0]
  }

  #readRow(id: number, key: string): [string, number] | undefined {
    try {
      const [found, value, check] = this.#queries.get.one(id, key) ?? []
      if (found === key && value !== undefined && check !== undefined) return [value, check]
      this.#stored.noteGap(key, found)
      return undefined
    } catch (error) {
      throw error instanceof CodedError ? this.#withPlace(error, key) : error
    }
  }

  #cache(key: string, value: string | undefined, stored: Row['storedChecksum']): void {
    const row = new Row(this, key, value, 'clean', this.#pool.generation, stored)
    this.#rows.set(key, row)
    this.#pool.weight += rowWeight(row)
    if (value === undefined) this.#absentRows.push(row)
  }

  /** With a damaged row, only the first is read, so that the sound ones before it can be. */
  #readKeys(from: string, limit: number): KeyRun {
    try {
      return this.#readStretch(from, limit)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      if (limit === 1) throw this.#withPlace(error, this.#queries.key.one(this.#id ?? -1, from)?.[0])
      return { ...this.#readKeys(from, 1), end: 'more' }
    }
  }

  #readStretch(from: string, limit: number): KeyRun {
    const keys: string[] = []
    let characters = 0
    for (const [key, value, check] of this.#queries.scan.all(this.#id ?? -1, from, limit)) {
      verifyRow(this.space, key, value, check)
      if (!this.#rows.has(key)) this.#cache(key, value, check)
      keys.push(key)
      characters += key.length + value.length
    }
    return { keys, characters, end: keys.length < limit ? 'last' : 'more' }
  }

  /** Adds the place to the refusal of a row. */
  #withPlace(error: CodedError, key: string | undefined): CodedError {
    if (error.code !== 'store/corrupt-state' || error.detail['key'] !== undefined) return error
    return new CodedError(error.code, error.message, { ...error.detail, space: this.space, key })
  }

  #newRow(key: string): Row {
    assertKey(key)
    const row = new Row(
      this,
      key,
      undefined,
      'gone',
      this.#pool.generation,
      this.#id === undefined || this.#stored.isKnownAbsent(key) ? 'none' : 'unknown',
    )
    this.#rows.set(key, row)
    return row
  }

  #becomeDirty(row: Row): void {
    if (row.status === 'clean') this.#pool.weight -= rowWeight(row)
    row.status = 'dirty'
    this.#changedRows.push(row)
    this.#order?.add(row.key)
  }

  #isLive(key: string, stored: string | undefined): boolean {
    const row = this.#rows.get(key)
    return row?.status === 'dirty' ? row.value !== undefined : key === stored
  }

  /** Of the rows of which it is not known whether they are stored: all are asked for together. */
  #storedChecksums(id: number, rows: ReadonlySet<Row>): ReadonlyMap<string, number> {
    const keys: string[] = []
    for (const { storedChecksum, key } of rows) if (storedChecksum === 'unknown') keys.push(key)
    return new Map(keys.length === 0 ? [] : this.#queries.checks.all(JSON.stringify(keys), id))
  }

  #flushRow(id: number, row: Row, stored: ReadonlyMap<string, number>): void {
    const before = row.storedChecksum === 'unknown' ? (stored.get(row.key) ?? 'none') : row.storedChecksum
    if (before !== 'none') this.#flushedDigest = withoutRow(this.#flushedDigest, before)
    if (row.value === undefined) {
      row.flushedChecksum = 'none'
      if (before !== 'none') this.#queries.remove.run(id, row.key)
      return
    }
    row.flushedChecksum = stateChecksum(this.space, row.key, row.value)
    this.#flushedDigest = withRow(this.#flushedDigest, row.flushedChecksum)
    this.#queries.put.run(id, row.key, row.value, row.flushedChecksum)
  }
}

/** Every key is checked before it gets a row, so all keys in the map are valid. */
function assertKey(key: string): void {
  if (key.length <= limits.keyLength && keyGrammar.test(key)) return
  assert(
    false,
    `a key has up to ${limits.keyLength} characters U+0001 to U+007F: ${JSON.stringify(key.slice(0, 100))}`,
  )
}

/** Rows that were undone and are still listed among the changed ones, at least. */
const minUndone = 1_000

const keyGrammar = /^[\u0001-\u007f]*$/
const aboveAllKeys = '\u0080'
