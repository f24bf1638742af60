/**
 * The files of an open store, by their identity at opening: device and inode number.
 *
 * A process keeps writing to files that were removed or replaced, and the next process to open the store
 * finds none of that. So a commit checks first. Nothing is opened for it (Fil3).
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { refuse } from '../../protocol/codes.ts'

export class OpenFiles {
  readonly #inodes: ReadonlyMap<string, string | undefined>

  constructor(paths: readonly string[]) {
    this.#inodes = new Map(paths.map((path) => resolve(path)).map((path) => [path, inodeAt(path)]))
  }

  /**
   * Refuses with `store/moved` unless each file is in place. Files that were missing at opening may come and
   * go.
   */
  assertInPlace(): void {
    for (const [path, known] of this.#inodes) {
      const found = known === undefined ? undefined : inodeAt(path)
      if (found === known) continue
      const why = found === undefined ? 'no longer exists' : 'is a different file now'
      refuse('store/moved', `${path} ${why}; it was moved, deleted or replaced while the store was open`, {
        path,
        why,
      })
    }
  }
}

function inodeAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}
