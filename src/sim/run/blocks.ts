/** The blocks of a store, read past everything else. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Block {
  readonly height: number
  readonly cranks: number
  readonly hash: string
}

export function blocksOf(directory: string): Block[] {
  const database = new DatabaseSync(join(directory, 'heirloom.sqlite'), { readOnly: true })
  try {
    return database
      .prepare('SELECT height, cranks, activity_hash AS hash FROM block ORDER BY height')
      .all()
      .map(blockOf)
  } finally {
    database.close()
  }
}

const blockOf = ({ height, cranks, hash }: Readonly<Record<string, unknown>>): Block => ({
  height: Number(height),
  cranks: Number(cranks),
  hash: String(hash),
})
