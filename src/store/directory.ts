/**
 * The directory of a store or of an export, and files in it that others may not read.
 *
 * Dr1. What is made has mode 0700, a file 0600, whatever the umask is. What is there is left as it is.
 * Dr2. When making it is refused, or what was to be put there, the directories that were made are removed again.
 */
import { chmodSync, closeSync, fchmodSync, fchownSync, mkdirSync, openSync, rmdirSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { look, onDisk, refusalOfSystemError } from './fileSystem.ts'

const directoryMode = 0o700
const fileMode = 0o600

/** Makes the directory and those above it, and lets `use` put something there (Dr2). One that is there is fine. */
export function withDirectory<Value>(directory: string, use: () => Value): Value {
  const made: string[] = []
  try {
    make(resolve(directory), made)
    return use()
  } catch (error) {
    removeEmpty(made)
    throw error
  }
}

function make(path: string, made: string[]): void {
  const found = look(path)
  if (found?.isDirectory() === true) return
  if (found !== undefined) refuse('store/no-directory', `${path} is a file, not a directory`, { directory: path })
  // Not `recursive`: where nothing can be made, as in /proc, that never ends.
  if (dirname(path) !== path) make(dirname(path), made)
  try {
    mkdirSync(path, directoryMode)
    made.push(path)
    chmodSync(path, directoryMode)
  } catch (error) {
    const refusal = refusalOfSystemError(error, path, 'write')
    if (refusal !== undefined && refusal.code !== 'store/write-failed') throw refusal
    refuse('store/no-directory', `${path} cannot be created: ${error instanceof Error ? error.message : String(error)}`, { directory: path })
  }
}

/** Innermost first. What somebody else put something into stays. */
function removeEmpty(made: readonly string[]): void {
  for (const path of made.toReversed()) {
    try {
      rmdirSync(path)
    } catch {
      return
    }
  }
}

/** Whose what root makes is to be, when the store is somebody else's; undefined leaves it to root. */
type Owner = Pick<Stats, 'uid' | 'gid'> | undefined

/** Makes an empty file. Returns whether it was made, or is there already. */
export function makeFile(path: string, owner: Owner): 'made' | 'there' {
  try {
    onDisk(path, 'write', () => {
      const file = openSync(path, 'wx', fileMode)
      try {
        keepPrivate(file, owner)
      } finally {
        closeSync(file)
      }
    })
    return 'made'
  } catch (error) {
    if (error instanceof CodedError && error.detail['cause'] === 'EEXIST') return 'there'
    throw error
  }
}

/** Opens a file for writing from its beginning; it is only the owner's to read. */
export function openToWrite(path: string, owner: Owner = undefined): number {
  return onDisk(path, 'write', () => {
    const file = openSync(path, 'w', fileMode)
    keepPrivate(file, owner)
    return file
  })
}

function keepPrivate(file: number, owner: Owner): void {
  fchmodSync(file, fileMode)
  if (owner !== undefined && process.geteuid?.() === 0) fchownSync(file, owner.uid, owner.gid)
}
