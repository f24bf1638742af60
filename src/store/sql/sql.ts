/**
 * SQLite, as far as the store uses it: one file, prepared queries, one transaction at a time.
 *
 * Every call into SQLite goes through here, so that its errors for damaged files and full disks are converted
 * to our codes in one place, and every row that is read is checked in one place (`columns.ts`). Any other
 * exception of SQLite is a bug of ours and is passed on.
 */
import { resolve } from 'node:path'
import { getBuiltinModule } from 'node:process'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { assert, CodedError } from '../../base/errors.ts'
import { at, beat, withoutBounds } from '../../base/pulse.ts'
import {
  describeCell,
  RowFormat,
  checksumOf,
  tableCodes,
  tableColumns,
  type Cells,
  type RowOf,
  type CheckedTable,
  type Table,
  type WholeRow,
  type WholeTable,
} from './rowFormat.ts'
import { isHugeNumber, refuseConstraint, translate } from './sqliteErrors.ts'

// Not an import, which would fail on an older Node before that is reported as too old.
const { DatabaseSync: Database } = getBuiltinModule('node:sqlite')

/** Runs a statement and returns the number of rows that changed. */
export type RawCommand = (...values: SqlValue[]) => number

export type SqlValue = string | number | Uint8Array

/** A prepared statement whose rows are tuples of checked cells. */
export class SqlQuery<Row extends readonly SqlValue[]> {
  readonly #statement: StatementSync
  readonly #path: string
  readonly #form: RowFormat

  constructor(statement: StatementSync, path: string, form: RowFormat) {
    statement.setReturnArrays(true)
    assert(
      statement.columns().length >= form.width,
      'a query returns each column whose type it names (Fmt1)',
    )
    this.#statement = statement
    this.#path = path
    this.#form = form
  }

  /** The first row. Refuses a row whose cells have other types than their columns (Fmt1). */
  one(...values: SqlValue[]): Row | undefined {
    const row = this.#read(values, () => this.#statement.get(...values))
    return row === undefined ? undefined : this.#checked(row)
  }

  /** All rows, each checked as by `one`. */
  all(...values: SqlValue[]): Row[] {
    const rows: readonly unknown[] = this.#read(values, () => this.#statement.all(...values))
    for (const row of rows) this.#checked(row)
    return rows as Row[]
  }

  /** One row at a time, with one in memory. Other queries may read meanwhile; nothing may write. */
  *each(...values: SqlValue[]): Generator<Row> {
    const rows: Iterator<unknown> = this.#read(values, () => this.#statement.iterate(...values))
    try {
      for (
        let next = this.#read(values, () => rows.next());
        next.done !== true;
        next = this.#read(values, () => rows.next())
      ) {
        yield this.#checked(next.value)
      }
    } finally {
      rows.return?.()
    }
  }

  /** Like `each`, but a damaged row is reported and skipped. */
  *eachSound(report: (damaged: CodedError) => void, ...values: SqlValue[]): Generator<Row> {
    for (const row of this.#withHugeNumbers(values)) {
      const refusal = this.#refusalOf(row)
      if (refusal === undefined) yield row as Row
      else report(refusal)
    }
  }

  /**
   * A number that JavaScript cannot represent exactly is damage; the binding throws, and cannot name the row.
   */
  #read<Value>(values: readonly SqlValue[], read: () => Value): Value {
    try {
      return read()
    } catch (error) {
      if (isHugeNumber(error)) for (const row of this.#withHugeNumbers(values)) this.#checked(row)
      translate(error, this.#path)
    }
  }

  /** All rows; a number that JavaScript cannot represent exactly is a bigint. */
  *#withHugeNumbers(values: readonly SqlValue[]): Generator<unknown> {
    this.#statement.setReadBigInts(true)
    try {
      const rows: Iterable<unknown> = this.#statement.iterate(...values)
      for (const row of rows) yield (row as readonly unknown[]).map(asNumber)
    } catch (error) {
      translate(error, this.#path)
    } finally {
      this.#statement.setReadBigInts(false)
    }
  }

  #checked(row: unknown): Row {
    beat(at.row)
    const refusal = this.#refusalOf(row)
    if (refusal !== undefined) throw refusal
    return row as Row
  }

