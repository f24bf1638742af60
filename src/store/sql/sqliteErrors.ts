/**
 * Converts SQLite's errors to the store's own codes.
 *
 * The binding throws one class of error for everything and adds SQLite's extended result code
 * (https://www.sqlite.org/rescode.html); its low byte is the primary code, which decides.
 */
import { CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { tableCodes, type Table } from './rowFormat.ts'
import { assertDescriptors, refuseUnopened } from '../files/fileSystem.ts'

const names: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  22: 'SQLITE_NOLFS',
  23: 'SQLITE_AUTH',
  26: 'SQLITE_NOTADB',
}

/**
 * The name of SQLite's primary result code; undefined for other errors, and for those that only a bug of ours
 * causes.
 */
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? names[error.errcode & 0xff]
    : undefined

/** The text of a failed constraint; undefined for any other error. */
export const failedConstraint = (error: unknown): string | undefined =>
  codeOf(error) === 'SQLITE_CONSTRAINT' && error instanceof Error ? error.message : undefined

/** Whether a number was read that JavaScript cannot represent exactly. */
export const isHugeNumber = (error: unknown): boolean =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'

/** A constraint that fails when the store writes: the table has a row unknown to the store. */
export function refuseConstraint(error: unknown, table: Table): void {
  const failed = failedConstraint(error)
  if (failed === undefined) return
  refuse(
    tableCodes[table],
    `The table ${table} cannot be written, because its content was altered: ${failed}`,
    { table },
  )
}

/**
 * Whether SQLite found that the file is not a database, as `translate` reports it. Damage after its header is
 * another matter.
 */
export const isNoDatabase = (error: unknown): boolean =>
  error instanceof CodedError && error.detail['sqlite'] === 'SQLITE_NOTADB'

/** Throws the code for SQLite's error. Rethrows any other error. */
export function translate(error: unknown, path: string): never {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  switch (code) {
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return refuse('store/corrupt-file', `SQLite says of ${path}: ${message}`, { path, sqlite: code })
    case 'SQLITE_CANTOPEN':
      return refuseUnopened(path, 'read', code, message)
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return refuseUnopened(path, 'write', code, message)
    case 'SQLITE_FULL':
    case 'SQLITE_IOERR':
    case 'SQLITE_NOLFS':
      assertDescriptors(path)
      return refuse('store/write-failed', `The disk reported an error while ${path} was used: ${message}`, {
        path,
        sqlite: code,
      })
    case 'SQLITE_BUSY':
      return refuse('store/in-use', `${path} is in use elsewhere`, { path, sqlite: code })
    default:
      throw error
  }
}
