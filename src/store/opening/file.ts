/**
 * Checks on the store's file from outside: whether it exists, is ours, and is whole.
 *
 * Fil1. A refused store is not touched: nothing is written before all checks have passed.
 * Fil2. A new store appears under its name only when it is complete (written to a temporary name, synced,
 *       renamed), followed by its commit record. Files that end in `.new` are left from an interrupted
 *       creation, and may be overwritten.
 * Fil3. The file is read past SQLite only while this process holds the writer's lock: closing any handle on a
 *       file releases the process's locks on it, which a reader of a running store must not do.
 * Fil4. No store is created beside the files of another, even if the main file is missing.
 * Fil5. Opening for writing verifies that a commit can write; if not, it refuses before any change.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { assert, CodedError } from '../../base/errors.ts'
import { withoutBounds } from '../../base/pulse.ts'
import { refuse } from '../../protocol/codes.ts'
import { readLastBlock, writeFirstBlock } from '../state/blocks.ts'
import {
  placeRecord,
  recordPath,
  temporaryRecordPath,
  writeTemporaryRecord,
  type CommitRecord,
} from '../files/commitRecord.ts'
import { assertContinues, checkLog, checkLogBesideWriter, type RecordAndLog } from './continuity.ts'
import type { RolledBack } from '../../protocol/store/views.ts'
import { createFile } from '../files/directory.ts'
import {
  assertStoreFile,
  assertPath,
  assertPathFits,
  statIfPresent,
  onDisk,
  whyDenied,
  sqliteFilesOf,
} from '../files/fileSystem.ts'
import { newIdentity, writeIdentity } from './identity.ts'
import { limits } from '../files/limits.ts'
import { logPath, readLog } from '../files/log.ts'
import {
  applicationId,
  checkSchema,
  creation,
  firstFormatWithChecksums,
  formatVersion,
  formatWithRecord,
  migrations,
} from '../sql/schema.ts'
import { SqlFile } from '../sql/sql.ts'
import { isNoDatabase } from '../sql/sqliteErrors.ts'

const storeName = 'heirloom.sqlite'

export const storePath = (directory: string): string => join(directory, storeName)

/** The path of the file until it is complete (Fil2). */
const unfinishedPath = (directory: string): string => `${storePath(directory)}.new`

/** All files of a store but its lock. */
export const storeFiles = (directory: string): readonly string[] => [
  ...sqliteFilesOf(storePath(directory)),
  recordPath(directory),
  temporaryRecordPath(directory),
]

/** Refuses when there is no store, or when one of its files is of another kind. */
export function assertStoreExists(directory: string): void {
  const path = storePath(directory)
  if (statStore(directory) === undefined) {
    assertNoRemains(directory)
    refuse('store/not-found', `${path} does not exist`, { path })
  }
  for (const file of storeFiles(directory)) assertStoreFile(file)
  const denied = whyDenied(path, 'read')
  if (denied !== undefined) throw denied
}

/** Refuses when there is a store already, or when none can be created at this path. */
export function assertNoStore(directory: string): void {
  const path = storePath(directory)
  if (statStore(directory) !== undefined) refuse('store/exists', `${path} already exists`, { path })
  assertPathFits(directory, `${storeName}.new`)
  for (const file of [...storeFiles(directory), ...sqliteFilesOf(unfinishedPath(directory))])
    assertStoreFile(file)
  assertNoRemains(directory)
}

function statStore(directory: string): ReturnType<typeof assertStoreFile> {
  assertPath(directory)
  const found = statIfPresent(directory)
  if (found !== undefined && !found.isDirectory())
    refuse('store/no-directory', `${directory} is a file, not a directory`, { directory })
  return assertStoreFile(storePath(directory))
}

/** Fil4. The lock does not count: it exists before a store does. */
function assertNoRemains(directory: string): void {
  const path = storePath(directory)
  const found = [recordPath(directory), logPath(path), `${path}-shm`].find((remains) => existsSync(remains))
  if (found !== undefined)
    refuse('store/incomplete', `${found} exists, but ${path} does not`, { path, found })
}

