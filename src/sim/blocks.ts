/** The blocks of a store, read past everything else. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

export interface Block {
  readonly height: number
  readonly cranks: number
  readonly hash: string
}

export function blocksOf(directory: string): Block[] {
  const database = new Database(join(directory, 'heirloom.sqlite'), { readonly: true })
  try {
    return database.prepare<[], Block>('SELECT height, cranks, activity_hash AS hash FROM block ORDER BY height').all()
  } finally {
    database.close()
  }
}
