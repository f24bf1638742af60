/**
 * The writer's lock: `heirloom.lock` beside the store.
 *
 * A second SQLite file, empty, in which a transaction stays open exclusively for as long as the
 * store is open. The operating system lets go of it when the process dies, however it dies, so
 * there is never a stale lock. The store's own file is not locked: readers may fork it meanwhile.
 */
import { join } from 'node:path'
import { SqlFile } from './sql.ts'

export class WriterLock {
  readonly #file: SqlFile

  private constructor(file: SqlFile) {
    this.#file = file
  }

  /** Refuses with `store/in-use` when another store, in this process or another, holds it. */
  static take(directory: string): WriterLock {
    const file = new SqlFile(join(directory, 'heirloom.lock'), 'create')
    try {
      file.execute('BEGIN EXCLUSIVE')
    } catch (error) {
      file.close()
      throw error
    }
    return new WriterLock(file)
  }

  free(): void {
    this.#file.close()
  }
}
