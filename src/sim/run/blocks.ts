/** Reads the blocks of a store directly from its file. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { assert } from '../../base/errors.ts'

/** The record of a block. */
export interface Block {
  readonly height: number
  readonly cranks: number
  readonly hash: string
}

/** In order of height. */
export function blocksOf(directory: string): Block[] {
  const database = new DatabaseSync(join(directory, 'heirloom.sqlite'), { readOnly: true })
  try {
    const blocks = database
      .prepare('SELECT height, cranks, activity_hash AS hash FROM block ORDER BY height')
      .all()
      .map(blockOf)
    for (const [index, { height }] of blocks.entries())
      assert(index === 0 || height > (blocks[index - 1]?.height ?? height), 'heights of blocks ascend')
    return blocks
  } finally {
    database.close()
  }
}

const blockOf = ({ height, cranks, hash }: Readonly<Record<string, unknown>>): Block => ({
  height: Number(height),
  cranks: Number(cranks),
  hash: String(hash),
})
