/**
 * What a store holds as of its last block, read past everything else. It may be open for writing meanwhile.
 */
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Syscall } from '../../src/protocol/worker/syscall.ts'
import type { TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { checksumOf, type CheckedTable } from '../../src/store/sql/rowFormat.ts'
import { stateChecksum } from '../../src/store/state/digest.ts'
import { computeChecksums } from '../../src/store/sql/schema.ts'

const file = (directory: string): string => join(directory, 'heirloom.sqlite')

export function query<Row>(directory: string, sql: string, ...parameters: readonly SQLInputValue[]): Row[] {
  const database = new DatabaseSync(file(directory), { readOnly: true })
  try {
    return database.prepare(sql).all(...parameters).map((row) => ({ ...row })) as Row[]
  } finally {
    database.close()
  }
}

/** The rows of a space of the state, in the order of their keys. */
export function readRows(directory: string, space: string): Map<string, string> {
  const rows = query<{ key: string; value: string }>(
    directory,
    'SELECT key, value FROM state WHERE space = (SELECT id FROM space WHERE name = ?) ORDER BY key',
    space,
  )
  return new Map(rows.map(({ key, value }) => [key, value]))
}

export function readTranscript(directory: string, vat: string): TranscriptEntry[] {
  const rows = query<{ text: string }>(
    directory,
    'SELECT text FROM entry WHERE vat = ? ORDER BY position',
    vat,
  )
  return rows.map(({ text }) => JSON.parse(text) as TranscriptEntry)
}

/** Changes the closed store's file with SQLite, past the store. */
export function tamper(directory: string, change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file(directory))
  try {
    change(database)
  } finally {
    database.close()
  }
}

/** As `tamper`, by somebody who computes the checksums of rows and the digests of spaces again. */
export const forge = (directory: string, change: (database: DatabaseSync) => void): void =>
  tamper(directory, (database) => {
    change(database)
    recomputeChecksums(database)
  })

/** Computes the checksum of every row, and the digest of every space, again. */
export function recomputeChecksums(database: DatabaseSync): void {
  database.function('checksum_of', { varargs: true }, (...cells: unknown[]) =>
    checksumOf(cells[0] as CheckedTable, cells.slice(1)),
  )
  database.function('row', (space, key, value) => stateChecksum(String(space), String(key), String(value)))
  database.exec('UPDATE state SET checksum = row((SELECT name FROM space WHERE id = space), key, value)')
  for (const statement of computeChecksums) database.exec(statement)
}

/**
 * Changes cells of a table to what its types and constraints would not let pass; the table is as it was
 * afterwards.
 */
export function unconstrained(database: DatabaseSync, table: string, change: () => void): void {
  const { sql } = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(table) as {
    sql: string
  }
  const loose = sql
    .replace(/ STRICT\b,?/, '')
    .replace(/ (?:TEXT|INTEGER|BLOB)\b(?! PRIMARY KEY)/g, '')
    .replaceAll(' NOT NULL', '')
  const write = (text: string): void => {
    database.exec('PRAGMA writable_schema = ON')
    database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?').run(text, table)
    database.exec('PRAGMA writable_schema = RESET')
  }
  database.enableDefensive(false)
  database.exec('PRAGMA ignore_check_constraints = 1')
  database.exec('PRAGMA foreign_keys = OFF')
  write(loose)
  try {
    change()
  } finally {
    write(sql)
    database.exec('PRAGMA ignore_check_constraints = 0')
  }
}

/** What a syscall writes into the vat's space: keys with their values, or null where one is deleted. */
export function writesOf(syscall: Syscall): [key: string, value: string | null][] {
  switch (syscall.kind) {
    case 'vatstoreSet':
      return [[syscall.key, syscall.value]]
    case 'vatstoreDelete':
      return [[syscall.key, null]]
    case 'vatstoreWrite':
      return syscall.entries.flatMap((key, at) =>
        at % 2 === 0 ? [[key ?? '', syscall.entries[at + 1] ?? null] as [string, string | null]] : [],
      )
    default:
      return []
  }
}
