/**
 * The undo log: takes the store back to an earlier block.
 *
 * While it is on, the first change of each row since the block at which it began saves the row as it was
 * (`undoTriggers.ts`), in the transaction of the change. So its size depends on how many rows have
 * changed, not on how often.
 *
 * Ulg1. The log begins at the last block and is in the file from the next one on; it ends with a block. A
 *       process that dies in between leaves one state or the other.
 * Ulg2. A return takes back the state of the kernel and of the vats, transcripts, heaps and the outbox, and
 *       how far transcripts were pruned. It keeps the blocks, so that heights, cranks and the activity hash
 *       go on; the space `host`; bundles, their names and maps; trust, identity and retention.
 * Ulg3. After a return the inbox has every item that was not taken when the log began, and all that were
 *       appended since, in order, untaken.
 * Ulg4. The log counts its rows, and has the sum of their checksums: damage is refused, and never restored.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Blocks, ChannelPositions } from '../state/blocks.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { checksumOf, undoChecksum, type WholeRow } from '../sql/rowFormat.ts'
import type { SqlCommand, SqlFile, SqlQuery } from '../sql/sql.ts'
import { createTriggers, dropTriggers, restoreSaved, savedColumns } from './undoTriggers.ts'
import { StateBefore } from './stateBefore.ts'

/** The block at which the log began, and its channels. */
export interface UndoStart extends Omit<ChannelPositions, 'inboxLast'> {
  readonly height: number
}

type LogRow = WholeRow<'undo_log'>

export class UndoLog {
  readonly #sql: SqlFile
  readonly #guard: OpenGuard
  readonly #blocks: Pick<Blocks, 'readLast' | 'cranks'>
  readonly #row: SqlQuery<LogRow>
  readonly #unsealed: SqlQuery<[number, number, number, number, number, number, number]>
  readonly #put: SqlCommand
  readonly #seal: SqlCommand
  readonly #damaged: SqlQuery<[number, number, number]>
  /** Where the log in the file began. */
  #stored: UndoStart | undefined
  /** What the next block does with the log. */
  #next:
    | { readonly kind: 'none' | 'end' | 'returned' }
    | { readonly kind: 'begin'; readonly at: UndoStart } = none
  /** The logged state as it was when the log began, as of the last block. */
  readonly before: StateBefore

