/**
 * The state of the host: tables of texts, which a block changes as a whole.
 *
 * Hst1. What is committed is what the rows of the store say. It is held in memory, so that checks and queries
 *       read it while a block is under way.
 * Hst2. A draft changes nothing below it until it is applied. A transaction that fails leaves no draft.
 * Hst3. Ids of a table are iterated in the order of their code units, however they came into it.
 */
import { assert } from '../../base/errors.ts'

/** Reads tables of the host. */
export interface StateReader {
  get(table: string, id: string): string | undefined
  /** Hst3. */
  ids(table: string): readonly string[]
}

/** A change of a row; undefined deletes it. */
export interface Change {
  readonly table: string
  readonly id: string
  readonly value: string | undefined
}

/** A row as the store has it. */
export type StoredRow = readonly [key: string, value: string | undefined]

/** The beginning of the keys of all rows of the host's state. */
export const rowPrefix = 'node/'

export const keyOf = (table: string, id: string): string => `${rowPrefix}${table}/${id}`

type Table = Map<string, string>

/** Hst1. */
export class CommittedState implements StateReader {
  readonly #tables = new Map<string, Table>()

  constructor(rows: Iterable<readonly [key: string, value: string]>) {
    for (const [key, value] of rows) {
      const end = key.indexOf('/', rowPrefix.length)
      assert(key.startsWith(rowPrefix) && end > 0, 'a row of the host has a table')
      this.#set(key.slice(rowPrefix.length, end), key.slice(end + 1), value)
    }
  }

  get(table: string, id: string): string | undefined {
    return this.#tables.get(table)?.get(id)
  }

  ids(table: string): readonly string[] {
    return [...(this.#tables.get(table)?.keys() ?? [])].sort()
  }

  apply(changes: readonly Change[]): void {
    for (const { table, id, value } of changes) this.#set(table, id, value)
  }

  #set(table: string, id: string, value: string | undefined): void {
    let rows = this.#tables.get(table)
    if (rows === undefined) this.#tables.set(table, (rows = new Map<string, string>()))
    if (value === undefined) rows.delete(id)
    else rows.set(id, value)
    if (rows.size === 0) this.#tables.delete(table)
  }
}

/** Hst2. */
export class Draft implements StateReader {
  readonly #base: StateReader
  readonly #tables = new Map<string, Map<string, string | undefined>>()

  constructor(base: StateReader) {
    this.#base = base
  }

  get(table: string, id: string): string | undefined {
    const rows = this.#tables.get(table)
    return rows?.has(id) === true ? rows.get(id) : this.#base.get(table, id)
  }

  ids(table: string): readonly string[] {
    const rows = this.#tables.get(table)
    const below = this.#base.ids(table)
    if (rows === undefined) return below
    const all = new Set(below)
    for (const [id, value] of rows) {
      if (value === undefined) all.delete(id)
      else all.add(id)
    }
    return [...all].sort()
  }

  set(table: string, id: string, value: string | undefined): void {
    let rows = this.#tables.get(table)
    if (rows === undefined) this.#tables.set(table, (rows = new Map<string, string | undefined>()))
    rows.set(id, value)
  }

  /** All changes, in the order of tables and ids. */
  changes(): readonly Change[] {
    return [...this.#tables.keys()].sort().flatMap((table) => {
      const rows = this.#tables.get(table) ?? new Map<string, string | undefined>()
      return [...rows.keys()].sort().map((id) => ({ table, id, value: rows.get(id) }))
    })
  }

  /** Makes the changes of a draft of this one its own. */
  take(changes: readonly Change[]): void {
    for (const { table, id, value } of changes) this.set(table, id, value)
  }

  clear(): void {
    this.#tables.clear()
  }
}
