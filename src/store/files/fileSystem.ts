/**
 * Converts refusals of the file system to `store/…` codes with the path, the reason and the owner.
 *
 * Fsy1. Every system call of the store goes through `onDisk` or `statIfPresent`: no error of Node's leaves
 *       the store.
 * Fsy2. SQLite reports no errno. What it could not open or write is examined here (`refuseUnopened`), and
 *       refused with the reason found.
 * Fsy3. Nothing is opened before `assertRegularFile` or `assertStoreFile` has passed: opening a FIFO blocks
 *       until its other end is opened.
 */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CodedError } from '../../base/errors.ts'
import { refuse, type Code } from '../../protocol/codes.ts'
import { limits } from './limits.ts'

export type Intent = 'read' | 'write'

/** Runs a system call on the path. Converts exceptions to refusals. */
export function onDisk<Value>(path: string, intent: Intent, use: () => Value): Value {
  try {
    return use()
  } catch (error) {
    throw refusalOfSystemError(error, path, intent) ?? error
  }
}

/** The file, directory or device at the path, with links resolved; undefined when there is none. */
export function statIfPresent(path: string): Stats | undefined {
  assertPath(path)
  return onDisk(path, 'read', () => statSync(path, { throwIfNoEntry: false }))
}

export function assertPath(path: string): void {
  if (path.includes('\0'))
    refuse(
      'store/no-directory',
      `${JSON.stringify(path)} contains a NUL character, which no path may contain`,
      { path },
    )
}

/** Converts an error of a system call to a refusal; undefined for other errors. */
export function refusalOfSystemError(error: unknown, path: string, intent: Intent): CodedError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  const cause = String(error.code)
  const detail = { path, cause }
  switch (cause) {
    case 'EACCES':
    case 'EPERM':
      return new CodedError<Code>(
        intent === 'read' ? 'store/not-readable' : 'store/not-writable',
        deniedText(path, intent),
        detail,
      )
    case 'EROFS':
      return new CodedError<Code>('store/not-writable', `${path} is on a read-only file system`, detail)
    case 'ENAMETOOLONG':
      return new CodedError<Code>(
        'store/path-too-long',
        `${path} is longer than the file system allows, as a whole or in one of its names (255 bytes on most)`,
        detail,
      )
    case 'ENOTDIR':
      return new CodedError<Code>(
        'store/no-directory',
        `${path} leads through a file as if it were a directory`,
        detail,
      )
    case 'ELOOP':
      return new CodedError<Code>(
        'store/no-directory',
        `${path} leads through symbolic links that form a loop`,
        detail,
      )
    case 'EISDIR':
    case 'ERR_FS_EISDIR':
    case 'ENXIO':
    case 'ENODEV':
      return new CodedError<Code>('store/not-a-file', `${path} is not a regular file`, detail)
    case 'EMFILE':
    case 'ENFILE':
      return new CodedError<Code>(
        'store/too-many-files',
        `${path} cannot be opened: ${descriptorsText(cause)}`,
        detail,
      )
    default:
      return new CodedError<Code>(
        'store/write-failed',
        `The disk reported an error for ${path}: ${error.message}`,
        detail,
      )
  }
}

const fileErrors = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'ENOTDIR',
  'ELOOP',
  'EISDIR',
  'ENXIO',
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EFBIG',
  'ESTALE',
])
const writingCalls = new Set([
  'mkdir',
  'mkdtemp',
  'rename',
  'unlink',
  'rmdir',
  'write',
  'ftruncate',
  'fsync',
  'chmod',
  'fchmod',
])

/**
 * Likewise for errors of any origin, such as a module that a thread could not load; undefined when it is not
 * about files.
 */
export function refusalOfFileError(error: unknown): CodedError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  // When a thread cannot be started, the reason is in the message.
  const [descriptors] = /\bE[MN]FILE\b/.exec(error.message) ?? []
  if (error.code === 'ERR_WORKER_INIT_FAILED' && descriptors !== undefined) {
    return new CodedError<Code>(
      'store/too-many-files',
      `No thread can be started: ${descriptorsText(descriptors)}`,
      { cause: descriptors },
    )
  }
  if (!('syscall' in error) || !fileErrors.has(String(error.code))) return undefined
  const path = 'path' in error && typeof error.path === 'string' ? error.path : 'a file'
  return refusalOfSystemError(error, path, writingCalls.has(String(error.syscall)) ? 'write' : 'read')
}

const descriptorsText = (cause: string): string =>
  `${cause === 'EMFILE' ? 'this process' : 'the system'} has as many files open as it may`

// --- the file at a path

type FileKind = readonly [name: string, is: (stats: Stats) => boolean]

const kinds: readonly FileKind[] = [
  ['a symbolic link', (stats) => stats.isSymbolicLink()],
  ['a directory', (stats) => stats.isDirectory()],
  ['a FIFO', (stats) => stats.isFIFO()],
  ['a socket', (stats) => stats.isSocket()],
  ['a device', () => true],
]

