/** The prepared queries of the state table and of the table of spaces. */
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'
import type { WholeRow } from '../sql/rowFormat.ts'

/** The prepared queries of the state table, shared by all spaces. */
export class RowQueries {
  readonly get: SqlQuery<[string, number]>
  readonly key: SqlQuery<[string]>
  readonly check: SqlQuery<[number]>
  readonly scan: SqlQuery<[string, string, number]>
  readonly put: SqlCommand
  readonly remove: SqlCommand
  readonly space: SqlQuery<WholeRow<'space'>>
  readonly newSpace: SqlQuery<[number]>
  readonly putSpace: SqlCommand
  readonly anyKey: SqlQuery<[string]>
  readonly removeSpace: SqlCommand

  constructor(sql: SqlFile) {
    this.get = sql.query('SELECT value, checksum FROM state WHERE space = ? AND key = ?', 'state', [
      'text',
      'checksum',
    ])
    this.key = sql.query('SELECT key FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT 1', 'state', [
      'text',
    ])
    this.check = sql.query('SELECT checksum FROM state WHERE space = ? AND key = ?', 'state', ['checksum'])
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
