/**
 * The directory of a store or of an export, and its private files.
 *
 * Dir1. New directories have mode 0700 and new files 0600, regardless of the umask. Existing ones are
 * unchanged.
 * Dir2. When creating the directory or its content is refused, the new directories are removed again.
 * Dir3. A directory that another process creates at the same time is that process's, and is used.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  rmdirSync,
  type Stats,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { statIfPresent, onDisk, refusalOfSystemError } from './fileSystem.ts'

const directoryMode = 0o700
const fileMode = 0o600

/** Creates the directory and its parents, and calls `use` to fill it (Dir2). It may exist already. */
export function withDirectory<Value>(directory: string, use: () => Value): Value {
  const made: string[] = []
  try {
    createDirectory(resolve(directory), made)
    return use()
  } catch (error) {
    removeEmpty(made)
    throw error
  }
}

function createDirectory(path: string, made: string[]): void {
  const found = statIfPresent(path)
  if (found?.isDirectory() === true) return
  if (found !== undefined)
    refuse('store/no-directory', `${path} is a file, not a directory`, { directory: path })
  // Not `recursive`: where nothing can be created, as in /proc, that never ends.
  if (dirname(path) !== path) createDirectory(dirname(path), made)
  try {
    mkdirSync(path, directoryMode)
    made.push(path)
    chmodSync(path, directoryMode)
  } catch (error) {
    if (isPresent(error, path)) return
    const refusal = refusalOfSystemError(error, path, 'write')
    if (refusal !== undefined && refusal.code !== 'store/write-failed') throw refusal
    refuse(
      'store/no-directory',
      `${path} cannot be created: ${error instanceof Error ? error.message : String(error)}`,
      { directory: path },
    )
  }
}

/** Dir3. */
function isPresent(error: unknown, path: string): boolean {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  return exists && statIfPresent(path)?.isDirectory() === true
}

/** Innermost first. Directories that others put something into stay. */
function removeEmpty(made: readonly string[]): void {
  for (const path of made.toReversed()) {
    try {
      rmdirSync(path)
    } catch {
      return
    }
  }
}

/** The owner for files that root creates in another user's store; undefined: root. */
type FileOwner = Pick<Stats, 'uid' | 'gid'> | undefined

/** Creates an empty file. Returns whether it was created, or existed already. */
export function createFile(path: string, owner: FileOwner): 'made' | 'there' {
  try {
    onDisk(path, 'write', () => {
      const file = openSync(path, 'wx', fileMode)
      try {
        restrictAccess(file, owner)
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

/** Opens a file for writing from its beginning, readable only by the owner. */
export function openToWrite(path: string, owner: FileOwner = undefined): number {
  return onDisk(path, 'write', () => {
    const file = openSync(path, 'w', fileMode)
    restrictAccess(file, owner)
    return file
  })
}

function restrictAccess(file: number, owner: FileOwner): void {
  fchmodSync(file, fileMode)
  if (owner !== undefined && process.geteuid?.() === 0) fchownSync(file, owner.uid, owner.gid)
}
