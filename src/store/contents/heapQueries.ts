/** The prepared queries of snapshots and pages. */
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { WholeRow } from '../sql/rowFormat.ts'
import type { Hash, VatId } from '../../base/ids.ts'
import { limits } from '../files/limits.ts'

export class HeapQueries {
  readonly snapshot: SqlQuery<WholeRow<'snapshot'>>
  readonly manifest: SqlQuery<[Uint8Array]>
  readonly putSnapshot: SqlCommand
  readonly removeSnapshot: SqlCommand
  readonly pagesOf: SqlQuery<[Hash, number]>
  readonly page: SqlQuery<[Uint8Array]>
  readonly pageId: SqlQuery<[number]>
  readonly putPage: SqlQuery<[number]>
  readonly incrementUses: SqlCommand
  readonly decrementUses: SqlCommand
  readonly deleteIfLastUse: SqlQuery<[number]>
  readonly putUse: SqlCommand
  readonly removeUse: SqlCommand
  readonly anyUser: SqlQuery<[VatId]>
  readonly snapshots: SqlQuery<WholeRow<'snapshot'>>
  readonly pagesAfter: SqlQuery<[number, Hash, Uint8Array]>
  readonly missingPages: SqlQuery<[VatId, number]>
  readonly wrongUses: SqlQuery<[Hash, number, number]>
  readonly someUses: SqlQuery<[number]>
  readonly forgottenVats: SqlQuery<[VatId]>
  readonly countUses: SqlQuery<[number]>

  constructor(sql: SqlFile) {
    this.snapshot = sql.rows('snapshot', 'WHERE vat = ?')
    this.manifest = sql.query('SELECT manifest FROM snapshot WHERE vat = ?', 'snapshot', ['bytes'])
    this.putSnapshot = sql.command(
      `INSERT INTO snapshot (vat, position, heap_hash, checksum, manifest) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (vat) DO UPDATE SET
         position = excluded.position, heap_hash = excluded.heap_hash, checksum = excluded.checksum, manifest = excluded.manifest`,
      'snapshot',
    )
    this.removeSnapshot = sql.command('DELETE FROM snapshot WHERE vat = ?', 'snapshot')
    this.pagesOf = sql.query('SELECT hash, id FROM page_use JOIN page ON id = page WHERE vat = ?', 'page', [
      'hash',
      'count',
    ])
    this.page = sql.query('SELECT bytes FROM page WHERE hash = ?', 'page', ['bytes'])
    this.pageId = sql.query('SELECT id FROM page WHERE hash = ?', 'page', ['count'])
    this.putPage = sql.query('INSERT INTO page (hash, uses, bytes) VALUES (?, 1, ?) RETURNING id', 'page', [
      'count',
    ])
    this.incrementUses = sql.command('UPDATE page SET uses = uses + 1 WHERE id = ?', 'page')
    this.decrementUses = sql.command('UPDATE page SET uses = uses - 1 WHERE id = ?', 'page')
    this.deleteIfLastUse = sql.query(
      'DELETE FROM page WHERE id = ? AND uses = 1 RETURNING octet_length(bytes)',
      'page',
      ['count'],
    )
    this.putUse = sql.command('INSERT INTO page_use (vat, page) VALUES (?, ?)', 'page_use')
    this.removeUse = sql.command('DELETE FROM page_use WHERE vat = ? AND page = ?', 'page_use')
    this.anyUser = sql.query(
      'SELECT vat FROM page_use JOIN page ON id = page WHERE hash = ? ORDER BY vat LIMIT 1',
      'page_use',
      ['vat'],
    )
    this.snapshots = sql.rows('snapshot', 'ORDER BY vat')
    this.pagesAfter = sql.query(
      `SELECT id, hash, bytes FROM page WHERE id > ? ORDER BY id LIMIT ${limits.batch}`,
      'page',
      ['count', 'hash', 'bytes'],
    )
    this.missingPages = sql.query(
      'SELECT vat, page FROM page_use WHERE page NOT IN (SELECT id FROM page) LIMIT 1',
      'page_use',
      ['vat', 'count'],
    )
    this.countUses = sql.query('SELECT count(*) FROM page_use WHERE vat = ?', 'page_use', ['count'])
    this.someUses = sql.query('SELECT page FROM page_use WHERE vat = ? LIMIT ?', 'page_use', ['count'])
    // Steps from each vat to the next: a plain DISTINCT would read every use.
    this.forgottenVats = sql.query(
      `WITH RECURSIVE found (vat) AS (
         SELECT min(vat) FROM page_use
         UNION ALL SELECT (SELECT min(vat) FROM page_use WHERE vat > found.vat) FROM found WHERE vat IS NOT NULL
       ) SELECT vat FROM found WHERE vat IS NOT NULL AND vat NOT IN (SELECT vat FROM snapshot)`,
      'page_use',
      ['vat'],
    )
    this.wrongUses = sql.query(
      `SELECT hash, uses, count(page_use.page) AS listed FROM page LEFT JOIN page_use ON page_use.page = page.id
       GROUP BY page.id HAVING uses <> listed LIMIT 1`,
      'page',
      ['hash', 'count', 'count'],
    )
  }
}