/** Fil5, as far as permissions show. SQLite creates and removes files in the directory. */
export function assertWritable(directory: string): void {
  assertPathFits(directory, storeName)
  const path = storePath(directory)
  for (const file of [directory, ...storeFiles(directory)]) {
    const denied = whyDenied(file, 'write')
    if (denied === undefined) continue
    if (file === directory || file === path) throw denied
    // Advises chown, not deletion: a log may have blocks.
    throw new CodedError(
      denied.code,
      `${denied.message}. Give it to the owner of the store (chown)`,
      denied.detail,
    )
  }
}

/** Creates an empty store under its name (Fil2). */
export function createStoreFile(directory: string): void {
  placeFile(directory, (path) => {
    const sql = new SqlFile(path, 'create')
    sql.execute('BEGIN')
    const identity = createTables(sql)
    writeFirstBlock(sql)
    const record = recordOf(sql, identity)
    sql.execute('COMMIT')
    sql.close()
    return record
  })
}

/** Makes an SQLite file a store of this format, except for its first block. Returns its identity. */
export function createTables(sql: SqlFile): string {
  sql.execute(creation.join(';\n'))
  const identity = newIdentity()
  writeIdentity(sql, identity)
  return identity
}

/** The first record of a store. */
export function recordOf(sql: SqlFile, store: string): CommitRecord {
  const { height, activityHash } = readLastBlock(sql)
  return { store, height, activityHash, log: { kind: 'none' } }
}

/** Calls `make` to write a temporary file, and renames it and its record once they are on the disk (Fil2). */
export function placeFile(directory: string, make: (path: string) => CommitRecord): void {
  const path = storePath(directory)
  const beside = unfinishedPath(directory)
  const remove = (): void =>
    [...sqliteFilesOf(beside), temporaryRecordPath(directory)].forEach((file) =>
      rmSync(file, { force: true }),
    )
  onDisk(beside, 'write', remove)
  try {
    createFile(beside, undefined)
    const record = make(beside)
    syncPath(beside)
    assert(record.log.kind === 'none', 'a new store has no log (Fil2)')
    writeTemporaryRecord(directory, record)
    onDisk(path, 'write', () => renameSync(beside, path))
  } catch (error) {
    remove()
    throw error
  }
  syncPath(directory)
  placeRecord(directory)
}

/** Makes a copy of a store independent: of this format, with its own identity. */
export function makeIndependent(path: string): CommitRecord {
  const sql = new SqlFile(path, 'write')
  try {
    const identity = newIdentity()
    sql.execute(['BEGIN', ...migrationsFrom(sql), `PRAGMA user_version = ${formatVersion}`].join(';\n'))
    writeIdentity(sql, identity)
    const record = recordOf(sql, identity)
    sql.execute('COMMIT')
    return record
  } finally {
    sql.close()
  }
}

