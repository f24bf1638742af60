/**
 * The outbox: the kernel's items for the host, by port, until the host acknowledges them.
 *
 * Out1. Items are numbered from 1, without end, over all ports, in the order in which they were sent.
 * Out2. Sending is part of the crank: undo removes the item and frees its number.
 * Out3. The host sees an item only once its block is committed, so never one that is undone.
 * Out4. An item is kept until it is acknowledged or released, and at most until the next commit.
 *       Acknowledging is done by the host, up to a number; releasing is part of the crank, one item at a
 *       time. An item released after kept ones loses its text, and its row is deleted with theirs: the rows
 *       are always those of all numbers above the one up to which nothing is kept.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import type { CrankText } from '../state/crank.ts'
import type { Journal, UndoStep } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { assertText, limits } from '../files/limits.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'

export interface OutboxItem {
  readonly sequence: number
  readonly port: string
  readonly item: string
}

class SendStep implements UndoStep {
  readonly ofCrank = true
  readonly #added: OutboxItem[]
  readonly #item: OutboxItem

  constructor(added: OutboxItem[], item: OutboxItem) {
    this.#added = added
    this.#item = item
  }

  undo(): void {
    assert(this.#added.pop() === this.#item, 'items of the outbox are undone last first (Out2)')
  }

  record(text: CrankText): void {
    text.send(this.#item.port, this.#item.sequence, this.#item.item)
  }
}

class ReleaseStep implements UndoStep {
  readonly ofCrank = true
  readonly #undoRelease: () => void

  constructor(undoRelease: () => void) {
    this.#undoRelease = undoRelease
  }

  undo(): void {
    this.#undoRelease()
  }

  /** The crank's other changes include the release's purpose. */
  record(): void {}
}

export class Outbox {
  readonly #guard: OpenGuard
  readonly #journal: Journal
  readonly #read: SqlQuery<WholeRow<'outbox'>>
  readonly #put: SqlCommand
  readonly #removeAcknowledged: SqlCommand
  readonly #readOne: SqlQuery<WholeRow<'outbox'>>
  readonly #replace: SqlCommand
  readonly #allKept: SqlQuery<[number, string]>
  readonly #firstKept: SqlQuery<[number]>
  readonly #all: SqlQuery<WholeRow<'outbox'>>
  readonly #extent: SqlQuery<[number, number, number]>
  /** The last committed item. */
  #stored = 0
  /** Items after it. */
  readonly #added: OutboxItem[] = []
  #committedAcknowledged = 0
  #acknowledged = 0
  /** Released since the last commit. */
  readonly #released = new Set<number>()

