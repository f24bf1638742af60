/**
 * Forks a store: a consistent copy of its last block, even while another process writes to it.
 *
 * SQLite reads the store as of one commit and writes the copy compactly. The store itself is only read.
 */
import { refuse } from '../../protocol/codes.ts'
import { assertNoStore, assertStoreExists, makeIndependent, placeFile } from './file.ts'
import { makeStore } from './newStore.ts'
import { openForReading, vacuumInto } from './reading.ts'

/**
 * Creates a store in `toDirectory`. Refuses with `store/exists` when there is one, and refuses a source that
 * is not a store.
 */
export function forkStore(fromDirectory: string, toDirectory: string): void {
  for (const directory of [fromDirectory, toDirectory]) {
    if (typeof directory !== 'string' || directory === '')
      refuse('api/bad-argument', 'the directory of a store is a path that is not empty', {
        argument: 'directory',
      })
  }
  assertStoreExists(fromDirectory)
  assertNoStore(toDirectory)
  const source = openForReading(fromDirectory)
  try {
    makeStore(toDirectory, (lock) => {
      placeFile(toDirectory, (path) => {
        vacuumInto(source, path)
        return makeIndependent(path)
      })
      lock.free()
    })
  } finally {
    source.close()
  }
}
