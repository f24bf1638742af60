/**
 * The identity of a store: 32 hexadecimal digits of chance, by which its commit record is told from another's.
 *
 * It is no part of the state and enters no hash. A fork and an import get one of their own.
 */
import { randomBytes } from 'node:crypto'
import { refuse } from '../protocol/codes.ts'
import type { SqlFile } from './sql.ts'

export const newIdentity = (): string => randomBytes(16).toString('hex')

/** Gives a store this identity in place of any that it has. */
export function writeIdentity(sql: SqlFile, identity: string): void {
  sql.query<never>('INSERT OR REPLACE INTO identity (only, id) VALUES (1, ?)').run(identity)
}

export function readIdentity(sql: SqlFile): string {
  const isThere = sql.query<[number]>("SELECT count(*) FROM sqlite_schema WHERE name = 'identity'").one()?.[0] === 1
  const [id] = (isThere ? sql.query<[unknown & string]>('SELECT id FROM identity').one() : undefined) ?? []
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) refuse('store/corrupt-file', `${sql.path} has no identity`, { path: sql.path, finding: 'no identity' })
  return id
}
