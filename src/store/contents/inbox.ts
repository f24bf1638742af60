/**
 * The inbox: the host's items for the kernel, in order.
 *
 * Inb1. Items are numbered from 1, without end, in the order in which they were appended.
 * Inb2. Each item is taken once, in order. Taking is part of the crank: undo returns the item.
 * Inb3. Appending is part of the block: undo never removes an item, only abandoning the block does. So the
 *       host may rely on an item once its block is committed.
 * Inb4. A taken item is not kept beyond the commit, except in the undo log (Ulg3).
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import type { InputSink } from '../inputs/inputRecorder.ts'
import type { Journal, UndoStep } from '../state/journal.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { assertText, limits } from '../files/limits.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { UndoLog } from '../undo/undoLog.ts'

export interface SequencedItem {
  readonly sequence: number
  readonly item: string
}

class TakeStep implements UndoStep {
  readonly ofCrank = true
  readonly #undoTake: () => void

  constructor(undoTake: () => void) {
    this.#undoTake = undoTake
  }

  undo(): void {
    this.#undoTake()
  }

  /** The crank's other changes include the item's effects. */
  record(): void {}
}

export class Inbox {
  readonly #guard: OpenGuard
  readonly #journal: Journal
  readonly #inputs: InputSink
  readonly #undoLog: Pick<UndoLog, 'isOn'>
  readonly #read: SqlQuery<WholeRow<'inbox'>>
  readonly #put: SqlCommand
  readonly #removeTaken: SqlCommand
  readonly #extent: SqlQuery<[number, number, number]>
  readonly #all: SqlQuery<WholeRow<'inbox'>>
  /** The last item in SQLite. */
  #stored = 0
  /** Items after it. */
  readonly #added: string[] = []
  #committedTaken = 0
  #taken = 0

  constructor(
    sql: SqlFile,
    journal: Journal,
    guard: OpenGuard,
    inputs: InputSink,
    undoLog: Pick<UndoLog, 'isOn'>,
  ) {
    this.#guard = guard
    this.#inputs = inputs
    this.#journal = journal
    this.#undoLog = undoLog
    this.#read = sql.rows('inbox', 'WHERE sequence = ?')
    this.#put = sql.command('INSERT INTO inbox (sequence, item, checksum) VALUES (?, ?, ?)', 'inbox')
    this.#removeTaken = sql.command('DELETE FROM inbox WHERE sequence <= ?', 'inbox')
    this.#extent = sql.query(
      'SELECT count(*), ifnull(min(sequence), 0), ifnull(max(sequence), 0) FROM inbox',
      'inbox',
      ['count', 'count', 'count'],
    )
    this.#all = sql.rows('inbox')
  }

  /** Returns the item's number. */
  append(item: string): number {
    this.#guard.assertOpen()
    assertText(item, limits.itemLength, 'an item of the inbox')
    this.#added.push(item)
    this.#inputs.wrote({ kind: 'append', item })
    return this.last
  }

  /** The first item that was not taken; undefined when all were. */
  next(): SequencedItem | undefined {
    this.#guard.assertOpen()
    const sequence = this.#taken + 1
    return sequence > this.last ? undefined : { sequence, item: this.#itemAt(sequence) }
  }

  /** The items appended since the last block, in order. */
  get added(): readonly string[] {
    return [...this.#added]
  }

  /** The items that were not taken, in order. */
  *waiting(): Generator<SequencedItem> {
    for (let sequence = this.#taken + 1; sequence <= this.last; sequence += 1)
      yield { sequence, item: this.#itemAt(sequence) }
  }

  /** The item of this number, which was not taken before this block. */
  at(sequence: number): string {
    this.#guard.assertOpen()
    assert(
      sequence > this.#committedTaken && sequence <= this.last,
      'an item of the inbox is read until the block in which it was taken is committed (Inb4)',
    )
    return this.#itemAt(sequence)
  }

  #itemAt(sequence: number): string {
    const item =
      sequence > this.#stored ? this.#added[sequence - this.#stored - 1] : this.#read.one(sequence)?.[1]
    return (
      item ??
      refuse('store/corrupt-channel', `Item ${sequence} of the inbox is missing, although it was not taken`, {
        channel: 'inbox',
        sequence,
      })
    )
  }

  /** Takes the item that `next` returned. Taking another asserts. */
  take(sequence: number): void {
    this.#guard.assertOpen()
    assert(
      sequence === this.#taken + 1 && sequence <= this.last,
      `item ${sequence} of the inbox is not the next: ${this.#taken} were taken of ${this.last}`,
    )
    this.#journal.push(new TakeStep(() => this.#putBack(sequence)))
    this.#taken = sequence
    this.#inputs.wrote({ kind: 'take' })
  }

  #putBack(sequence: number): void {
    assert(sequence === this.#taken, 'items of the inbox are put back last first (Inb2)')
    this.#taken = sequence - 1
  }

  /** Number of waiting items. */
  get untaken(): number {
    this.#guard.assertOpen()
    return this.last - this.#taken
  }

  /** The number of the last appended item; 0 when there is none. */
  get last(): number {
    this.#guard.assertOpen()
    return this.#stored + this.#added.length
  }

  /** The number of the last taken item; 0 when there is none. */
  get taken(): number {
    this.#guard.assertOpen()
    return this.#taken
  }

  /**
   * Verifies that exactly the appended and untaken items of the last block are stored, each as it was
   * written.
   */
  verify(): void {
    this.#guard.assertOpen()
    for (const _ of this.#all.each());
    const [count, first, last] = this.#extent.one() ?? [0, 0, 0]
    const wanted = this.#stored - this.#committedTaken
    if (count === wanted && (count === 0 || (first === this.#committedTaken + 1 && last === this.#stored)))
      return
    refuse(
      'store/corrupt-channel',
      `The inbox has ${count} items from ${first} to ${last}; the block says ${this.#committedTaken + 1} to ${this.#stored}`,
      { channel: 'inbox' },
    )
  }

  flush(): void {
    assert(this.#taken >= this.#committedTaken, 'a committed item is not taken twice (Inb2)')
    this.#added.forEach((item, index) => {
      const sequence = this.#stored + index + 1
      // The undo log gets an item when its row is removed.
      if (sequence > this.#taken || this.#undoLog.isOn)
        this.#put.run(sequence, item, checksumOf('inbox', [sequence, item]))
    })
    if (this.#taken > this.#committedTaken) this.#removeTaken.run(this.#taken)
  }

  onCommitted(): void {
    this.restore(this.last, this.#taken)
  }

  /** Resets to the last block. */
  restore(last: number, taken: number): void {
    assert(0 <= taken && taken <= last, 'no more items of the inbox are taken than were appended')
    this.#stored = last
    this.#added.length = 0
    this.#committedTaken = taken
    this.#taken = taken
  }
}
