/**
 * The tables of a store, and how a store of an older format becomes one of this.
 *
 * A table's CHECK and UNIQUE constraints say what SQLite enforces at each write, and `columns.ts` what is checked
 * at each read; what goes across tables (uses of pages, chains of spans) is enforced by the part that writes and
 * checked by `verify.ts`. That a file has these tables, and nothing else, is checked when it is opened.
 * The table of this format is `docs/wires/store.md`.
 */

import { refuse } from '../protocol/codes.ts'
import { tableColumns } from './columns.ts'
import type { CheckedTable } from './columns.ts'
import { schemaMadeBy } from './sql.ts'
import type { SchemaItem, SqlFile } from './sql.ts'

/** `Heir` in ASCII; bytes 68 to 71 of the file. */
export const applicationId = 0x48656972

/** Kept as SQLite's `user_version`. One more with each change of the tables. */
export const formatVersion = 6

/** From this format on a store has an identity, and a commit record beside it. */
export const formatWithRecord = 3

/** From this format on a store knows how far it was pruned, and what it is to keep. */
export const formatWithRetention = 6

/** From this format on rows have checksums of their own, and spaces digests. */
export const firstFormatWithChecksums = 5

const hashCheck = (column: string): string => `CHECK (length(${column}) = 64 AND ${column} NOT GLOB '*[^0-9a-f]*')`

/** What pruning removed or an import left out: entries of a vat before a position, or blocks before a height. */
const pruned = `CREATE TABLE pruned (
    what TEXT PRIMARY KEY CHECK (what = 'block' OR what GLOB 'v[1-9]*'),
    before INTEGER NOT NULL CHECK (before > 0)
  ) STRICT, WITHOUT ROWID`

/** One row. */
const identity = `CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*')
  ) STRICT`

/** Source maps of bundles, for people who read stacks: raw deflate of the JSON. No hash covers them. */
const sourceMap = `CREATE TABLE source_map (
    bundle TEXT PRIMARY KEY REFERENCES bundle (id),
    map BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`

/** The code that this store's host trusts. It is in no export. */
const trusted = `CREATE TABLE trusted (
    bundle TEXT PRIMARY KEY CHECK (bundle GLOB 'b1-*' AND length(bundle) = 67),
    reason TEXT NOT NULL CHECK (reason IN ('installed', 'given', 'rebuilt'))
  ) STRICT, WITHOUT ROWID`

/** How far the removal of pruned entries and spans is: what is before this entry and this span is no longer in the file. */
const prunedTo = `CREATE TABLE pruned_to (
    vat TEXT PRIMARY KEY CHECK (vat GLOB 'v[1-9]*'),
    entry INTEGER NOT NULL CHECK (entry >= 0),
    span INTEGER NOT NULL CHECK (span >= 0),
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`

/** In which block a span began, or a later one. Spans from before format 6 that are not the last have no row. */
const spanBegun = `CREATE TABLE span_begun (
    vat TEXT NOT NULL,
    start INTEGER NOT NULL CHECK (start >= 0),
    height INTEGER NOT NULL CHECK (height >= 0),
    checksum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vat, start)
  ) STRICT, WITHOUT ROWID`

/** What is kept of the past; what has no row is kept whole. It is in no export. */
const retention = `CREATE TABLE retention (
    what TEXT PRIMARY KEY CHECK (what IN ('transcripts', 'blocks')),
    keep TEXT NOT NULL CHECK (keep <> ''),
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`

/** Of format 1. */
const firstTables: readonly string[] = [
  `CREATE TABLE space (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name = 'kernel' OR name = 'host' OR name GLOB 'vat/?*')
  ) STRICT`,
  `CREATE TABLE state (
    space INTEGER NOT NULL,
    key TEXT NOT NULL COLLATE BINARY,
    value TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (space, key)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE span (
    vat TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    start INTEGER NOT NULL CHECK (start >= 0),
    end INTEGER NOT NULL CHECK (end >= start),
    reason TEXT NOT NULL CHECK (reason IN ('incarnation', 'snapshot', 'worker')),
    previous TEXT NOT NULL ${hashCheck('previous')},
    hash TEXT NOT NULL ${hashCheck('hash')},
    PRIMARY KEY (vat, number)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE entry (
    vat TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    text TEXT NOT NULL,
    PRIMARY KEY (vat, position)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE snapshot (
    vat TEXT PRIMARY KEY,
    position INTEGER NOT NULL CHECK (position >= 0),
    heap_hash TEXT NOT NULL ${hashCheck('heap_hash')},
    manifest BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE page (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE ${hashCheck('hash')},
    uses INTEGER NOT NULL CHECK (uses > 0),
    bytes BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE page_use (
    vat TEXT NOT NULL,
    page INTEGER NOT NULL,
    PRIMARY KEY (vat, page)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE bundle (
    id TEXT PRIMARY KEY CHECK (id GLOB 'b1-*' AND length(id) = 67),
    kind TEXT NOT NULL CHECK (kind IN ('vat', 'supervisor', 'kernel', 'engine', 'image')),
    bytes BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE bundle_name (
    label TEXT PRIMARY KEY CHECK (label <> ''),
    id TEXT NOT NULL REFERENCES bundle (id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE inbox (
    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
    item TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
    port TEXT NOT NULL CHECK (port <> ''),
    item TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE block (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    cranks INTEGER NOT NULL CHECK (cranks >= 0),
    activity_hash TEXT NOT NULL ${hashCheck('activity_hash')},
    inbox_last INTEGER NOT NULL,
    inbox_taken INTEGER NOT NULL CHECK (inbox_taken BETWEEN 0 AND inbox_last),
    outbox_last INTEGER NOT NULL,
    outbox_acknowledged INTEGER NOT NULL CHECK (outbox_acknowledged BETWEEN 0 AND outbox_last)
  ) STRICT`,
]

