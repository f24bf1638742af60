/**
 * Forking: a consistent copy of a store's last block, also while another process writes to the store.
 *
 * SQLite reads the store as of one commit and writes the copy compactly. The store itself is only read.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { makeDirectory } from './directory.ts'
import type { CommitRecord } from './commitRecord.ts'
import { assertAbsent, assertFound, makeOwn, openForReading, placeFile } from './file.ts'
import { WriterLock } from './lock.ts'
import type { SqlFile } from './sql.ts'

/** Makes a store in `toDirectory`. Refuses with `store/exists` when there is one, and refuses a source that is none. */
export function forkStore(fromDirectory: string, toDirectory: string): void {
  for (const directory of [fromDirectory, toDirectory]) {
    if (typeof directory !== 'string' || directory === '') refuse('api/bad-argument', 'the directory of a store is a path that is not empty', { argument: 'directory' })
  }
  assertFound(fromDirectory)
  assertAbsent(toDirectory)
  const source = openForReading(fromDirectory)
  try {
    makeDirectory(toDirectory)
    const lock = WriterLock.take(toDirectory)
    try {
      assertAbsent(toDirectory)
      placeFile(toDirectory, (path) => copy(source, path))
    } finally {
      lock.free()
    }
  } finally {
    source.close()
  }
}

function copy(source: SqlFile, path: string): CommitRecord {
  assert(!path.includes('\0'), 'a path holds no U+0000')
  source.execute(`VACUUM INTO '${path.replaceAll("'", "''")}'`)
  return makeOwn(path)
}