  constructor(sql: SqlFile, journal: Journal, guard: OpenGuard) {
    this.#guard = guard
    this.#journal = journal
    this.#read = sql.rows('outbox', "WHERE sequence > ? AND item <> '' ORDER BY sequence LIMIT ?")
    this.#put = sql.command(
      'INSERT INTO outbox (sequence, port, item, checksum) VALUES (?, ?, ?, ?)',
      'outbox',
    )
    this.#replace = sql.command(
      'INSERT OR REPLACE INTO outbox (sequence, port, item, checksum) VALUES (?, ?, ?, ?)',
      'outbox',
    )
    this.#removeAcknowledged = sql.command('DELETE FROM outbox WHERE sequence <= ?', 'outbox')
    this.#readOne = sql.rows('outbox', 'WHERE sequence = ?')
    this.#allKept = sql.query(
      "SELECT sequence, port FROM outbox WHERE sequence > ? AND item <> '' ORDER BY sequence",
      'outbox',
      ['count', 'text'],
    )
    this.#firstKept = sql.query(
      "SELECT sequence FROM outbox WHERE item <> '' ORDER BY sequence LIMIT 1",
      'outbox',
      ['count'],
    )
    this.#extent = sql.query(
      'SELECT count(*), ifnull(min(sequence), 0), ifnull(max(sequence), 0) FROM outbox',
      'outbox',
      ['count', 'count', 'count'],
    )
    this.#all = sql.rows('outbox')
  }

  /** Returns the item's number. */
  append(port: string, item: string): number {
    this.#guard.assertOpen()
    assert(
      port !== '' && port.length <= limits.nameLength && port.isWellFormed(),
      `${JSON.stringify(port)} is not a name of a port`,
    )
    assertText(item, limits.itemLength, 'an item of the outbox')
    const sent = { sequence: this.last + 1, port, item }
    this.#journal.push(new SendStep(this.#added, sent))
    this.#added.push(sent)
    return sent.sequence
  }

  /** The committed, unacknowledged items after this number, in order, at most `limit` of them. */
  read(after = 0, limit = 1_000): OutboxItem[] {
    this.#guard.assertOpen()
    const rows = this.#read.all(Math.max(after, this.#acknowledged), limit)
    return rows
      .filter(([sequence]) => !this.#released.has(sequence))
      .map(([sequence, port, item]) => ({ sequence, port, item }))
  }

  /**
   * Acknowledges all items up to this number. Repeated or lower numbers are no-ops; a number that the host
   * cannot have seen asserts.
   */
  acknowledge(upTo: number): void {
    this.#guard.assertOpen()
    assert(
      Number.isSafeInteger(upTo) && upTo >= 0 && upTo <= this.#stored,
      `item ${upTo} of the outbox was never handed out: ${this.#stored} were`,
    )
    this.#acknowledged = Math.max(this.#acknowledged, upTo)
  }

  /** The text of a committed item that was not released. */
  get(sequence: number): string {
    this.#guard.assertOpen()
    assert(
      !this.#released.has(sequence) && sequence <= this.#stored,
      `the outbox has no committed item ${sequence}`,
    )
    const [, , item] = this.#committedRow(sequence)
    if (item === '') refuseMissingItem(sequence)
    return item
  }

  /** All kept items, including the open block's, in order: number and port. */
  kept(): (readonly [sequence: number, port: string])[] {
    this.#guard.assertOpen()
    const added = this.#added.map(({ sequence, port }) => [sequence, port] as const)
    return [...this.#allKept.all(this.#acknowledged), ...added].filter(
      ([sequence]) => !this.#released.has(sequence),
    )
  }

  /** Releases an item that is no longer needed. Releasing a missing one asserts. */
  release(sequence: number): void {
    this.#guard.assertOpen()
    const known =
      Number.isSafeInteger(sequence) &&
      sequence > this.#acknowledged &&
      sequence <= this.last &&
      !this.#released.has(sequence)
    assert(known, `item ${sequence} of the outbox is released and was not there: ${this.last} were sent`)
    this.#journal.push(new ReleaseStep(() => this.#keep(sequence)))
    this.#released.add(sequence)
  }

  #keep(sequence: number): void {
    assert(this.#released.delete(sequence), 'an item whose release is undone was released')
  }

  /** The number of the last sent item; 0 when there is none. */
  get last(): number {
    this.#guard.assertOpen()
    return this.#stored + this.#added.length
  }

  /** The number up to which the host has acknowledged. */
  get acknowledged(): number {
    this.#guard.assertOpen()
    return this.#acknowledged
  }

  /**
   * Verifies that exactly the sent and unacknowledged items of the last block are stored, each as it was
   * written.
   */
  verify(): void {
    this.#guard.assertOpen()
    for (const _ of this.#all.each());
    const [count, first, last] = this.#extent.one() ?? [0, 0, 0]
    const wanted = this.#stored - this.#committedAcknowledged
    if (
      count === wanted &&
      (count === 0 || (first === this.#committedAcknowledged + 1 && last === this.#stored))
    )
      return
    refuse(
      'store/corrupt-channel',
      `The outbox has ${count} items from ${first} to ${last}; the block says ${this.#committedAcknowledged + 1} to ${this.#stored}`,
      { channel: 'outbox' },
    )
  }

  flush(): void {
    for (const { sequence, port, item } of this.#added)
      this.#put.run(sequence, port, item, checksumOf('outbox', [sequence, port, item]))
    for (const sequence of this.#released) {
      const [, port] = this.#committedRow(sequence)
      this.#replace.run(sequence, port, '', checksumOf('outbox', [sequence, port, '']))
    }
    if (this.#released.size > 0) this.#acknowledged = (this.#firstKept.one()?.[0] ?? this.last + 1) - 1
    assert(
      this.#committedAcknowledged <= this.#acknowledged && this.#acknowledged <= this.last,
      'the acknowledged items of the outbox are sent ones, and only grow (Out4)',
    )
    if (this.#acknowledged > this.#committedAcknowledged) this.#removeAcknowledged.run(this.#acknowledged)
  }

  #committedRow(sequence: number): WholeRow<'outbox'> {
    return this.#readOne.one(sequence) ?? refuseMissingItem(sequence)
  }

  onCommitted(): void {
    this.restore(this.last, this.#acknowledged)
  }

  /** Resets to the last block. */
  restore(last: number, acknowledged: number): void {
    assert(
      0 <= acknowledged && acknowledged <= last,
      'no more items of the outbox are acknowledged than were sent',
    )
    this.#stored = last
    this.#added.length = 0
    this.#released.clear()
    this.#committedAcknowledged = acknowledged
    this.#acknowledged = acknowledged
  }
}

function refuseMissingItem(sequence: number): never {
  refuse(
    'store/corrupt-channel',
    `Item ${sequence} of the outbox is missing, although it was not acknowledged`,
    { channel: 'outbox', sequence },
  )
}
