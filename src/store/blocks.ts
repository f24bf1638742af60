/**
 * Blocks: what is durable, one after the other, and the chain of the cranks in them.
 *
 * K1. Block 0 is made with the store; each commit makes the next.
 * K2. Cranks count from 1 for ever; the activity hash after each is SHA-256 of the one before and the crank's hash.
 * K3. Where blocks end does not enter the chain.
 * K4. An import may have left out the blocks before a height (`pruned`); the last block is always there.
 */
import { assert } from '../base/errors.ts'
import type { Hash } from '../base/ids.ts'
import { refuse } from '../protocol/codes.ts'
import { nextActivityHash } from './crank.ts'
import { chainStart } from './hash.ts'
import type { Life } from './life.ts'
import type { Query, SqlFile } from './sql.ts'

export interface BlockRecord {
  readonly height: number
  /** How many cranks there were up to the end of the block. */
  readonly cranks: number
  readonly activityHash: Hash
}

export interface SealedCrank {
  /** The activity hash after the crank. */
  readonly hash: Hash
  readonly crank: number
}

/** How far the host's channels were at the end of a block. */
export interface Channels {
  readonly inboxLast: number
  readonly inboxTaken: number
  readonly outboxLast: number
  readonly outboxAcknowledged: number
}

type BlockRow = [number, number, Hash, number, number, number, number]

const columns = 'height, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged'

/** The first block of a store that is being made. */
export function writeFirstBlock(sql: SqlFile): void {
  sql.query<never>(`INSERT INTO block (${columns}) VALUES (0, 0, ?, 0, 0, 0, 0)`).run(chainStart)
}

/** The last block of a file that is read past its parts. */
export function readLastBlock(sql: SqlFile): BlockRecord {
  const row = sql.query<BlockRow>(`SELECT ${columns} FROM block ORDER BY height DESC LIMIT 1`).one()
  if (row === undefined) refuse('store/corrupt-block', `${sql.path} has no block`, { height: null })
  return recordOfRow(row)
}

export class Blocks {
  readonly #life: Life
  readonly #rows: Query<BlockRow>
  readonly #pruned: Query<[number]>
  readonly #lastRow: Query<BlockRow>
  readonly #rowAt: Query<BlockRow>
  readonly #put: Query<never>
  #last: BlockRecord
  #cranks: number
  #activityHash: Hash

  constructor(sql: SqlFile, life: Life) {
    this.#life = life
    this.#lastRow = sql.query(`SELECT ${columns} FROM block ORDER BY height DESC LIMIT 1`)
    this.#rowAt = sql.query(`SELECT ${columns} FROM block WHERE height = ?`)
    this.#put = sql.query(`INSERT INTO block (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
    this.#rows = sql.query(`SELECT ${columns} FROM block ORDER BY height`)
    this.#pruned = sql.query(`SELECT before FROM pruned WHERE what = 'block'`)
    const { record } = this.readLast()
    this.#last = record
    this.#cranks = record.cranks
    this.#activityHash = record.activityHash
  }

  /** The height of the last block that was committed. */
  get height(): number {
    this.#life.assertOpen()
    return this.#last.height
  }

  /** After the last crank that was sealed, committed or not. */
  get activityHash(): Hash {
    this.#life.assertOpen()
    return this.#activityHash
  }

  /** How many cranks were sealed, committed or not. */
  get cranks(): number {
    this.#life.assertOpen()
    return this.#cranks
  }

  /** The last block that was committed. */
  last(): BlockRecord {
    this.#life.assertOpen()
    return this.#last
  }

  /** The block of this height; undefined when there is none, or it was left out (K4). */
  at(height: number): BlockRecord | undefined {
    this.#life.assertOpen()
    const row = Number.isSafeInteger(height) ? this.#rowAt.one(height) : undefined
    return row === undefined ? undefined : recordOfRow(row)
  }

  /** That each block follows the one before, from the first that was not left out (K1, K2, K4). */
  verify(): void {
    let before: BlockRow | undefined
    for (const row of this.#rows.each()) {
      const fits = before === undefined ? row[0] === (this.#pruned.one()?.[0] ?? 0) : follows(before, row)
      if (!fits) refuse('store/corrupt-block', `Block ${row[0]} does not follow ${before === undefined ? 'what was left out' : `block ${before[0]}`}`, { height: row[0] })
      before = row
    }
  }

  seal(crankHash: Hash): SealedCrank {
    this.#cranks += 1
    this.#activityHash = nextActivityHash(this.#activityHash, crankHash)
    return { hash: this.#activityHash, crank: this.#cranks }
  }

  /** The block that a commit now would make. */
  get next(): BlockRecord {
    return { height: this.#last.height + 1, cranks: this.#cranks, activityHash: this.#activityHash }
  }

  flush(channels: Channels): void {
    const { height, cranks, activityHash } = this.next
    const { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } = channels
    this.#put.run(height, cranks, activityHash, inboxLast, inboxTaken, outboxLast, outboxAcknowledged)
  }

  settle(): void {
    this.#last = this.next
  }

  abandon(): void {
    this.#cranks = this.#last.cranks
    this.#activityHash = this.#last.activityHash
  }

  readLast(): { record: BlockRecord; channels: Channels } {
    const row = this.#lastRow.one()
    assert(row !== undefined, 'a store has a first block')
    const [, , , inboxLast, inboxTaken, outboxLast, outboxAcknowledged] = row
    return { record: recordOfRow(row), channels: { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } }
  }
}

/** Cranks and channels only grow, and the hash changes exactly when there were cranks. */
function follows([height, cranks, hash, ...channels]: BlockRow, [nextHeight, nextCranks, nextHash, ...nextChannels]: BlockRow): boolean {
  const grown = channels.every((count, index) => count <= (nextChannels[index] ?? -1))
  return nextHeight === height + 1 && nextCranks >= cranks && (nextCranks === cranks) === (nextHash === hash) && grown
}

const recordOfRow = ([height, cranks, activityHash]: BlockRow): BlockRecord => ({ height, cranks, activityHash })
