/**
 * The files of an open store, by what they were when it was opened: device and number of the inode.
 *
 * A process goes on writing to files that were removed or replaced behind it, and nothing of that is found by
 * who opens the store next. So a commit asks first. Nothing is opened for that (F3).
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { refuse } from '../protocol/codes.ts'

export class OpenFiles {
  readonly #known: ReadonlyMap<string, string | undefined>

  constructor(paths: readonly string[]) {
    this.#known = new Map(paths.map((path) => resolve(path)).map((path) => [path, inodeAt(path)]))
  }

  /** Refuses with `store/moved` unless each is where it was. One that was not there then may come and go. */
  assertInPlace(): void {
    for (const [path, known] of this.#known) {
      const found = known === undefined ? undefined : inodeAt(path)
      if (found === known) continue
      const why = found === undefined ? 'no longer exists' : 'is a different file now'
      refuse('store/moved', `${path} ${why}; it was moved, deleted or replaced while the store was open`, { path, why })
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
