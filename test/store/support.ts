/**
 * What the tests of the store share: directories that go away, refusals by code, entries, a seeded generator.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { AssertionFault, CodedError } from '../../src/base/errors.ts'
import type { Hash } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import type { Code } from '../../src/protocol/codes.ts'
import type { TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { applicationId, tablesOf } from '../../src/store/sql/schema.ts'
import { createStore, type NewSnapshot, type Store, type StoreOptions } from '../../src/store/store.ts'

export { forge, tamper } from '../kit/rows.ts'

/** A directory that is removed after the test. */
export function temporaryDirectory(test: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'heirloom-store-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A new store in a directory of its own, closed after the test. */
export function newStore(test: TestContext, options: StoreOptions = {}): Store {
  const store = createStore(temporaryDirectory(test), options)
  test.after(() => store.close())
  return store
}

/** The refusal that the action must meet, of this code. */
export function refusal(code: Code, action: () => unknown): CodedError {
  try {
    action()
  } catch (error) {
    assert.ok(error instanceof CodedError, `expected ${code}, met ${String(error)}`)
    assert.equal(error.code, code, error.message)
    return error
  }
  assert.fail(`expected ${code}`)
}

export const faults = (action: () => unknown, message?: RegExp): void =>
  assert.throws(
    action,
    (error) => error instanceof AssertionFault && (message === undefined || message.test(error.message)),
  )

export const entry = (text: string): TranscriptEntry => ({
  delivery: { kind: 'bringOutYourDead' },
  syscalls: [{ kind: 'vatstoreSet', key: 'said', value: text }],
  result: { kind: 'ok' },
  computrons: '7',
})

/** A page of 4 KiB full of one byte. */
export const page = (byte: number): { hash: Hash; bytes: Uint8Array } => {
  const bytes = new Uint8Array(4096).fill(byte)
  return { hash: sha256(bytes), bytes }
}

/** A heap whose pages are full of these bytes, with a manifest that names them. */
export function heap(bytes: readonly number[], added: readonly number[] = bytes): NewSnapshot {
  const pages = bytes.map((byte) => page(byte).hash)
  const manifestBytes = new TextEncoder().encode(JSON.stringify(pages))
  return { manifestBytes, heapHash: sha256(manifestBytes), added: added.map(page), pages }
}

/** Makes a closed store one of format 2, which had no identity, no commit record and fewer checksums. */
export function asFormat2(directory: string): void {
  const path = join(directory, 'heirloom.sqlite')
  const database = new DatabaseSync(`${path}.old`)
  database.exec(
    [
      `PRAGMA application_id = ${applicationId}`,
      'PRAGMA user_version = 2',
      'PRAGMA journal_mode = WAL',
      ...tablesOf(2),
    ].join(';\n'),
  )
  database.exec(`ATTACH '${path}' AS newer`)
  for (const table of firstColumn(database, "SELECT name FROM main.sqlite_schema WHERE type = 'table'")) {
    const columns = firstColumn(database, 'SELECT name FROM pragma_table_info(?)', table)
      .map((name) => `"${name}"`)
      .join(', ')
    database.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM newer.${table}`)
  }
  database.exec('DETACH newer')
  database.close()
  renameSync(`${path}.old`, path)
  rmSync(join(directory, 'heirloom.last'))
}

/** The same numbers for the same seed: xorshift32. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** From 0 up to, not including, `sides`. */
  roll(sides: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % sides
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.roll(items.length)] as Item
  }
}

const firstColumn = (database: DatabaseSync, query: string, ...values: string[]): string[] =>
  database.prepare(query).all(...values).map((row) => String(Object.values(row)[0]))
