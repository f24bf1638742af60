/**
 * Seeded mutations of a store: what a disk does to its file and its log, and what a hand does with SQL.
 *
 * A mutation says what it did. `forged` are those by somebody who computes the checksums of rows and digests
 * again.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { recomputeChecksums, unconstrained } from '../kit/rows.ts'
import type { Dice } from '../store/support.ts'
import type { Files, Original } from './originals.ts'

export interface Mutated {
  readonly what: string
  readonly forged: boolean
  /** The table of a cell or a row that was changed with SQL. */
  readonly table: string | null
}

const pageBytes = 4_096
const frameBytes = pageBytes + 24
const store = 'heirloom.sqlite'
const log = 'heirloom.sqlite-wal'

export function lay(directory: string, files: Files): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes)
}

// --- bytes

interface Bytes {
  readonly copy: Buffer
  /** Where a block begins that is worth damaging. */
  readonly block: () => number
  readonly dice: Dice
}

/** What happens to bytes; each returns them and says what was done. */
const byteMutations: Readonly<Record<string, (bytes: Bytes, original: Original) => Buffer>> = {
  'a flipped bit': ({ copy, block, dice }) => {
    const at = Math.min(copy.length - 1, block() + dice.roll(pageBytes))
    copy[at] = (copy[at] ?? 0) ^ (1 << dice.roll(8))
    return copy
  },
  'a block of zeros': ({ copy, block }) => {
    const at = block()
    return copy.fill(0, at, at + pageBytes)
  },
  'a sector of zeros': ({ copy, block, dice }) => {
    const at = block() + 512 * dice.roll(8)
    return copy.fill(0, at, at + 512)
  },
  'a block twice': ({ copy, block }) => {
    copy.copyWithin(block(), block(), block() + pageBytes)
    return copy
  },
  'two blocks swapped': ({ copy, block }) => {
    const [one, other] = [block(), block()]
    const kept = Buffer.from(copy.subarray(one, one + pageBytes))
    copy.copyWithin(one, other, other + pageBytes)
    kept.copy(copy, other)
    return copy
  },
  'a cut tail': ({ copy, dice }) => copy.subarray(0, dice.roll(copy.length)),
  'a block of an older block': ({ copy, block }, { older }) => {
    const at = block()
    if (at < older.length) older.copy(copy, at, at, at + pageBytes)
    return copy
  },
}
const byteNames = Object.keys(byteMutations)

function mutateFile(original: Original, files: Map<string, Buffer>, dice: Dice): string {
  const tables = [...original.pages.keys()]
  const block = (): number => {
    // Of a store whose process was killed some pages are in the log only.
    const length = files.get(store)?.length ?? 0
    const pages = (original.pages.get(dice.pick(tables)) ?? []).filter((page) => page * pageBytes <= length)
    return pages.length === 0 ? 0 : (dice.pick(pages) - 1) * pageBytes
  }
  return mutateBytes(original, files, store, block, dice)
}

function mutateLog(original: Original, files: Map<string, Buffer>, dice: Dice): string {
  const frames = Math.max(1, Math.floor(((files.get(log)?.length ?? 0) - 32) / frameBytes))
  return mutateBytes(original, files, log, () => 32 + frameBytes * dice.roll(frames), dice)
}

function mutateBytes(
  original: Original,
  files: Map<string, Buffer>,
  name: string,
  block: () => number,
  dice: Dice,
): string {
  const kind = dice.pick(byteNames)
  const before = files.get(name) ?? Buffer.alloc(0)
  const after = byteMutations[kind]?.({ copy: Buffer.from(before), block, dice }, original) ?? before
  files.set(name, after)
  return `${kind} in ${name}`
}

// --- SQL

type Cell = SQLInputValue
type Row = Readonly<Record<string, Cell>>

const pick = (database: DatabaseSync, table: string, dice: Dice, where = ''): Row | undefined => {
  const { count } = database.prepare(`SELECT count(*) AS count FROM ${table} ${where}`).get() as {
    count: number
  }
  return count === 0
    ? undefined
    : (database.prepare(`SELECT * FROM ${table} ${where} LIMIT 1 OFFSET ?`).get(dice.roll(count)) as Row)
}

const columnsOf = (database: DatabaseSync, table: string): { name: string; pk: number }[] =>
  database.prepare(`PRAGMA table_info(${table})`).all() as { name: string; pk: number }[]

function keyOf(database: DatabaseSync, table: string, row: Row): { where: string; values: Cell[] } {
  const keys = columnsOf(database, table)
    .filter(({ pk }) => pk > 0)
    .map(({ name }) => name)
  return {
    where: keys.map((name) => `${name} IS ?`).join(' AND '),
    values: keys.map((name) => row[name] ?? null),
  }
}

/** Another character in the place of one. */
function withOther(text: string, dice: Dice): string {
  const at = dice.roll(Math.max(1, text.length))
  return `${text.slice(0, at)}${dice.pick(['~', '0', '1', 'k', '}', '"'])}${text.slice(at + 1)}`
}

/** What a cell may become. */
const cellValues: readonly ((value: Cell, other: Cell, dice: Dice) => Cell)[] = [
  () => null,
  () => Buffer.from('00ff7e', 'hex'),
  () => 1.5,
  () => 2n ** 62n,
  () => -1,
  () => 0,
  () => '',
  () => '{}',
  () => '[]',
  () => 'null',
  () => '{"kind":"other"}',
  (_value, other) => other,
  (value) => (typeof value === 'number' ? value + 1 : `${String(value)}1`),
  (value) => (typeof value === 'number' ? value - 1 : String(value).slice(0, -1)),
  (value, _other, dice) =>
    value instanceof Uint8Array
      ? Buffer.from(withOther(Buffer.from(value).toString('latin1'), dice), 'latin1')
      : withOther(String(value), dice),
  // A number in a text becomes another one: JSON stays JSON.
  (value) => String(value).replace(/\d+/, (digits) => String(Number(digits) + 1)),
  (value) => String(value).replace(/"([a-zA-Z]+)":/, '"$1x":'),
]