/** Opens the file for writing, in this format, or refuses. Requires the writer's lock. */
export function openFile(directory: string, rolledBack: RolledBack): SqlFile {
  assertWritable(directory)
  const path = storePath(directory)
  checkHeader(path)
  const surroundings = checkLog(path, directory, rolledBack)
  // SQLite merges the log when it closes a writable file, even one that is refused.
  if (surroundings.log.kind === 'frames') openChecked(path, 'read', surroundings, rolledBack).close()
  const sql = openChecked(path, 'write', surroundings, rolledBack)
  try {
    // Detects what permissions do not show, such as a log that SQLite can open for reading only (Fil5).
    sql.execute('BEGIN IMMEDIATE; ROLLBACK')
    sql.execute(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -32768;
      PRAGMA foreign_keys = ON;
      PRAGMA busy_timeout = 0;
    `)
    migrate(sql, directory)
    sql.begin()
  } catch (error) {
    sql.close()
    throw error
  }
  return sql
}

/**
 * Opens the file for reading, even while another process writes to it. With `write`, SQLite removes the log
 * when this is the last connection that closes.
 */
export function openToRead(directory: string, mode: 'read' | 'write'): SqlFile {
  const path = storePath(directory)
  const surroundings = checkLogBesideWriter(path, directory)
  try {
    return openChecked(path, mode, surroundings, 'refuse')
  } catch (error) {
    if (isNoDatabase(error)) refuse('store/not-a-store', `${path} is not an SQLite file`, { path })
    throw error
  }
}

function openChecked(
  path: string,
  mode: 'read' | 'write',
  { record }: RecordAndLog,
  rolledBack: RolledBack,
): SqlFile {
  const sql = new SqlFile(path, mode, { lockTimeout: limits.openingTimeout })
  try {
    const format = checkIdentity(sql)
    checkSchema(sql, format)
    if (format < firstFormatWithChecksums) sql.checksums = 'none'
    if (rolledBack === 'refuse') assertContinues(sql, readLastBlock(sql), record)
    return sql
  } catch (error) {
    sql.close()
    throw error
  }
}

/**
 * Refuses anything but a store, and newer stores; through SQLite, to include data that is only in the log.
 * Returns the format.
 */
function checkIdentity(sql: SqlFile): number {
  const { path } = sql
  if (sql.pragmaNumber('application_id') !== applicationId)
    refuse('store/not-a-store', `${path} is not a Heirloom store`, { path })
  const format = sql.pragmaNumber('user_version')
  if (format > formatVersion) {
    refuse(
      'store/newer-format',
      `${path} has format ${format}; this release knows formats up to ${formatVersion}`,
      {
        path,
        format,
        known: formatVersion,
      },
    )
  }
  if (format < 1)
    refuse('store/not-a-store', `${path} has format ${format}, which does not exist`, { path, format })
  return format
}

/** In one transaction. A store without a record gets one before its format requires it (Cnt4). */
function migrate(sql: SqlFile, directory: string): void {
  const steps = migrationsFrom(sql)
  if (steps.length === 0) return
  const isFirst = sql.pragmaNumber('user_version') < formatWithRecord
  const identity = newIdentity()
  if (isFirst) {
    sql.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    writeTemporaryRecord(directory, recordOf(sql, identity))
    placeRecord(directory)
  }
  withoutBounds(() => sql.execute(['BEGIN', ...steps, `PRAGMA user_version = ${formatVersion}`].join(';\n')))
  if (isFirst) writeIdentity(sql, identity)
  assert(sql.pragmaNumber('user_version') === formatVersion, 'a migrated store has the present format')
  sql.execute('COMMIT')
  sql.checksums = 'kept'
}

function migrationsFrom(sql: SqlFile): readonly string[] {
  const steps: string[] = []
  sql.defineChecksum()
  for (let from = sql.pragmaNumber('user_version'); from < formatVersion; from += 1) {
    const more = migrations[from]
    assert(more !== undefined, `there is a way from format ${from} to ${from + 1}`)
    steps.push(...more.schema, ...more.content)
  }
  return steps
}

const magic = Buffer.from('SQLite format 3\0', 'latin1')
const headerBytes = 100

/** Reads the header directly: SQLite would accept a truncated file at its shorter length. */
function checkHeader(path: string): void {
  const file = onDisk(path, 'read', () => openSync(path, 'r'))
  try {
    const header = readAt(file, 0, headerBytes)
    const length = fstatSync(file).size
    if (header.length < magic.length || !header.subarray(0, magic.length).equals(magic)) {
      refuse('store/not-a-store', `${path} is not an SQLite file`, { path })
    }
    if (header.length < headerBytes) refuseTruncated(path, length, headerBytes)
    if (header.readUInt32BE(68) !== applicationId)
      refuse('store/not-a-store', `${path} is not a Heirloom store`, { path })
    const size = header.readUInt16BE(16)
    const pageSize = size === 1 ? 65_536 : size
    const pages = header.readUInt32BE(28)
    if (length < pages * pageSize)
      assertPagesInLog(path, pageSize, Math.floor(length / pageSize), pages, length)
  } finally {
    closeSync(file)
  }
}

/** Pages missing from the file may be in the log after an interrupted checkpoint. Then nothing is lost. */
function assertPagesInLog(
  path: string,
  pageSize: number,
  present: number,
  pages: number,
  length: number,
): void {
  const log = readLog(path)
  for (let page = present + 1; page <= pages; page += 1) {
    if (log.kind !== 'frames' || !log.pages.has(page)) refuseTruncated(path, length, pages * pageSize)
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}

function refuseTruncated(path: string, length: number, expected: number): never {
  refuse('store/truncated', `${path} has ${length} bytes; its header says ${expected}`, {
    path,
    length,
    expected,
  })
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
