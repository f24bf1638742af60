/**
 * SQLite, as far as the store uses it: one file, prepared queries, one transaction at a time.
 *
 * Every call into SQLite goes through here, so that SQLite's word for a damaged file or a full disk
 * becomes one of our codes at one place. Anything else that SQLite throws is a bug of ours and passes.
 */
import Database from 'better-sqlite3'
import { refuse } from '../protocol/codes.ts'

export type SqlValue = string | number | Uint8Array

/** A prepared statement whose rows are tuples. */
export class Query<Row extends readonly SqlValue[]> {
  readonly #statement: Database.Statement<SqlValue[]>
  readonly #path: string

  constructor(statement: Database.Statement<SqlValue[]>, path: string) {
    this.#statement = statement.reader ? statement.raw(true) : statement
    this.#path = path
  }

  one(...values: SqlValue[]): Row | undefined {
    try {
      return this.#statement.get(...values) as Row | undefined
    } catch (error) {
      translate(error, this.#path)
    }
  }

  all(...values: SqlValue[]): Row[] {
    try {
      return this.#statement.all(...values) as Row[]
    } catch (error) {
      translate(error, this.#path)
    }
  }

  /** One row after the other, with one in memory. Other queries may read meanwhile; nothing may write. */
  *each(...values: SqlValue[]): Generator<Row> {
    try {
      for (const row of this.#statement.iterate(...values)) yield row as Row
    } catch (error) {
      translate(error, this.#path)
    }
  }

  /** Gives the number of rows that changed. */
  run(...values: SqlValue[]): number {
    try {
      return this.#statement.run(...values).changes
    } catch (error) {
      translate(error, this.#path)
    }
  }
}

export interface Checkpoint {
  /** How many frames the log has. */
  readonly frames: number
  /** All of them are in the file. */
  readonly isWhole: boolean
}

export class SqlFile {
  readonly #database: Database.Database
  readonly path: string

  constructor(path: string, mode: 'create' | 'write' | 'read') {
    this.path = path
    try {
      this.#database = new Database(path, { readonly: mode === 'read', fileMustExist: mode !== 'create', timeout: 0 })
    } catch (error) {
      translate(error, path)
    }
  }

  query<Row extends readonly SqlValue[] = never>(text: string): Query<Row> {
    try {
      return new Query<Row>(this.#database.prepare<SqlValue[]>(text), this.path)
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

  /** A number that a pragma gives. */
  number(pragma: string): number {
    try {
      return Number(this.#database.pragma(pragma, { simple: true }))
    } catch (error) {
      translate(error, this.path)
    }
  }

  /** Opens the standing transaction: reads inside one cost half, and it turns into a writer at the first write. */
  begin(): void {
    this.execute('BEGIN')
  }

  /** Ends the standing transaction with what `write` writes, all of it or nothing, and opens the next. */
  write(write: () => void): void {
    try {
      write()
      this.execute('COMMIT')
    } catch (error) {
      this.#back()
      throw error
    }
    this.begin()
  }

  /** Takes pages from the log into the file, or with `NOOP` only counts. The standing transaction holds no writes, and begins anew. */
  checkpoint(mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE'): Checkpoint {
    const isStanding = this.#database.inTransaction
    if (isStanding) this.execute('ROLLBACK')
    const [busy, frames, taken] = this.query<[number, number, number]>(`PRAGMA wal_checkpoint(${mode})`).one() ?? [1, 0, 0]
    if (isStanding) this.begin()
    return { frames: Math.max(0, frames), isWhole: busy === 0 && frames === taken }
  }

  close(): void {
    this.#database.close()
  }

  #back(): void {
    if (this.#database.inTransaction) this.execute('ROLLBACK')
    this.begin()
  }
}

const hasCode = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** Whether SQLite found the file damaged, as `translate` says it. */
export const isCorrupt = (error: unknown): boolean => hasCode(error) && error.code === 'store/corrupt-file'

function translate(error: unknown, path: string): never {
  if (!hasCode(error)) throw error
  const { code, message } = error
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    refuse('store/corrupt-file', `SQLite says of ${path}: ${message}`, { path, sqlite: code })
  }
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    refuse('store/write-failed', `The disk refused while ${path} was used: ${message}`, { path, sqlite: code })
  }
  if (code.startsWith('SQLITE_BUSY')) refuse('store/in-use', `${path} is in use elsewhere`, { path, sqlite: code })
  throw error
}
