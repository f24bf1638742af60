/** The directory of a store. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { refuse } from '../protocol/codes.ts'

/** Makes the directory and those above it. One that is there is fine. */
export function makeDirectory(directory: string): void {
  const path = resolve(directory)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  if (found !== undefined) refuse('store/no-directory', `${path} is a file, not a directory`, { directory: path })
  // Not `recursive`: where nothing can be made, as in /proc, that never ends.
  if (dirname(path) !== path) makeDirectory(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    refuse('store/no-directory', `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`, { directory: path })
  }
}
