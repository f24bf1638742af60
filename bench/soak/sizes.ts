/**
 * How large a store is on the disk, and how much of that is needed to go on. It may be open for writing
 * meanwhile.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Sizes {
  /** The file and its log. */
  readonly file: number
  readonly log: number
  /**
   * State, heaps, bundles and channels: all but transcripts and blocks, which are what pruning takes, and
   * histories of vats.
   */
  readonly live: number
  /** Of that the state alone. */
  readonly state: number
}

const parts = {
  state: "SELECT total(length(key) + length(value)) FROM state WHERE key NOT LIKE 'history.%'",
  pages: 'SELECT total(length(bytes)) FROM page',
  snapshots: 'SELECT total(length(manifest)) FROM snapshot',
  bundles: 'SELECT total(length(bytes)) FROM bundle',
  inbox: 'SELECT total(length(item)) FROM inbox',
  outbox: 'SELECT total(length(item)) FROM outbox',
} as const

export function sizesOf(directory: string): Sizes {
  const file = join(directory, 'heirloom.sqlite')
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const sizes = Object.values(parts).map(
      (query) => Object.values(database.prepare(query).get() ?? {})[0] as number,
    )
    return {
      file: lengthOf(file),
      log: lengthOf(`${file}-wal`),
      live: sizes.reduce((sum, size) => sum + size, 0),
      state: sizes[0] ?? 0,
    }
  } finally {
    database.close()
  }
}

const lengthOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
