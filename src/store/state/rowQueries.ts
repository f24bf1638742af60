/** The prepared queries of the state table and of the table of spaces. */
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { WholeRow } from '../sql/rowFormat.ts'

/** The prepared queries of the state table, shared by all spaces. */
export class RowQueries {
  /** The first key not below this one, with value and checksum only if it is this one. */
  readonly get: SqlQuery<[string, string, number]>
  readonly key: SqlQuery<[string]>
  /** Of those of the keys that are stored; the keys are a JSON list. */
  readonly checks: SqlQuery<[string, number]>
  readonly scan: SqlQuery<[string, string, number]>
  readonly put: SqlCommand
  readonly remove: SqlCommand
  readonly space: SqlQuery<WholeRow<'space'>>
  readonly newSpace: SqlQuery<[number]>
  readonly putSpace: SqlCommand
  readonly anyKey: SqlQuery<[string]>
  readonly removeSpace: SqlCommand

  constructor(sql: SqlFile) {
    this.get = sql.query(
      "SELECT key, CASE key WHEN ?2 THEN value ELSE '' END, CASE key WHEN ?2 THEN checksum ELSE 0 END FROM state " +
        'WHERE space = ?1 AND key >= ?2 ORDER BY key LIMIT 1',
      'state',
      ['text', 'text', 'checksum'],
    )
    this.key = sql.query('SELECT key FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT 1', 'state', [
      'text',
    ])
    // `CROSS JOIN` keeps the order of the two: the table is never scanned.
    this.checks = sql.query(
      'SELECT state.key, state.checksum FROM json_each(?) AS wanted CROSS JOIN state ' +
        'ON state.space = ? AND state.key = wanted.value',
      'state',
      ['text', 'checksum'],
    )
    this.scan = sql.query(
      'SELECT key, value, checksum FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT ?',
      'state',
      ['text', 'text', 'checksum'],
    )
    this.put = sql.command(
      'INSERT OR REPLACE INTO state (space, key, value, checksum) VALUES (?, ?, ?, ?)',
      'state',
    )
    this.remove = sql.command('DELETE FROM state WHERE space = ? AND key = ?', 'state')
    this.space = sql.rows('space', 'WHERE name = ?')
    this.newSpace = sql.query('INSERT INTO space (name) VALUES (?) RETURNING id', 'space', ['count'])
    this.putSpace = sql.command('UPDATE space SET rows = ?, digest = ?, checksum = ? WHERE id = ?', 'space')
    this.anyKey = sql.query('SELECT key FROM state WHERE space = ? LIMIT 1', 'state', ['text'])
    this.removeSpace = sql.command('DELETE FROM space WHERE id = ?', 'space')
  }
}