  #refusalOf(row: unknown): CodedError | undefined {
    const cells = row as readonly unknown[]
    const damage = this.#form.damageOf(cells)
    if (damage === undefined) return undefined
    const { table } = this.#form
    const { name } = this.#statement.columns()[damage.column] ?? { name: 'a column' }
    const shown = cells.map(describeCell).join(', ')
    const message = `The table ${table} has a damaged row (${shown}): ${name} ${damage.why}`
    const [first] = cells
    const key = typeof first === 'string' || typeof first === 'number' ? { first } : {}
    return new CodedError(tableCodes[table], message, { table, column: name, row: shown, ...key })
  }
}

const asNumber = (cell: unknown): unknown =>
  typeof cell === 'bigint' && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell

/** A prepared statement that changes rows of one table. */
export class SqlCommand {
  readonly #statement: StatementSync
  readonly #path: string
  readonly #table: Table

  constructor(statement: StatementSync, path: string, table: Table) {
    this.#statement = statement
    this.#path = path
    this.#table = table
  }

  /** Returns the number of rows that changed. */
  run(...values: SqlValue[]): number {
    beat(at.row)
    try {
      return Number(this.#statement.run(...values).changes)
    } catch (error) {
      refuseConstraint(error, this.#table)
      translate(error, this.#path)
    }
  }
}

export interface SqlOptions {
  /** How long to wait for a lock of another connection, in milliseconds; default: no wait. */
  readonly lockTimeout?: number
}

export interface Checkpoint {
  /** Number of frames in the log. */
  readonly frames: number
  /** Whether all of them are in the file. */
  readonly isComplete: boolean
}

type CheckpointQuery = SqlQuery<[number, number, number]>

export class SqlFile {
  readonly #database: DatabaseSync
  readonly #checkpoints = new Map<string, CheckpointQuery>()
  #path: string
  /** Whether rows have checksums of their own; stores of older formats, opened for reading, have none. */
  checksums: 'kept' | 'none' = 'kept'

  constructor(path: string, mode: 'create' | 'write' | 'read', { lockTimeout = 0 }: SqlOptions = {}) {
    this.#path = path
    try {
      this.#database = new Database(locationOf(path, mode), {
        readOnly: mode === 'read',
        timeout: lockTimeout,
      })
    } catch (error) {
      translate(error, path)
    }
  }

  get path(): string {
    return this.#path
  }

  /** Makes refusals name this path: the original's, when a copy is read. */
  reportPathAs(path: string): void {
    this.#path = path
  }

  /** A query whose columns, beginning with those of `table`, have these types. */
  query<const Types extends readonly (keyof Cells)[]>(
    pragmaText: string,
    table: Table,
    types: Types,
  ): SqlQuery<RowOf<Types>> {
    return new SqlQuery(this.#prepare(pragmaText), this.path, new RowFormat(table, types, this.checksums))
  }

  /**
   * Whole rows of a table, checked against their checksums if it has any. `clause` follows FROM and the name.
   */
  rows<Name extends WholeTable>(table: Name, clause = ''): SqlQuery<WholeRow<Name>> {
    const columns = tableColumns[table].map(([name, type]) =>
      type === 'rowChecksum' && this.checksums === 'none' ? 'NULL' : name,
    )
    const form = new RowFormat(
      table,
      tableColumns[table].map(([, type]) => type),
      this.checksums,
    )
    return new SqlQuery(
      this.#prepare(`SELECT ${columns.join(', ')} FROM ${table} ${clause}`),
      this.path,
      form,
    )
  }

  /** A statement that changes `table`. */
  command(text: string, table: Table): SqlCommand {
    return new SqlCommand(this.#prepare(text), this.path, table)
  }

  /** A statement whose constraints the caller handles: imported rows are not known to fit. */
  rawCommand(text: string): RawCommand {
    const statement = this.#prepare(text)
    return (...values) => {
      try {
        return Number(statement.run(...values).changes)
      } catch (error) {
        translate(error, this.path)
      }
    }
  }

  /** The tables, indexes, views and triggers of the file, as SQLite stores them. */
  schema(): readonly SchemaItem[] {
    return schemaIn(this.#prepare(schemaQuery))
  }

  /**
   * Lets statements of this file call `checksum_of(table, cells…)`, which returns the checksum of such a row.
   */
  defineChecksum(): void {
    this.#database.function(
      'checksum_of',
      { varargs: true, deterministic: true, directOnly: true },
      (...cells) => checksumOf(cells[0] as CheckedTable, cells.slice(1)),
    )
  }

  #prepare(text: string): StatementSync {
    try {
      return this.#database.prepare(text)
    } catch (error) {
      translate(error, this.path)
    }
  }

  execute(text: string): void {
    try {
      this.#database.exec(text)
    } catch (error) {
      translate(error, this.path)
    }
  }

  /** The text result of a pragma, by line. */
  text(pragma: string): string[] {
    try {
      const lines = withoutBounds(() => this.#database.prepare(`PRAGMA ${pragma}`).all())
      return lines.map((line) => String(Object.values(line)[0]))
    } catch (error) {
      translate(error, this.path)
    }
  }

  /** The numeric result of a pragma. */
  pragmaNumber(pragma: string): number {
    return Number(this.text(pragma)[0])
  }

  /**
   * Opens the transaction that stays open: reads inside one cost half, and it becomes a writer at the first
   * write.
   */
  begin(): void {
    assert(!this.#database.isTransaction, 'a file has one transaction at a time')
    this.execute('BEGIN')
  }

  /** Ends the open transaction with the writes of `write`, atomically, and opens the next. */
  write(write: () => void): void {
    assert(this.#database.isTransaction, 'rows are written within a transaction')
    try {
      write()
      this.execute('COMMIT')
    } catch (error) {
      this.#rollBack()
      throw error
    }
    this.begin()
  }

  /**
   * Moves pages from the log into the file; with `NOOP`, only counts them. The open transaction has no
   * writes, and is restarted.
   */
  checkpoint(mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE'): Checkpoint {
    const isStanding = this.#database.isTransaction
    if (isStanding) this.execute('ROLLBACK')
    const [busy, frames, taken] = this.#checkpointQuery(mode).one() ?? [1, 0, 0]
    if (isStanding) this.begin()
    return { frames: Math.max(0, frames), isComplete: busy === 0 && frames === taken }
  }

  /** Rewrites the whole file compactly. The open transaction has no writes, and is restarted. */
  vacuum(): void {
    assert(this.#database.isTransaction, 'a file that is compacted is between two transactions')
    this.execute('ROLLBACK')
    try {
      withoutBounds(() => this.execute('VACUUM'))
    } finally {
      this.begin()
    }
  }

  close(): void {
    this.#database.close()
  }

  /** Every commit counts the frames of the log, so the statement is kept. */
  #checkpointQuery(mode: string): CheckpointQuery {
    const known = this.#checkpoints.get(mode)
    if (known !== undefined) return known
    const made = this.query(`PRAGMA wal_checkpoint(${mode})`, 'identity', ['integer', 'integer', 'integer'])
    this.#checkpoints.set(mode, made)
    return made
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.execute('ROLLBACK')
    this.begin()
  }
}

/** A table, index, view or trigger of a file. */
export interface SchemaItem {
  readonly type: string
  readonly name: string
  /** The statement that created it, with single spaces; empty where SQLite created it by itself. */
  readonly sql: string
}

/** SQLite's planner statistics are not part of a schema. */
const schemaQuery =
  "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*' ORDER BY type, name"

function schemaIn(statement: StatementSync): SchemaItem[] {
  return statement.all().map(({ type, name, tbl_name: table, sql }) => {
    return {
      type: String(type),
      name: String(name),
      sql: `${String(table)}: ${String(sql ?? '').replace(/\s+/g, ' ')}`,
    }
  })
}

/** The schema that these statements create. */
export function schemaCreatedBy(statements: readonly string[]): readonly SchemaItem[] {
  const database = new Database(':memory:')
  try {
    for (const statement of statements) database.exec(statement)
    return schemaIn(database.prepare(schemaQuery))
  } finally {
    database.close()
  }
}

/** Location of the file for SQLite. Given only a path, it would create a missing file. */
const locationOf = (path: string, mode: 'create' | 'write' | 'read'): string | URL => {
  if (mode !== 'write') return resolve(path)
  const location = pathToFileURL(path)
  location.search = '?mode=rw'
  return location
}
