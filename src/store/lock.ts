/**
 * The writer's lock: `heirloom.lock` beside the store.
 *
 * A second SQLite file, empty, in which a transaction stays open exclusively for as long as the
 * store is open. The operating system lets go of it when the process dies, however it dies, so
 * there is never a stale lock. The store's own file is not locked: readers may fork it meanwhile.
 *
 * Lk1. A lock file is removed only by who made it and holds it, when making the store was refused. Somebody
 *      who had opened it by then finds that the name is another file's and tries again.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { makeFile } from './directory.ts'
import { storePath } from './file.ts'
import { assertOwn, look, whyDenied, withSides } from './fileSystem.ts'
import { limits } from './limits.ts'
import { SqlFile } from './sql.ts'

export const lockPath = (directory: string): string => join(directory, 'heirloom.lock')

const attempts = 5

export class WriterLock {
  readonly #file: SqlFile
  readonly #made: boolean

  private constructor(file: SqlFile, made: boolean) {
    this.#file = file
    this.#made = made
  }

  /** Refuses with `store/in-use` when another store, in this process or another, holds it. */
  static take(directory: string): WriterLock {
    const path = lockPath(directory)
    for (const file of withSides(path)) assertOwn(file)
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const made = makeFile(path, look(storePath(directory))) === 'made'
      const inode = look(path)?.ino
      const file = lock(path, made)
      if (look(path)?.ino === inode) return new WriterLock(file, made)
      file.close()
    }
    return refuse('store/in-use', `${path} is repeatedly created and removed by other processes`, { path })
  }

  free(): void {
    this.#file.close()
  }

  /** Lk1. Frees the lock of a store that was not made. */
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
    file = new SqlFile(path, 'write', { patience: limits.lockPatience })
    file.execute('BEGIN EXCLUSIVE')
    return file
  } catch (error) {
    file?.close()
    const held = error instanceof CodedError && error.code === 'store/in-use'
    if (made && !held) rmSync(path, { force: true })
    throw error
  }
}

/** Whether a writer has the store open; unknown when the lock may not even be read. Nothing is changed. */
export function lockState(directory: string): 'held' | 'free' | 'unknown' {
  const path = lockPath(directory)
  // SQLite would remove what it takes for a log of an empty file.
  for (const file of withSides(path)) assertOwn(file)
  if (look(path) === undefined) return 'free'
  if (whyDenied(path, 'read') !== undefined) return 'unknown'
  try {
    const file = new SqlFile(path, 'read')
    try {
      file.number('schema_version')
      return 'free'
    } finally {
      file.close()
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return error.code === 'store/in-use' ? 'held' : 'unknown'
  }
}