/** The tables that got a checksum with format 5; later ones are made with it. */
const tablesWithChecksums = ['space', 'span', 'snapshot', 'bundle_name', 'trusted', 'inbox', 'outbox', 'block'] as const satisfies readonly CheckedTable[]

/** Rows of tables without hashes have checksums, and each space a digest of the checksums of its rows (`columns.ts`). */
const checksumColumns: readonly string[] = [
  'ALTER TABLE space ADD COLUMN rows INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE space ADD COLUMN digest INTEGER NOT NULL DEFAULT 0',
  ...tablesWithChecksums.map((table) => `ALTER TABLE ${table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0`),
]

const cellsOf = (table: CheckedTable): string => tableColumns[table].slice(0, -1).map(([name]) => name).join(', ')

/** Computes every digest, and the checksum of every row of the tables that got one with format 5. */
export const computeChecksums: readonly string[] = [
  `UPDATE space SET
     rows = (SELECT count(*) FROM state WHERE space = space.id),
     digest = (SELECT ifnull(sum(checksum), 0) % ${2 ** 32} FROM state WHERE space = space.id)`,
  ...tablesWithChecksums.map((table) => `UPDATE ${table} SET checksum = checksum_of('${table}', ${cellsOf(table)})`),
]

/** Of every vat the last span began in the last block or before: that is all that is known. */
export const noteLastSpans = `INSERT INTO span_begun (vat, start, height, checksum)
  SELECT vat, start, height, checksum_of('span_begun', vat, start, height)
  FROM (SELECT vat, max(start) AS start, (SELECT max(height) FROM block) AS height FROM span GROUP BY vat)`

interface Migration {
  /** Changes of the tables. */
  readonly schema: readonly string[]
  /** Changes of what is in them. */
  readonly content: readonly string[]
}

/** From a format to the next. */
export const migrations: Readonly<Record<number, Migration>> = {
  1: { schema: [pruned], content: [] },
  2: { schema: [identity, sourceMap], content: [] },
  3: { schema: [trusted], content: [] },
  4: { schema: checksumColumns, content: computeChecksums },
  5: { schema: [prunedTo, spanBegun, 'CREATE INDEX span_begun_height ON span_begun (height, vat, start)', retention], content: [noteLastSpans] },
}

/**
 * What makes the tables of a format in an empty SQLite file. A new store takes the way of an old one, so that
 * the tables of every store of a format are the same to the letter.
 */
export function tablesOf(format: number): readonly string[] {
  const steps = Array.from({ length: format - 1 }, (_, index) => migrations[index + 1]?.schema ?? [])
  return [...firstTables, ...steps.flat()]
}

/** What makes an empty SQLite file a store of this format, but for its identity and its first block. */
export const creation: readonly string[] = [
  `PRAGMA application_id = ${applicationId}`,
  `PRAGMA user_version = ${formatVersion}`,
  ...tablesOf(formatVersion),
]

const expected = new Map<number, readonly SchemaItem[]>()

function expectedSchema(format: number): readonly SchemaItem[] {
  const known = expected.get(format) ?? schemaMadeBy(tablesOf(format))
  expected.set(format, known)
  return known
}

/**
 * Refuses with `store/corrupt-schema` a file whose tables and indexes are not those of its format, or that has
 * views or triggers: what it would do with a read or a write is not what the store relies on.
 */
export function checkSchema(sql: SqlFile, format: number): void {
  const nameOf = ({ type, name }: SchemaItem): string => `${type} ${name}`
  const wanted = new Map(expectedSchema(format).map((item) => [nameOf(item), item.sql]))
  const refuseItem = (item: string, why: string): never =>
    refuse('store/corrupt-schema', `${sql.path}: the ${item} ${why}`, { path: sql.path, item })
  for (const item of sql.schema()) {
    const name = nameOf(item)
    const statement = wanted.get(name)
    if (statement === undefined) refuseItem(name, 'does not belong to a store')
    if (statement !== item.sql) refuseItem(name, 'differs from that of a store')
    wanted.delete(name)
  }
  for (const name of wanted.keys()) refuseItem(name, 'is missing')
}
