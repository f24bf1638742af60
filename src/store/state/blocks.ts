/**
 * Blocks: the durable states in sequence, and the hash chain of their cranks.
 *
 * Blk1. Block 0 is created with the store; each commit creates the next.
 * Blk2. Cranks count from 1, without end; the activity hash after each is SHA-256 of the previous one and the
 *       crank's hash.
 * Blk3. Block boundaries do not enter the chain.
 * Blk4. The blocks before a height may have been pruned, or left out by an import (`pruned.ts`); the last
 *       block always exists.
 */
import { assert } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import { chainStart, nextActivityHash } from './hashChain.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import type { OpenGuard } from './openGuard.ts'
import type { Pruned } from './pruned.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { BlockRecord } from '../../protocol/store/views.ts'

export interface SealedCrank {
  /** The activity hash after the crank. */
  readonly hash: Hash
  readonly crank: number
}

/** Positions of the host's channels at the end of a block. */
export interface ChannelPositions {
  readonly inboxLast: number
  readonly inboxTaken: number
  readonly outboxLast: number
  readonly outboxAcknowledged: number
}

type BlockRow = WholeRow<'block'>

const insertion = `INSERT INTO block (height, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged, checksum)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

/** Writes the first block of a new store. */
export function writeFirstBlock(sql: SqlFile): void {
  const cells = [0, 0, chainStart, 0, 0, 0, 0]
  sql.command(insertion, 'block').run(...cells, checksumOf('block', cells))
}

/** Reads the last block of a file that is opened without the rest of the store. */
export function readLastBlock(sql: SqlFile): BlockRecord {
  const row = sql.rows('block', 'ORDER BY height DESC LIMIT 1').one()
  if (row === undefined) refuse('store/corrupt-block', `${sql.path} has no blocks`, { height: null })
  return recordOfRow(row)
}

export class Blocks {
  readonly #guard: OpenGuard
  readonly #rows: SqlQuery<BlockRow>
  readonly #pruned: Pruned
  readonly #lastRow: SqlQuery<BlockRow>
  readonly #rowAt: SqlQuery<BlockRow>
  readonly #put: SqlCommand
  #last: BlockRecord
  #cranks: number
  #activityHash: Hash

  constructor(sql: SqlFile, guard: OpenGuard, pruned: Pruned) {
    this.#guard = guard
    this.#pruned = pruned
    this.#lastRow = sql.rows('block', 'ORDER BY height DESC LIMIT 1')
    this.#rowAt = sql.rows('block', 'WHERE height = ?')
    this.#put = sql.command(insertion, 'block')
    this.#rows = sql.rows('block', 'ORDER BY height')
    const { record } = this.readLast()
    this.#last = record
    this.#cranks = record.cranks
    this.#activityHash = record.activityHash
  }

  /** The height of the last committed block. */
  get height(): number {
    this.#guard.assertOpen()
    return this.#last.height
  }

  /** After the last sealed crank, committed or not. */
  get activityHash(): Hash {
    this.#guard.assertOpen()
    return this.#activityHash
  }

  /** Number of sealed cranks, committed or not. */
  get cranks(): number {
    this.#guard.assertOpen()
    return this.#cranks
  }

  /** The last committed block. */
  last(): BlockRecord {
    this.#guard.assertOpen()
    return this.#last
  }

  /** The block of this height; undefined when it does not exist or its record is not kept (Blk4). */
  at(height: number): BlockRecord | undefined {
    this.#guard.assertOpen()
    const row = Number.isSafeInteger(height) ? this.#rowAt.one(height) : undefined
    return row === undefined ? undefined : recordOfRow(row)
  }

  /**
   * Verifies that each block follows the one before, from the first that was not left out (Blk1, Blk2, Blk4).
   */
  verify(): void {
    let before: BlockRow | undefined
    for (const row of this.#rows.each()) {
      const fits = before === undefined ? row[0] === this.#pruned.blocks() : followsBlock(before, row)
      if (!fits)
        refuse(
          'store/corrupt-block',
          `Block ${row[0]} does not follow ${before === undefined ? 'what was left out' : `block ${before[0]}`}`,
          { height: row[0] },
        )
      before = row
    }
  }

  seal(crankHash: Hash): SealedCrank {
    assert(crankHash.length === chainStart.length, 'a crank is sealed with its hash')
    this.#cranks += 1
    this.#activityHash = nextActivityHash(this.#activityHash, crankHash)
    return { hash: this.#activityHash, crank: this.#cranks }
  }

  /** The block that a commit now would make. */
  get next(): BlockRecord {
    return { height: this.#last.height + 1, cranks: this.#cranks, activityHash: this.#activityHash }
  }

  flush(channels: ChannelPositions): void {
    const { height, cranks, activityHash } = this.next
    const { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } = channels
    assert(cranks >= this.#last.cranks, 'cranks only grow (Blk2)')
    assert(
      (cranks === this.#last.cranks) === (activityHash === this.#last.activityHash),
      'the activity hash changes exactly when there were cranks (Blk2)',
    )
    assert(inboxTaken <= inboxLast, 'a block takes items that the inbox has')
    assert(outboxAcknowledged <= outboxLast, 'a block acknowledges items that were sent')
    const cells = [height, cranks, activityHash, inboxLast, inboxTaken, outboxLast, outboxAcknowledged]
    this.#put.run(...cells, checksumOf('block', cells))
  }

  onCommitted(): void {
    this.#last = this.next
  }

  abandon(): void {
    assert(this.#cranks >= this.#last.cranks, 'cranks only grow (Blk2)')
    this.#cranks = this.#last.cranks
    this.#activityHash = this.#last.activityHash
  }

  readLast(): { record: BlockRecord; channels: ChannelPositions } {
    const row = this.#lastRow.one()
    if (row === undefined) refuse('store/corrupt-block', 'The store has no blocks', { height: 0 })
    const [, , , inboxLast, inboxTaken, outboxLast, outboxAcknowledged] = row
    return { record: recordOfRow(row), channels: { inboxLast, inboxTaken, outboxLast, outboxAcknowledged } }
  }
}

/**
 * Cranks and the items of the host only grow, and the hash changes exactly when there were cranks. The other
 * positions of the channels grow too, unless the store returned to an earlier block (Ulg2), in a crank.
 */
export function followsBlock(before: BlockRow, next: BlockRow): boolean {
  const [height, cranks, hash, ...channels] = cellsOf(before)
  const [nextHeight, nextCranks, nextHash, ...nextChannels] = cellsOf(next)
  const grown = channels.every((count, index) => count <= (nextChannels[index] ?? -1))
  const returned = nextCranks > cranks && (channels[0] ?? 0) <= (nextChannels[0] ?? -1)
  return (
    nextHeight === height + 1 &&
    nextCranks >= cranks &&
    (nextCranks === cranks) === (nextHash === hash) &&
    (grown || returned)
  )
}

const cellsOf = ([height, cranks, hash, inboxLast, inboxTaken, outboxLast, outboxAcknowledged]: BlockRow) =>
  [height, cranks, hash, inboxLast, inboxTaken, outboxLast, outboxAcknowledged] as const

const recordOfRow = ([height, cranks, activityHash]: BlockRow): BlockRecord => ({
  height,
  cranks,
  activityHash,
})
