/**
 * The blocks of a node that orders them itself: a database of its own beside the store of the application.
 *
 * Bls1. A block is durable here before the application gets it. So a block that the application has begun is
 *       never lost, and after a restart the same block is delivered again.
 * Bls2. Results and events are kept with their block. They are for readers only: those of a block that the
 *       application has not committed are not shown, and written again when it is delivered again.
 */
import { getBuiltinModule } from 'node:process'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import type { Block, BlockResult, NodeEvent, TransactionResult } from '../../protocol/node/views.ts'
import { hashOfTransaction } from '../transactions/readTransaction.ts'

const { DatabaseSync: Database } = getBuiltinModule('node:sqlite')

const schema = `
  CREATE TABLE IF NOT EXISTS block (height INTEGER PRIMARY KEY, time INTEGER NOT NULL, app_hash TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS tx (
    height INTEGER NOT NULL, place INTEGER NOT NULL, hash TEXT NOT NULL, bytes BLOB NOT NULL, result TEXT,
    PRIMARY KEY (height, place)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tx_by_hash ON tx (hash);
  CREATE TABLE IF NOT EXISTS event (
    height INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, tx TEXT, data TEXT NOT NULL,
    PRIMARY KEY (height, place)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS event_by_kind ON event (kind, height, place);
`

/** A transaction of a block. */
export interface StoredTransaction {
  readonly height: number
  readonly place: number
  readonly bytes: Uint8Array
  readonly result: TransactionResult
}

/** An event with its cursor: `height.place`, which holds over restarts. */
export interface StoredEvent extends NodeEvent {
  readonly height: number
  readonly place: number
}

/** Which events are read. */
export interface EventRange {
  /** The cursor after which they begin. */
  readonly after: { readonly height: number; readonly place: number }
  /** The last height. */
  readonly upTo: number
  /** The most events. */
  readonly limit: number
  /** Letters of data after which no more events are read; default: no bound. */
  readonly letters?: number
  /** Default: all kinds. */
  readonly kind?: string
}

export class BlockStore {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#database = new Database(path)
    try {
      this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;')
      this.#database.exec(schema)
    } catch (error) {
      this.#database.close()
      refuse('node/bad-blocks', `${path}: ${(error as Error).message}`, { path })
    }
  }

  /** The height of the last block; 0 if there is none. */
  get height(): number {
    return Number(this.#get('SELECT max(height) AS height FROM block')?.['height'] ?? 0)
  }

  /** Bls1. */
  append(block: Block): void {
    this.#transaction(() => {
      this.#run('INSERT INTO block (height, time) VALUES (?, ?)', block.height, block.time)
      for (const [place, bytes] of block.transactions.entries())
        this.#run(
          'INSERT INTO tx (height, place, hash, bytes) VALUES (?, ?, ?, ?)',
          block.height,
          place,
          hashOfTransaction(bytes),
          bytes,
        )
    })
  }

  /** Bls2. */
  setResult({ height, results, events, appHash }: BlockResult): void {
    this.#transaction(() => {
      this.#run('UPDATE block SET app_hash = ? WHERE height = ?', appHash, height)
      for (const [place, result] of results.entries())
        this.#run('UPDATE tx SET result = ? WHERE height = ? AND place = ?', JSON.stringify(result), height, place)
      this.#run('DELETE FROM event WHERE height = ?', height)
      for (const [place, { kind, transaction, data }] of events.entries())
        this.#run(
          'INSERT INTO event (height, place, kind, tx, data) VALUES (?, ?, ?, ?, ?)',
          height,
          place,
          kind,
          transaction,
          JSON.stringify(data),
        )
    })
  }

  block(height: number): (Block & { readonly appHash: string | null }) | undefined {
    const row = this.#get('SELECT time, app_hash FROM block WHERE height = ?', height)
    if (row === undefined) return undefined
    const transactions = this.#all('SELECT bytes FROM tx WHERE height = ? ORDER BY place', height).map(
      ({ bytes }) => bytes as Uint8Array,
    )
    return { height, time: Number(row['time']), transactions, appHash: row['app_hash'] as string | null }
  }

  /** Transactions of a block that has results, in order. */
  transactionsOf(height: number): readonly StoredTransaction[] {
    return this.#all('SELECT * FROM tx WHERE height = ? AND result IS NOT NULL ORDER BY place', height).map(stored)
  }

  /** Where the transaction was executed: the first that was accepted, else the last. */
  transaction(hash: string): StoredTransaction | undefined {
    const rows = this.#all('SELECT * FROM tx WHERE hash = ? AND result IS NOT NULL ORDER BY height, place', hash)
    const all = rows.map(stored)
    return all.find(({ result }) => result.gas > 0 || result.code === 'ok') ?? all.at(-1)
  }

  /** Events in the order of their cursors. */
  events({ after, upTo, limit, letters = Infinity, kind }: EventRange): readonly StoredEvent[] {
    const { height, place } = after
    const range = '(height, place) > (?, ?) AND height <= ? ORDER BY height, place LIMIT ?'
    const rows =
      kind === undefined
        ? this.#statement(`SELECT * FROM event WHERE ${range}`).iterate(height, place, upTo, limit)
        : this.#statement(`SELECT * FROM event WHERE kind = ? AND ${range}`).iterate(
            kind,
            height,
            place,
            upTo,
            limit,
          )
    const events: StoredEvent[] = []
    let size = 0
    for (const row of rows) {
      events.push(storedEvent(row))
      size += String(row['data']).length
      if (size >= letters) break
    }
    return events
  }

  close(): void {
    this.#database.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  #run(sql: string, ...values: readonly (string | number | null | Uint8Array)[]): void {
    this.#statement(sql).run(...values)
  }

  #get(sql: string, ...values: readonly (string | number)[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  #all(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#statement(sql).all(...values)
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

type Row = Readonly<Record<string, unknown>>

const storedEvent = ({ height, place, kind, tx, data }: Row): StoredEvent => ({
  height: Number(height),
  place: Number(place),
  kind: String(kind),
  transaction: tx as string | null,
  data: JSON.parse(String(data)) as NodeEvent['data'],
})

function stored({ height, place, bytes, result }: Row): StoredTransaction {
  assert(typeof result === 'string', 'only transactions with results are read (Bls2)')
  return {
    height: Number(height),
    place: Number(place),
    bytes: bytes as Uint8Array,
    result: JSON.parse(result) as TransactionResult & { readonly data: JsonValue },
  }
}
