/**
 * Reads a store that this process does not have open for writing: in place, or from a private copy.
 *
 * Rea1. Reading leaves nothing beside a closed store, nor anything that locks its owner out, and needs no
 *       write permission.
 * Rea2. A store that a writer has open is read in place: SQLite coordinates the two, and creates no file.
 * Rea3. A closed store is read in place if this process belongs to its owner (or root) and may write there:
 *       SQLite creates its log and index, and removes them when the last connection closes.
 * Rea4. Otherwise a copy is read, of the file and its log, in a separate directory below the system's
 *       directory for temporary files. It is unlinked as soon as it is open, so that nothing of it outlives
 *       the process.
 * Rea5. The file of a store that a writer has open is never copied byte by byte (Fil3). A copy is repeated
 *       when the original changed meanwhile.
 */
import { chmodSync, constants, copyFileSync, mkdtempSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { withoutBounds } from '../../base/pulse.ts'
import { refuse } from '../../protocol/codes.ts'
import type { RolledBack } from '../../protocol/store/views.ts'
import { storeFiles, makeIndependent, openFile, openToRead, placeFile, storePath } from './file.ts'
import { assertStoreFile, pathFits, statIfPresent, onDisk, whyDenied } from '../files/fileSystem.ts'
import { limits } from '../files/limits.ts'
import { lockPath, lockState } from './lock.ts'
import { logPath } from '../files/log.ts'
import type { SqlFile } from '../sql/sql.ts'

/** Opens the last block for reading. */
export function openForReading(directory: string): SqlFile {
  switch (readingMethod(directory)) {
    case 'beside-a-writer':
      return openToRead(directory, 'read')
    case 'in-place':
      // A read-only connection could not remove the files that SQLite creates for it; a writing one would
      // merge a log.
      return openToRead(
        directory,
        (statIfPresent(logPath(storePath(directory)))?.size ?? 0) > 0 ? 'read' : 'write',
      )
    case 'copy':
      return withCopy(directory, copyFiles, (place) => openToRead(place, 'read'))
  }
}

/** Opens a copy of the last block like a store, migrating older formats. Writes to it are lost. */
export function openCopy(directory: string, rolledBack: RolledBack): SqlFile {
  const fill = readingMethod(directory) === 'beside-a-writer' ? forkFile : copyFiles
  return withCopy(directory, fill, (place) => openFile(place, rolledBack))
}

/** Writes the content of the file, compactly, to a path where there is nothing or an empty file. */
export function vacuumInto(source: SqlFile, to: string): void {
  try {
    withoutBounds(() => source.execute(`VACUUM INTO '${to.replaceAll("'", "''")}'`))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    // SQLite does not say which of the two files failed.
    throw new CodedError(error.code, `${error.message}, while it was copied to ${to}`, {
      ...error.detail,
      to,
    })
  }
}

// --- choosing a way

function readingMethod(directory: string): 'beside-a-writer' | 'in-place' | 'copy' {
  const path = storePath(directory)
  if (!pathFits(directory, basename(path))) return 'copy'
  const state = lockState(directory)
  // An open store has both files.
  const open =
    state === 'held' ||
    (state === 'unknown' && ['-wal', '-shm'].every((side) => statIfPresent(path + side) !== undefined))
  if (open) return 'beside-a-writer'
  return isOurs(path) &&
    [directory, ...storeFiles(directory)].every((one) => whyDenied(one, 'write') === undefined)
    ? 'in-place'
    : 'copy'
}

/** Whether the files that SQLite creates beside the file belong to the file's owner. */
function isOurs(path: string): boolean {
  const user = process.geteuid?.() ?? 0
  return user === 0 || statIfPresent(path)?.uid === user
}

// --- copies

/** Rea4. Refusals name the original. */
function withCopy(
  directory: string,
  fill: (directory: string, place: string) => void,
  open: (place: string) => SqlFile,
): SqlFile {
  const place = forCopy(tmpdir(), () =>
    onDisk(tmpdir(), 'write', () => mkdtempSync(join(tmpdir(), 'heirloom-reading-'))),
  )
  try {
    forCopy(place, () => fill(directory, place))
    const sql = openLog(open(place))
    sql.reportPathAs(storePath(directory))
    return sql
  } catch (error) {
    throw error instanceof CodedError && !isForCopy(error) ? renamed(error, place, directory) : error
  } finally {
    remove(place)
  }
}

function renamed({ code, message, detail }: CodedError, place: string, directory: string): CodedError {
  const rename = (value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll(place, directory) : value
  return new CodedError(
    code,
    String(rename(message)),
    Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, rename(value)])),
  )
}

/** SQLite opens the log at the first read, and must find it under its name. */
function openLog(sql: SqlFile): SqlFile {
  sql.pragmaNumber('schema_version')
  return sql
}

/** Does not list the directory, which takes a file descriptor. Files that cannot be removed stay. */
function remove(place: string): void {
  try {
    for (const file of [...storeFiles(place), lockPath(place)]) rmSync(file, { force: true })
    rmdirSync(place)
  } catch {
    // The reason of the refusal is more useful.
  }
}

const forCopyText = 'A copy of the store is made there to be read; TMPDIR names another place'
const isForCopy = ({ message }: CodedError): boolean => message.endsWith(forCopyText)

/** Adds the purpose of the copy to a refusal about it. */
function forCopy<Value>(place: string, use: () => Value): Value {
  try {
    return use()
  } catch (error) {
    const path = error instanceof CodedError ? String(error.detail['to'] ?? error.detail['path']) : ''
    if (!(error instanceof CodedError) || (path !== place && !path.startsWith(`${place}/`))) throw error
    throw new CodedError(error.code, `${error.message}. ${forCopyText}`, error.detail)
  }
}

function forkFile(directory: string, place: string): void {
  const source = openForReading(directory)
  try {
    placeFile(place, (path) => {
      vacuumInto(source, path)
      return makeIndependent(path)
    })
  } finally {
    source.close()
  }
}

/** Rea5. */
function copyFiles(directory: string, place: string): void {
  const path = storePath(directory)
  for (let attempt = 1; attempt <= limits.copies; attempt += 1) {
    const before = fingerprintOf(directory)
    for (const file of storeFiles(directory))
      if (!file.endsWith('-shm')) copyFile(file, join(place, basename(file)))
    if (fingerprintOf(directory) === before) return
  }
  refuse('store/in-use', `${path} changed during each of ${limits.copies} attempts to copy it for reading`, {
    path,
  })
}

/** Missing or empty files are not copied. */
function copyFile(from: string, to: string): void {
  rmSync(to, { force: true })
  if ((assertStoreFile(from)?.size ?? 0) === 0) return
  const denied = whyDenied(from, 'read')
  if (denied !== undefined) throw denied
  // The file system shares the blocks of both files if it can.
  onDisk(to, 'write', () => {
    try {
      copyFileSync(from, to, constants.COPYFILE_FICLONE)
      chmodSync(to, 0o600)
    } catch (error) {
      // Another process has just closed the store and removed its log: the files changed, so all are copied
      // again.
      if (statIfPresent(from) !== undefined) throw error
    }
  })
}

/** Changes with the state of the files. */
function fingerprintOf(directory: string): string {
  const stamps = storeFiles(directory).map((file) => {
    const stats = onDisk(file, 'read', () => statSync(file, { bigint: true, throwIfNoEntry: false }))
    return stats === undefined ? 'none' : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
  })
  return stamps.join(', ')
}