/** Fsy3. Asserts that a regular file, with links resolved, or nothing is at the path. Returns which. */
export const assertRegularFile = (path: string): Stats | undefined => assertRegular(path, statIfPresent(path))

/**
 * Likewise for a file of a store, which must not be a link either: SQLite's log would be beside the link's
 * target, and two directories would have a lock each for one store.
 */
export function assertStoreFile(path: string): Stats | undefined {
  assertPath(path)
  return assertRegular(path, onDisk(path, 'read', () => lstatSync(path, { throwIfNoEntry: false })))
}

function assertRegular(path: string, stats: Stats | undefined): Stats | undefined {
  if (stats === undefined || stats.isFile()) return stats
  const kind = kinds.find(([, is]) => is(stats))?.[0]
  return refuse('store/not-a-file', `${path} is ${kind}, not a regular file`, { path, kind })
}

/** The files that SQLite may open for a path, itself first. */
const sqliteSuffixes = ['', '-wal', '-shm', '-journal'] as const
export const sqliteFilesOf = (path: string): readonly string[] => sqliteSuffixes.map((side) => path + side)

// --- permissions

/**
 * Why this process may not use the path in this way; undefined when it may, and when the path does not exist.
 */
export function whyDenied(path: string, intent: Intent): CodedError | undefined {
  const directory = statIfPresent(path)?.isDirectory() === true
  const wanted =
    (intent === 'read' ? constants.R_OK : constants.R_OK | constants.W_OK) | (directory ? constants.X_OK : 0)
  try {
    accessSync(path, wanted)
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    // An unreadable file is not writable either, and unreadability is more informative.
    const unreadable = intent === 'write' ? whyDenied(path, 'read') : undefined
    const refusal = unreadable ?? refusalOfSystemError(error, path, intent)
    if (refusal === undefined) throw error
    return refusal
  }
}

function deniedText(path: string, intent: Intent): string {
  const verb = intent === 'read' ? 'read' : 'written to'
  const place = nearestExisting(path)
  const where = place === path ? 'it' : place
  try {
    const { uid, mode } = statSync(place)
    const user = process.geteuid?.() ?? 'unknown'
    return `${path} may not be ${verb}: ${where} belongs to user ${uid} and has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, and this process runs as user ${user}`
  } catch {
    return `${path} may not be ${verb} by this process`
  }
}

/** The path itself, or the nearest directory above it that can be examined. */
function nearestExisting(path: string): string {
  let place = path
  for (;;) {
    try {
      if (statSync(place, { throwIfNoEntry: false }) !== undefined) return place
    } catch {
      // A parent directory denies even the lookup.
    }
    const above = dirname(place)
    if (above === place) return path
    place = above
  }
}

// --- lengths

/** SQLite resolves links first, so the length of the resolved path counts. */
export function assertPathFits(directory: string, name: string): void {
  const path = join(resolveLinks(resolve(directory)), name)
  const bytes = Buffer.byteLength(path)
  if (bytes <= limits.pathBytes) return
  const most = limits.pathBytes - Buffer.byteLength(name) - 1
  refuse(
    'store/path-too-long',
    `The path of the directory ${directory} has ${bytes - Buffer.byteLength(name) - 1} bytes, links resolved; SQLite takes at most ${most} for a store`,
    {
      path: directory,
      bytes,
      most,
    },
  )
}

export function pathFits(directory: string, name: string): boolean {
  return Buffer.byteLength(join(resolveLinks(resolve(directory)), name)) <= limits.pathBytes
}

/** Resolves the links in the existing part of the path. */
function resolveLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(resolveLinks(above), basename(path))
  }
}

// --- failures of SQLite

/** Fsy2. SQLite could not open or write the path, or a file beside it. */
export function refuseUnopened(path: string, intent: Intent, sqlite: string, message: string): never {
  assertDescriptors(path)
  if (statIfPresent(dirname(path)) === undefined)
    refuse('store/no-directory', `The directory ${dirname(path)} does not exist`, { path })
  assertPathFits(dirname(path), basename(path))
  for (const file of sqliteFilesOf(path)) {
    assertStoreFile(file)
    const denied = whyDenied(file, intent)
    if (denied !== undefined) throw denied
  }
  // SQLite also creates files beside a file that it only reads.
  const denied = whyDenied(dirname(path), 'write')
  if (denied !== undefined) throw denied
  refuse(
    intent === 'read' ? 'store/not-readable' : 'store/not-writable',
    `SQLite says of ${path}: ${message}`,
    { path, sqlite },
  )
}

/** The number that SQLite opens for one statement; it has closed them again when it reports a shortage. */
const spareDescriptors = 8

/** Refuses when no file descriptors are left. */
export function assertDescriptors(path: string): void {
  const spare: number[] = []
  try {
    while (spare.length < spareDescriptors) spare.push(openSync('/dev/null', 'r'))
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (cause === 'EMFILE' || cause === 'ENFILE')
      refuse('store/too-many-files', `${path} cannot be opened: ${descriptorsText(cause)}`, { path, cause })
  } finally {
    for (const file of spare) closeSync(file)
  }
}