const tables = [
  'state',
  'state',
  'state',
  'space',
  'span',
  'entry',
  'snapshot',
  'page',
  'page_use',
  'bundle',
  'bundle_name',
  'outbox',
  'block',
  'identity',
] as const

const whereOf = (table: string, dice: Dice): string =>
  table === 'state' && dice.roll(3) > 0 ? "WHERE space = (SELECT id FROM space WHERE name = 'kernel')" : ''

function changeCell(database: DatabaseSync, dice: Dice): { what: string; table: string } {
  const table = dice.pick(tables)
  const where = whereOf(table, dice)
  const row = pick(database, table, dice, where)
  if (row === undefined) return { what: `no row of ${table} to change`, table }
  const { name } = dice.pick(columnsOf(database, table))
  const other = pick(database, table, dice, where)?.[name] ?? null
  const value = dice.pick(cellValues)(row[name] ?? null, other, dice)
  const key = keyOf(database, table, row)
  try {
    unconstrained(database, table, () =>
      database.prepare(`UPDATE ${table} SET ${name} = ? WHERE ${key.where}`).run(value, ...key.values),
    )
  } catch (error) {
    return { what: `nothing: ${String(error)}`, table }
  }
  return {
    what: `${table}.${name} of ${JSON.stringify(key.values)} from ${show(row[name])} to ${show(value)}`,
    table,
  }
}

const show = (value: unknown): string =>
  value instanceof Uint8Array
    ? `${value.length} bytes`
    : typeof value === 'bigint'
      ? `${value}n`
      : JSON.stringify(value ?? null).slice(0, 200)

function dropRow(database: DatabaseSync, dice: Dice): { what: string; table: string } {
  const table = dice.pick(tables)
  const row = pick(database, table, dice, whereOf(table, dice))
  if (row === undefined) return { what: `no row of ${table} to drop`, table }
  const key = keyOf(database, table, row)
  database.prepare(`DELETE FROM ${table} WHERE ${key.where}`).run(...key.values)
  return { what: `a dropped row of ${table}: ${JSON.stringify(key.values)}`, table }
}

const schemaChanges: readonly string[] = [
  'DROP TABLE inbox',
  'DROP TABLE pruned',
  'DROP TABLE entry',
  'DROP TABLE snapshot',
  'ALTER TABLE block DROP COLUMN checksum',
  'ALTER TABLE outbox RENAME COLUMN item TO content',
  'ALTER TABLE state RENAME TO states',
  'ALTER TABLE state ADD COLUMN more TEXT',
  'CREATE INDEX extra ON entry (text)',
  'CREATE TABLE extra (a)',
  "CREATE TRIGGER greedy AFTER INSERT ON block BEGIN DELETE FROM entry; END",
  'ALTER TABLE state RENAME TO states; CREATE VIEW state AS SELECT * FROM states',
  'ALTER TABLE page RENAME TO pages; CREATE VIEW page AS SELECT * FROM pages',
]

const unsafeSchemaChanges: readonly string[] = [
  "DELETE FROM sqlite_schema WHERE name = 'span'",
  "DELETE FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_page%'",
  "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'outbox') WHERE name = 'inbox'",
  "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'entry') WHERE name = 'state'",
  "UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'block'",
  "UPDATE sqlite_schema SET sql = replace(sql, 'TEXT', 'ANY') WHERE name = 'bundle_name'",
  "UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = 'inbox'",
  "UPDATE sqlite_schema SET type = 'view' WHERE name = 'inbox'",
]

function changeSchema(database: DatabaseSync, dice: Dice): { what: string; table: null } {
  const safe = dice.roll(2) === 0
  const statement = dice.pick(safe ? schemaChanges : unsafeSchemaChanges)
  if (!safe) {
    database.enableDefensive(false)
    database.exec('PRAGMA writable_schema = ON')
  }
  database.exec(statement)
  return { what: statement, table: null }
}

/** Changes the closed store's file with SQL. */
function mutateRows(directory: string, dice: Dice): Mutated {
  const kind = dice.roll(10)
  const forged = kind < 8 && dice.roll(3) === 0
  const database = new DatabaseSync(join(directory, store))
  try {
    const done =
      kind < 7
        ? changeCell(database, dice)
        : kind === 7
          ? dropRow(database, dice)
          : changeSchema(database, dice)
    if (!forged) return { ...done, forged }
    recomputeChecksums(database)
    return { what: `forged: ${done.what}`, forged, table: done.table }
  } catch (error) {
    // Where checksums cannot be computed again the change is left as it was found.
    return { what: `not forged: ${String(error)}`, forged: false, table: null }
  } finally {
    database.close()
  }
}

// --- one mutation

/** Lays down the store with a mutation of it. */
export function mutate(directory: string, original: Original, dice: Dice): Mutated {
  const files = new Map(original.files)
  const kinds =
    original.ending === 'killed'
      ? (['file', 'log', 'log', 'both'] as const)
      : (['file', 'rows', 'rows'] as const)
  const kind = dice.pick<'file' | 'log' | 'both' | 'rows'>(kinds)
  const done: string[] = []
  if (kind === 'file' || kind === 'both') done.push(mutateFile(original, files, dice))
  if (kind === 'log' || kind === 'both') done.push(mutateLog(original, files, dice))
  lay(directory, files)
  return kind === 'rows'
    ? mutateRows(directory, dice)
    : { what: done.join(' and '), forged: false, table: null }
}
