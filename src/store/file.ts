/**
 * The file of a store, from outside: is it there, is it ours, is it whole.
 *
 * F1. What is refused is not touched: nothing is written before all checks have passed.
 * F2. A new store appears under its name only when it is complete (written beside, synced, renamed).
 * F3. The file is read past SQLite only while this process holds the writer's lock: closing any handle
 *     on a file lets go of the process's locks on it, which a reader of a running store must not do.
 * F4. Opening for writing finds out that a commit can write; if not, it refuses before anything is changed.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assert, CodedError } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { writeFirstBlock } from './blocks.ts'
import { makeFile } from './directory.ts'
import { assertPath, assertPathFits, assertOwn, look, onDisk, whyDenied, withSides } from './fileSystem.ts'
import { applicationId, creation, formatVersion, migrations } from './schema.ts'
import { isCorrupt, SqlFile } from './sql.ts'

const storeName = 'heirloom.sqlite'

export const storePath = (directory: string): string => join(directory, storeName)

/** The file is written under this path until it is complete (F2). */
const unfinishedPath = (directory: string): string => `${storePath(directory)}.new`

/** Refuses when there is no store, or when something else is in the place of one of its files. */
export function assertFound(directory: string): void {
  const path = storePath(directory)
  if (lookFor(directory) === undefined) refuse('store/not-found', `There is no ${path}`, { path })
  for (const file of withSides(path)) assertOwn(file)
  const denied = whyDenied(path, 'read')
  if (denied !== undefined) throw denied
}

/** Refuses when there is a store already, or when none can be made at this path. */
export function assertAbsent(directory: string): void {
  const path = storePath(directory)
  if (lookFor(directory) !== undefined) refuse('store/exists', `There is a ${path} already`, { path })
  assertPathFits(directory, `${storeName}.new`)
  for (const file of [...withSides(path), ...withSides(unfinishedPath(directory))]) assertOwn(file)
}

function lookFor(directory: string): ReturnType<typeof assertOwn> {
  assertPath(directory)
  const found = look(directory)
  if (found !== undefined && !found.isDirectory()) refuse('store/no-directory', `${directory} is a file, not a directory`, { directory })
  return assertOwn(storePath(directory))
}

/** F4, as far as permissions tell. SQLite makes and removes files in the directory. */
export function assertWritable(directory: string): void {
  assertPathFits(directory, storeName)
  const path = storePath(directory)
  for (const file of [directory, ...withSides(path)]) {
    const denied = whyDenied(file, 'write')
    if (denied === undefined) continue
    if (file === directory || file === path) throw denied
    // Not to be deleted by anybody who is told of it: a log may have blocks.
    throw new CodedError(denied.code, `${denied.message}. SQLite made it for that user; give it to the owner of the store (chown)`, denied.detail)
  }
}

/** Makes an empty store under its name (F2). */
export function createFile(directory: string): void {
  placeFile(directory, (path) => {
    const sql = new SqlFile(path, 'create')
    sql.execute('BEGIN')
    createTables(sql)
    writeFirstBlock(sql)
    sql.execute('COMMIT')
    sql.close()
  })
}

/** Makes an SQLite file a store of this format, but for its first block. */
export const createTables = (sql: SqlFile): void => sql.execute(creation.join(';\n'))

/** Lets `make` write a file beside the store's name, and puts it there once it is on the disk. */
export function placeFile(directory: string, make: (path: string) => void): void {
  const path = storePath(directory)
  const beside = unfinishedPath(directory)
  const remove = (): void => withSides(beside).forEach((file) => rmSync(file, { force: true }))
  onDisk(beside, 'write', remove)
  try {
    makeFile(beside, undefined)
    make(beside)
    syncPath(beside)
    onDisk(path, 'write', () => renameSync(beside, path))
  } catch (error) {
    remove()
    throw error
  }
  syncPath(dirname(path))
}

/** Opens the file for writing, of this format, or refuses. The writer's lock is held. */
export function openFile(directory: string, logPages: number): SqlFile {
  assertWritable(directory)
  return openAt(storePath(directory), storePath(directory), logPages)
}

