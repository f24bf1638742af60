/**
 * The identity of a store: 32 random hexadecimal digits that tie its commit record to it.
 *
 * It is not part of the state and enters no hash. Forks and imports get their own.
 */
import { randomBytes } from 'node:crypto'
import { refuse } from '../../protocol/codes.ts'
import type { SqlFile } from '../sql/sql.ts'

export const newIdentity = (): string => randomBytes(16).toString('hex')

/** Sets the identity of a store, replacing any other. */
export function writeIdentity(sql: SqlFile, identity: string): void {
  sql.command('INSERT OR REPLACE INTO identity (only, id) VALUES (1, ?)', 'identity').run(identity)
}

export function readIdentity(sql: SqlFile): string {
  const isThere =
    sql
      .query("SELECT count(*) FROM sqlite_schema WHERE name = 'identity'", 'identity', ['count'])
      .one()?.[0] === 1
  const [id] = (isThere ? sql.query('SELECT id FROM identity', 'identity', ['text']).one() : undefined) ?? []
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id))
    refuse('store/corrupt-file', `${sql.path} has no identity`, { path: sql.path, finding: 'no identity' })
  return id
}
