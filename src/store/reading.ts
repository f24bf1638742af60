/**
 * Reading a store that this process does not have open for writing: in its place, or from a private copy.
 *
 * Rd1. Reading leaves nothing beside a store that nobody has open, nor anything that locks its owner out, and
 *      needs no permission to write.
 * Rd2. A store that a writer has open is read in its place: SQLite coordinates the two, and makes no file.
 * Rd3. One that nobody has open is read in its place if this process is its owner's (or root's) and may write
 *      there: SQLite makes its log and index, and removes them again when the last connection closes.
 * Rd4. Otherwise a copy is read, of the file and its log, in a directory of its own below the system's directory
 *      for temporary files. It loses its name as soon as it is open, so that nothing of it outlives the process.
 * Rd5. The file of a store that a writer has open is never copied byte by byte (F3). A copy during which the
 *      original changed is made again.
 */
import { chmodSync, constants, copyFileSync, mkdtempSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { makeFile } from './directory.ts'
import { assertOwn, fits, look, onDisk, whyDenied, withSides } from './fileSystem.ts'
import { openAt, openToRead, storePath } from './file.ts'
import { limits } from './limits.ts'
import { lockState } from './lock.ts'
import type { SqlFile } from './sql.ts'

/** Opens the last block for reading. */
export function openForReading(directory: string): SqlFile {
  const path = storePath(directory)
  switch (wayOf(directory)) {
    case 'beside-a-writer':
      return openToRead(path, 'read', path)
    case 'in-place':
      // A connection that only reads could not remove what SQLite makes for it; one that writes would take in a log.
      return openToRead(path, (look(`${path}-wal`)?.size ?? 0) > 0 ? 'read' : 'write', path)
    case 'copy':
      return withCopy((copy) => copyFiles(directory, copy), (copy) => readOnce(openToRead(copy, 'write', path)))
  }
}

/**
 * Opens a copy of the last block as a store is opened, with an older format brought up to date. What is written
 * to it is lost.
 */
export function openCopy(directory: string): SqlFile {
  const path = storePath(directory)
  const fill = wayOf(directory) === 'beside-a-writer' ? forkFile : copyFiles
  return withCopy((copy) => fill(directory, copy), (copy) => readOnce(openAt(copy, path, limits.logPages)))
}

/** Writes what the file has, compactly, to a path where there is nothing or an empty file. */
export function vacuumInto(source: SqlFile, to: string): void {
  try {
    source.execute(`VACUUM INTO '${to.replaceAll("'", "''")}'`)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    // SQLite does not say which of the two files it is about.
    throw new CodedError(error.code, `${error.message}, while it was copied to ${to}`, { ...error.detail, to })
  }
}

// --- which way

function wayOf(directory: string): 'beside-a-writer' | 'in-place' | 'copy' {
  const path = storePath(directory)
  if (!fits(directory, basename(path))) return 'copy'
  const state = lockState(directory)
  // A store that is open has both files.
  const open = state === 'held' || (state === 'unknown' && ['-wal', '-shm'].every((side) => look(path + side) !== undefined))
  if (open) return 'beside-a-writer'
  return isOurs(path) && [directory, ...withSides(path)].every((one) => whyDenied(one, 'write') === undefined) ? 'in-place' : 'copy'
}

/** Whether what SQLite makes beside the file belongs to the owner of the file. */
function isOurs(path: string): boolean {
  const user = process.geteuid?.() ?? 0
  return user === 0 || look(path)?.uid === user
}

// --- copies

/** Rd4. */
function withCopy(fill: (copy: string) => void, open: (copy: string) => SqlFile): SqlFile {
  const place = forCopy(tmpdir(), () => onDisk(tmpdir(), 'write', () => mkdtempSync(join(tmpdir(), 'heirloom-reading-'))))
  try {
    const copy = storePath(place)
    forCopy(place, () => fill(copy))
    return open(copy)
  } finally {
    remove(place)
  }
}

/** SQLite opens the log with the first reading, and must find it under its name. */
function readOnce(sql: SqlFile): SqlFile {
  sql.number('schema_version')
  return sql
}

/** Without a look into the directory, which takes a file descriptor. What cannot be removed stays. */
function remove(place: string): void {
  try {
    for (const file of withSides(storePath(place))) rmSync(file, { force: true })
    rmdirSync(place)
  } catch {
    // Why the store was refused says more.
  }
}

/** A refusal that is about the copy says what the copy is for. */
function forCopy<Value>(place: string, use: () => Value): Value {
  try {
    return use()
  } catch (error) {
    const path = error instanceof CodedError ? String(error.detail['path']) : ''
    if (!(error instanceof CodedError) || (path !== place && !path.startsWith(`${place}/`))) throw error
    throw new CodedError(error.code, `${error.message}. A copy of the store is made there to be read; TMPDIR names another place`, error.detail)
  }
}

function forkFile(directory: string, copy: string): void {
  const source = openForReading(directory)
  try {
    makeFile(copy, undefined)
    vacuumInto(source, copy)
  } finally {
    source.close()
  }
}

/** Rd5. */
function copyFiles(directory: string, copy: string): void {
  const path = storePath(directory)
  for (let attempt = 1; attempt <= limits.copies; attempt += 1) {
    const before = stampOf(path)
    for (const side of ['', '-wal', '-journal']) copyFile(path + side, copy + side)
    if (stampOf(path) === before) return
  }
  refuse('store/in-use', `${path} changed ${limits.copies} times while it was copied to be read`, { path })
}

/** What is not there, or empty, is not copied. */
function copyFile(from: string, to: string): void {
  rmSync(to, { force: true })
  if ((assertOwn(from)?.size ?? 0) === 0) return
  const denied = whyDenied(from, 'read')
  if (denied !== undefined) throw denied
  // Where the file system can share the blocks of both files, it does.
  onDisk(to, 'write', () => copyFileSync(from, to, constants.COPYFILE_FICLONE))
  onDisk(to, 'write', () => chmodSync(to, 0o600))
}

/** Another text for another state of the files. */
function stampOf(path: string): string {
  const stamps = withSides(path).map((file) => {
    const stats = onDisk(file, 'read', () => statSync(file, { bigint: true, throwIfNoEntry: false }))
    return stats === undefined ? 'none' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
  })
  return stamps.join(', ')
}