/** Opens the file at the path. Refusals name the path `shownAs`. */
export function openAt(path: string, shownAs: string, logPages: number): SqlFile {
  checkHeader(path)
  const sql = new SqlFile(path, 'write', { shownAs })
  try {
    checkIdentity(sql)
    // What permissions do not tell, such as a log that SQLite can open for reading only (F4).
    sql.execute('BEGIN IMMEDIATE; ROLLBACK')
    migrate(sql)
    sql.execute(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${logPages};
      PRAGMA cache_size = -32768;
      PRAGMA foreign_keys = ON;
    `)
    sql.begin()
  } catch (error) {
    sql.close()
    throw error
  }
  return sql
}

/** Opens the file at the path for reading, also while another writes to it. Refusals name the path `shownAs`. */
export function openToRead(path: string, mode: 'read' | 'write', shownAs: string): SqlFile {
  const sql = new SqlFile(path, mode, { shownAs })
  try {
    checkIdentity(sql)
  } catch (error) {
    sql.close()
    if (isCorrupt(error)) refuse('store/not-a-store', `${shownAs} is not an SQLite file`, { path: shownAs })
    throw error
  }
  return sql
}

/** Refuses what is no store, or a newer one; through SQLite, so that what is only in the log counts. */
function checkIdentity(sql: SqlFile): void {
  const { path } = sql
  if (sql.number('application_id') !== applicationId) refuse('store/not-a-store', `${path} is not a Heirloom store`, { path })
  const format = sql.number('user_version')
  if (format > formatVersion) {
    refuse('store/newer-format', `${path} has format ${format}; this release knows formats up to ${formatVersion}`, {
      path,
      format,
      known: formatVersion,
    })
  }
  if (format < 1) refuse('store/not-a-store', `${path} has format ${format}, which never was`, { path, format })
}

function migrate(sql: SqlFile): void {
  for (let from = sql.number('user_version'); from < formatVersion; from += 1) {
    const steps = migrations[from]
    assert(steps !== undefined, `there is a way from format ${from} to ${from + 1}`)
    sql.execute(['BEGIN', ...steps, `PRAGMA user_version = ${from + 1}`, 'COMMIT'].join(';\n'))
  }
}

const magic = Buffer.from('SQLite format 3\0', 'latin1')
const headerBytes = 100

/** Reads the header itself: SQLite would take a file that was cut off for as much as is left of it. */
function checkHeader(path: string): void {
  const file = onDisk(path, 'read', () => openSync(path, 'r'))
  try {
    const header = readAt(file, 0, headerBytes)
    const length = fstatSync(file).size
    if (header.length < magic.length || !header.subarray(0, magic.length).equals(magic)) {
      refuse('store/not-a-store', `${path} is not an SQLite file`, { path })
    }
    if (header.length < headerBytes) refuseTruncated(path, length, headerBytes)
    if (header.readUInt32BE(68) !== applicationId) refuse('store/not-a-store', `${path} is not a Heirloom store`, { path })
    const size = header.readUInt16BE(16)
    const pageSize = size === 1 ? 65_536 : size
    const pages = header.readUInt32BE(28)
    if (length < pages * pageSize) checkLog(path, pageSize, Math.floor(length / pageSize), pages, length)
  } finally {
    closeSync(file)
  }
}

/** Pages that the file lacks may be in the log: a checkpoint was interrupted. Then nothing is lost. */
function checkLog(path: string, pageSize: number, present: number, pages: number, length: number): void {
  const logged = loggedPages(`${path}-wal`, pageSize)
  for (let page = present + 1; page <= pages; page += 1) {
    if (!logged.has(page)) refuseTruncated(path, length, pages * pageSize)
  }
}

const logHeaderBytes = 32
const frameHeaderBytes = 24

/** The numbers of the pages in committed frames of the write-ahead log. */
function loggedPages(path: string, pageSize: number): Set<number> {
  const committed = new Set<number>()
  if (!existsSync(path) || statSync(path).size < logHeaderBytes) return committed
  const file = onDisk(path, 'read', () => openSync(path, 'r'))
  try {
    const salt = readAt(file, 16, 8)
    let pending: number[] = []
    for (let at = logHeaderBytes; ; at += frameHeaderBytes + pageSize) {
      const frame = readAt(file, at, frameHeaderBytes)
      if (frame.length < frameHeaderBytes || !frame.subarray(8, 16).equals(salt)) return committed
      pending.push(frame.readUInt32BE(0))
      if (frame.readUInt32BE(4) === 0) continue
      for (const page of pending) committed.add(page)
      pending = []
    }
  } finally {
    closeSync(file)
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, onDisk('the store', 'read', () => readSync(file, bytes, 0, length, position)))
}

function refuseTruncated(path: string, length: number, expected: number): never {
  refuse('store/truncated', `${path} has ${length} bytes; it says it has ${expected}`, { path, length, expected })
}

export function syncPath(path: string): void {
  onDisk(path, 'write', () => {
    const file = openSync(path, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}