  constructor(sql: SqlFile, guard: OpenGuard, blocks: Pick<Blocks, 'readLast' | 'cranks'>) {
    this.#sql = sql
    this.#guard = guard
    this.#blocks = blocks
    sql.defineInTriggers('undo_checksum', undoChecksum)
    this.#row = sql.rows('undo_log')
    this.#unsealed = sql.query(
      'SELECT only, since, inbox_taken, outbox_last, outbox_acknowledged, rows, digest FROM undo_log',
      'undo_log',
      ['count', 'count', 'count', 'count', 'count', 'count', 'checksum'],
    )
    this.#put = sql.command(
      'INSERT INTO undo_log (only, since, inbox_taken, outbox_last, outbox_acknowledged, rows, digest, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      'undo_log',
    )
    this.#seal = sql.command('UPDATE undo_log SET checksum = ?', 'undo_log')
    this.#damaged = sql.query(
      `SELECT count(*), ifnull(sum(checksum), 0) % ${2 ** 32}, ifnull(sum(checksum <> undo_checksum(${savedColumns})), 0) FROM undo`,
      'undo',
      ['count', 'checksum', 'count'],
    )
    this.before = new StateBefore(sql)
    this.#stored = this.#readStart()
    // Triggers are lost with a transaction that is rolled back.
    if (this.#stored !== undefined) sql.write(() => this.#create())
  }

  /** Whether a return is possible: the log is on, or begins with the next block. */
  get isOn(): boolean {
    return this.since !== undefined
  }

  /** The height of the block at which the log began; undefined while it is off. */
  get since(): number | undefined {
    this.#guard.assertOpen()
    if (this.#isOver) return undefined
    return this.#next.kind === 'begin' ? this.#next.at.height : this.#stored?.height
  }

  /** What the next block does with the log; a return has been done. */
  get next(): 'begin' | 'end' | null {
    const { kind } = this.#next
    return kind === 'begin' || kind === 'end' ? kind : null
  }

  /** Begins the log at the last block (Ulg1). */
  begin(): void {
    assert(!this.isOn && this.#stored === undefined, 'an undo log begins where there is none (Ulg1)')
    const { record, channels } = this.#blocks.readLast()
    assert(record.cranks === this.#blocks.cranks, 'an undo log begins between two blocks (Ulg1)')
    const { inboxTaken, outboxLast, outboxAcknowledged } = channels
    this.#next = { kind: 'begin', at: { height: record.height, inboxTaken, outboxLast, outboxAcknowledged } }
  }

  /** Ends the log with the next block: no return is possible any more. */
  end(): void {
    assert(this.isOn, 'an undo log that is on ends')
    this.#next = { kind: this.#stored === undefined ? 'none' : 'end' }
  }

  /** The commit failed: the log goes on until it is ended again. */
  stay(): void {
    if (this.#next.kind === 'end') this.#next = none
  }

  /** Before anything of a block is written. */
  flushStart(): void {
    if (this.#next.kind === 'end') this.#remove()
    if (this.#next.kind !== 'begin') return
    const { height, inboxTaken, outboxLast, outboxAcknowledged } = this.#next.at
    const cells = [1, height, inboxTaken, outboxLast, outboxAcknowledged, 0, 0]
    this.#put.run(...cells, checksumOf('undo_log', cells))
    this.#create()
  }

  /** After everything of a block was written, or of a change between two blocks. */
  flush(): void {
    const cells = this.#isInFile ? this.#unsealed.one() : undefined
    if (cells !== undefined) this.#seal.run(checksumOf('undo_log', cells))
  }

  onCommitted(): void {
    if (this.#next.kind === 'begin') this.#stored = this.#next.at
    if (this.#isOver) this.#stored = undefined
    this.#next = none
  }

  abandon(): void {
    this.#next = none
  }

  /** Puts everything back, within the current transaction, and ends the log. Returns where it began. */
  restore(): UndoStart {
    if (this.#next.kind === 'begin') {
      const { at } = this.#next
      this.#next = none
      return at
    }
    this.verify()
    const start = this.#stored
    assert(start !== undefined, 'a store returns to where its log began (Ulg1)')
    for (const statement of dropTriggers) this.#sql.execute(statement)
    this.#moveHost()
    for (const statement of restoreSaved) this.#sql.execute(statement)
    this.#remove()
    this.#next = { kind: 'returned' }
    return start
  }

  /** Ulg4. */
  verify(): void {
    this.#guard.assertOpen()
    const row = this.#row.one()
    const [count, sum, wrong] = this.#damaged.one() ?? [0, 0, 0]
    const [rows, digest] = row === undefined ? [0, 0] : [row[5], row[6]]
    if (wrong === 0 && count === rows && sum === digest) return
    const why = `${count} rows, ${wrong} of them altered; ${rows} were written`
    refuse('store/corrupt-file', `The undo log has ${why}`, { table: 'undo', found: count, written: rows })
  }

  get #isInFile(): boolean {
    return this.#next.kind === 'begin' || (this.#stored !== undefined && !this.#isOver)
  }

  get #isOver(): boolean {
    return this.#next.kind === 'end' || this.#next.kind === 'returned'
  }

  #create(): void {
    for (const statement of createTriggers) this.#sql.execute(statement)
  }

  #remove(): void {
    for (const statement of [...dropTriggers, 'DELETE FROM undo', 'DELETE FROM undo_log'])
      this.#sql.execute(statement)
  }

  /** The host's space may have got a number that was another's: it makes room. */
  #moveHost(): void {
    const ids = this.#sql.query(
      `SELECT id, max((SELECT max(id) FROM space), ifnull((SELECT max(key1) FROM undo WHERE part = 'space'), 0))
       FROM space WHERE name = 'host' AND id IN (SELECT key1 FROM undo WHERE part IN ('space', 'state'))`,
      'space',
      ['count', 'count'],
    )
    const [id, highest] = ids.one() ?? []
    if (id === undefined || highest === undefined) return
    const next = highest + 1
    this.#sql.command('UPDATE state SET space = ? WHERE space = ?', 'state').run(next, id)
    const host = this.#sql.rows('space', 'WHERE id = ?').one(id)
    assert(host !== undefined, 'the space of the host was just found')
    const [, name, rows, digest] = host
    this.#sql
      .command('UPDATE space SET id = ?, checksum = ? WHERE id = ?', 'space')
      .run(next, checksumOf('space', [next, name, rows, digest]), id)
  }

  #readStart(): UndoStart | undefined {
    const row = this.#row.one()
    if (row === undefined) return undefined
    const [, height, inboxTaken, outboxLast, outboxAcknowledged] = row
    return { height, inboxTaken, outboxLast, outboxAcknowledged }
  }
}

const none = { kind: 'none' } as const
