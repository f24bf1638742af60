/**
 * The part of the past that is no longer kept: transcript entries, spans, and block records. Pruning removed
 * it (`pruning.ts`), or an import left it out.
 *
 * Prd1. The entries of a vat before `from` are pruned and never read again. A span begins at `from`, or,
 *       while a terminated vat is being forgotten, the last one ends there.
 * Prd2. Pruned entries are deleted from the file in steps, oldest first, and after them their spans. So the
 *       file has exactly the entries from `entry` on and the spans from number `span` on, and damage cannot
 *       pass for pruning.
 * Prd3. The records of blocks before `blocks()` are deleted, and all later ones exist.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import { formatWithRetention } from '../sql/schema.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'

export interface KeptBounds {
  /** The first readable entry. */
  readonly from: number
  /** The first entry in the file; not after `from`. */
  readonly entry: number
  /** The number of the first span in the file. */
  readonly span: number
}

/** Reads what was pruned, from a store of any format. */
export class Pruned {
  readonly #before: SqlQuery<[number]> | undefined
  readonly #to: SqlQuery<WholeRow<'pruned_to'>> | undefined

  constructor(sql: SqlFile) {
    const format = sql.pragmaNumber('user_version')
    this.#before =
      format < 2 ? undefined : sql.query('SELECT before FROM pruned WHERE what = ?', 'pruned', ['count'])
    this.#to = format < formatWithRetention ? undefined : sql.rows('pruned_to', 'WHERE vat = ?')
  }

  of(vat: VatId): KeptBounds {
    const from = this.#before?.one(vat)?.[0] ?? 0
    // Without a row an import left the entries out: all at once, and without their spans.
    const [, entry, span] = (from === 0 ? undefined : this.#to?.one(vat)) ?? [vat, from, 0]
    return { from, entry, span }
  }

  /** The height of the first block with a record. */
  blocks(): number {
    return this.#before?.one('block')?.[0] ?? 0
  }
}

/** Likewise for a writer, which records pruning and removal. Writes join the current transaction. */
export class PrunedRecords extends Pruned {
  readonly #putBefore: SqlCommand
  readonly #removeBefore: SqlCommand
  readonly #putTo: SqlCommand
  readonly #removeTo: SqlCommand

  constructor(sql: SqlFile) {
    super(sql)
    this.#putBefore = sql.command(
      'INSERT INTO pruned (what, before) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET before = excluded.before',
      'pruned',
    )
    this.#removeBefore = sql.command('DELETE FROM pruned WHERE what = ?', 'pruned')
    this.#putTo = sql.command(
      `INSERT INTO pruned_to (vat, entry, span, checksum) VALUES (?, ?, ?, ?)
       ON CONFLICT (vat) DO UPDATE SET entry = excluded.entry, span = excluded.span, checksum = excluded.checksum`,
      'pruned_to',
    )
    this.#removeTo = sql.command('DELETE FROM pruned_to WHERE vat = ?', 'pruned_to')
  }

  record(vat: VatId, { from, entry, span }: KeptBounds): void {
    assert(0 < from && 0 <= entry && entry <= from, 'entries are removed only where they are pruned (Prd1)')
    assert(span >= 0, 'spans are numbered from 0')
    this.#putBefore.run(vat, from)
    this.#putTo.run(vat, entry, span, checksumOf('pruned_to', [vat, entry, span]))
  }

  recordBlocks(before: number): void {
    assert(before > 0, 'records are pruned before a block after block 0 (Prd3)')
    this.#putBefore.run('block', before)
  }

  /** Nothing is left of the vat's transcript. */
  forget(vat: VatId): void {
    this.#removeBefore.run(vat)
    this.#removeTo.run(vat)
  }
}
