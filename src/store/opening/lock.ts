/**
 * The writer's lock: `heirloom.lock` beside the store.
 *
 * A second SQLite file, empty, in which an exclusive transaction stays open for as long as the store is open.
 * The operating system releases it when the process dies in any way, so there is never a stale lock.
 * The store's own file is not locked: readers may fork it meanwhile.
 *
 * Lck1. Only the process that created and holds a lock file removes it, when creating the store was refused.
 *       A process that had opened it by then finds another file under the name and tries again.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { createFile } from '../files/directory.ts'
import { storePath } from './file.ts'
import { assertStoreFile, statIfPresent, whyDenied, sqliteFilesOf } from '../files/fileSystem.ts'
import { limits } from '../files/limits.ts'
import { SqlFile } from '../sql/sql.ts'

export const lockPath = (directory: string): string => join(directory, 'heirloom.lock')

const attempts = 5

export class WriterLock {
  readonly #file: SqlFile
  readonly #made: boolean
  #isHeld = true

  private constructor(file: SqlFile, made: boolean) {
    this.#file = file
    this.#made = made
  }

  /** Refuses with `store/in-use` when another store, in this process or another, holds it. */
  static take(directory: string): WriterLock {
    const path = lockPath(directory)
    for (const file of sqliteFilesOf(path)) assertStoreFile(file)
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const made = createFile(path, statIfPresent(storePath(directory))) === 'made'
      const inode = statIfPresent(path)?.ino
      const file = lock(path, made)
      if (statIfPresent(path)?.ino === inode) return new WriterLock(file, made)
      file.close()
    }
    return refuse('store/in-use', `${path} is repeatedly created and removed by other processes`, { path })
  }

  free(): void {
    assert(this.#isHeld, 'a lock is released once')
    this.#isHeld = false
    this.#file.close()
  }

  /** Lck1. Removes the lock of a store that was not created. */
  discard(): void {
    if (this.#made) rmSync(this.#file.path, { force: true })
    this.#file.close()
  }
}

function lock(path: string, made: boolean): SqlFile {
  const denied = whyDenied(path, 'write')
  if (denied !== undefined) throw denied
  let file: SqlFile | undefined
  try {
    file = new SqlFile(path, 'write', { lockTimeout: limits.lockTimeout })
    file.execute('BEGIN EXCLUSIVE')
    return file
  } catch (error) {
    file?.close()
    const held = error instanceof CodedError && error.code === 'store/in-use'
    if (made && !held) rmSync(path, { force: true })
    throw error
  }
}

/** Whether a writer has the store open; unknown when the lock is not even readable. Changes nothing. */
export function lockState(directory: string): 'held' | 'free' | 'unknown' {
  const path = lockPath(directory)
  // SQLite would remove a file that looks like the log of an empty file.
  for (const file of sqliteFilesOf(path)) assertStoreFile(file)
  if (statIfPresent(path) === undefined) return 'free'
  if (whyDenied(path, 'read') !== undefined) return 'unknown'
  try {
    const file = new SqlFile(path, 'read')
    try {
      file.pragmaNumber('schema_version')
      return 'free'
    } finally {
      file.close()
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return error.code === 'store/in-use' ? 'held' : 'unknown'
  }
}
