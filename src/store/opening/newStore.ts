/** Creates a store, completely or not at all. */
import { rmSync } from 'node:fs'
import { withDirectory } from '../files/directory.ts'
import { assertNoStore, storeFiles } from './file.ts'
import { whyDenied } from '../files/fileSystem.ts'
import { WriterLock } from './lock.ts'

/** Calls `make` to create a store in the directory, under the writer's lock, which `make` frees or keeps. */
export function makeStore<Made>(directory: string, make: (lock: WriterLock) => Made): Made {
  assertNoStore(directory)
  return withDirectory(directory, () => {
    const denied = whyDenied(directory, 'write')
    if (denied !== undefined) throw denied
    return underLock(directory, make)
  })
}

function underLock<Made>(directory: string, make: (lock: WriterLock) => Made): Made {
  const lock = WriterLock.take(directory)
  try {
    assertNoStore(directory)
    return removingOnFailure(directory, () => make(lock))
  } catch (error) {
    lock.discard()
    throw error
  }
}

/** The lock is held and there was no store: all files there come from `make`. */
function removingOnFailure<Made>(directory: string, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    for (const file of storeFiles(directory)) rmSync(file, { force: true })
    throw error
  }
}
