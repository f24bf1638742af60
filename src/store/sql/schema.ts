/**
 * The tables of a store, and the migrations from older formats.
 *
 * SQLite enforces a table's CHECK and UNIQUE constraints at each write, and `columns.ts` checks each read;
 * constraints across tables (uses of pages, chains of spans) are enforced by the writing part and checked by
 * `verify.ts`. That a file has exactly these tables is checked when it is opened. The table of this format is
 * `docs/wires/store.md`.
 */

import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { tableColumns, type CheckedTable } from './rowFormat.ts'
import { schemaCreatedBy, type SchemaItem, type SqlFile } from './sql.ts'

/** `Heir` in ASCII; bytes 68 to 71 of the file. */
export const applicationId = 0x48656972

/** Stored as SQLite's `user_version`. Incremented with each change of the tables. */
export const formatVersion = 7

/** Since this format a store has an identity, and a commit record beside it. */
export const formatWithRecord = 3

/** Since this format a store records how far it was pruned, and its retention. */
export const formatWithRetention = 6

/** Since this format a store has an undo log. */
export const formatWithUndoLog = 7
/** Since this format the inputs of blocks are recorded. */
export const formatWithInputs = 7

/** Since this format rows have checksums, and spaces digests. */
export const firstFormatWithChecksums = 5

const hashCheck = (column: string): string =>
  `CHECK (length(${column}) = 64 AND ${column} NOT GLOB '*[^0-9a-f]*')`

/**
 * Data that pruning removed or an import left out: entries of a vat before a position, or blocks before a
 * height.
 */
const pruned = `CREATE TABLE pruned (
    what TEXT PRIMARY KEY CHECK (what = 'block' OR what GLOB 'v[1-9]*'),
    before INTEGER NOT NULL CHECK (before > 0)
  ) STRICT, WITHOUT ROWID`

/** One row. */
const identity = `CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*')
  ) STRICT`

/** Source maps of bundles, for readable stacks: raw deflate of the JSON. No hash covers them. */
const sourceMap = `CREATE TABLE source_map (
    bundle TEXT PRIMARY KEY REFERENCES bundle (id),
    map BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`

/** The code that this store's host trusts. Not exported. */
const trusted = `CREATE TABLE trusted (
    bundle TEXT PRIMARY KEY CHECK (bundle GLOB 'b1-*' AND length(bundle) = 67),
    reason TEXT NOT NULL CHECK (reason IN ('installed', 'given', 'rebuilt'))
  ) STRICT, WITHOUT ROWID`

/** Progress of removing pruned entries and spans: the file has none before this entry and this span. */
const prunedTo = `CREATE TABLE pruned_to (
    vat TEXT PRIMARY KEY CHECK (vat GLOB 'v[1-9]*'),
    entry INTEGER NOT NULL CHECK (entry >= 0),
    span INTEGER NOT NULL CHECK (span >= 0),
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`

/**
 * The block in which a span began, or a later one. Spans from before format 6 that are not the last have no
 * row.
 */
const spanBegun = `CREATE TABLE span_begun (
    vat TEXT NOT NULL,
    start INTEGER NOT NULL CHECK (start >= 0),
    height INTEGER NOT NULL CHECK (height >= 0),
    checksum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (vat, start)
  ) STRICT, WITHOUT ROWID`

/** The retention of the past; parts without a row are kept whole. Not exported. */
const retention = `CREATE TABLE retention (
    what TEXT PRIMARY KEY CHECK (what IN ('transcripts', 'blocks')),
    keep TEXT NOT NULL CHECK (keep <> ''),
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`

/** The undo log that is on, in one row: where it began, and the digest of its rows. Not exported. */
const undoLog = `CREATE TABLE undo_log (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    since INTEGER NOT NULL CHECK (since >= 0),
    inbox_taken INTEGER NOT NULL CHECK (inbox_taken >= 0),
    outbox_last INTEGER NOT NULL CHECK (outbox_last >= 0),
    outbox_acknowledged INTEGER NOT NULL CHECK (outbox_acknowledged BETWEEN 0 AND outbox_last),
    rows INTEGER NOT NULL CHECK (rows >= 0),
    digest INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT`

/** The rows of other tables as they were when the undo log began. */
const undo = `CREATE TABLE undo (
    part TEXT NOT NULL,
    key1 ANY NOT NULL,
    key2 ANY NOT NULL,
    was INTEGER NOT NULL CHECK (was IN (0, 1)),
    cell1 ANY, cell2 ANY, cell3 ANY, cell4 ANY, cell5 ANY, cell6 ANY,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (part, key1, key2)
  ) STRICT, WITHOUT ROWID`

/** The same, with inputs: that part without a row is kept for `defaultInputs` blocks. */
const retentionWithInputs = retention.replace("'blocks'", "'blocks', 'inputs'")

/** The inputs of a block, as text (`src/protocol/store/inputs.ts`). Not exported. */
const blockInput = `CREATE TABLE block_input (
    height INTEGER PRIMARY KEY CHECK (height > 0),
    inputs TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0
  ) STRICT`

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

/** The tables that got a checksum with format 5; later ones are created with it. */
const tablesWithChecksums = [
  'space',
  'span',
  'snapshot',
  'bundle_name',
  'trusted',
  'inbox',
  'outbox',
  'block',
] as const satisfies readonly CheckedTable[]

/**
 * Rows of tables without hashes have checksums, and each space a digest of the checksums of its rows
 * (`columns.ts`).
 */
const checksumColumns: readonly string[] = [
  'ALTER TABLE space ADD COLUMN rows INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE space ADD COLUMN digest INTEGER NOT NULL DEFAULT 0',
  ...tablesWithChecksums.map(
    (table) => `ALTER TABLE ${table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0`,
  ),
]

const cellsOf = (table: CheckedTable): string =>
  tableColumns[table]
    .slice(0, -1)
    .map(([name]) => name)
    .join(', ')

/** Computes every digest, and the checksum of every row of the tables that got one with format 5. */
export const computeChecksums: readonly string[] = [
  `UPDATE space SET
     rows = (SELECT count(*) FROM state WHERE space = space.id),
     digest = (SELECT ifnull(sum(checksum), 0) % ${2 ** 32} FROM state WHERE space = space.id)`,
  ...tablesWithChecksums.map(
    (table) => `UPDATE ${table} SET checksum = checksum_of('${table}', ${cellsOf(table)})`,
  ),
]

/** Every vat's last span began in the last block or before: no more is known. */
export const noteLastSpans = `INSERT INTO span_begun (vat, start, height, checksum)
  SELECT vat, start, height, checksum_of('span_begun', vat, start, height)
  FROM (SELECT vat, max(start) AS start, (SELECT max(height) FROM block) AS height FROM span GROUP BY vat)`

interface FormatMigration {
  /** Changes of the tables. */
  readonly schema: readonly string[]
  /** Changes of their content. */
  readonly content: readonly string[]
}

/** From a format to the next. */
export const migrations: Readonly<Record<number, FormatMigration>> = {
  1: { schema: [pruned], content: [] },
  2: { schema: [identity, sourceMap], content: [] },
  3: { schema: [trusted], content: [] },
  4: { schema: checksumColumns, content: computeChecksums },
  5: {
    schema: [
      prunedTo,
      spanBegun,
      'CREATE INDEX span_begun_height ON span_begun (height, vat, start)',
      retention,
    ],
    content: [noteLastSpans],
  },
  6: {
    schema: [
      undoLog,
      undo,
      blockInput,
      'ALTER TABLE retention RENAME TO retention_before',
      retentionWithInputs,
      'INSERT INTO retention SELECT * FROM retention_before',
      'DROP TABLE retention_before',
    ],
    content: [],
  },
}

/**
 * Statements that create the tables of a format in an empty SQLite file. A new store runs an old one's
 * migrations, so that the tables of every store of a format are identical.
 */
export function tablesOf(format: number): readonly string[] {
  assert(1 <= format && format <= formatVersion, 'the tables of a format that exists are asked for')
  const steps = Array.from({ length: format - 1 }, (_, index) => migrations[index + 1]?.schema ?? [])
  return [...firstTables, ...steps.flat()]
}

/**
 * Statements that make an empty SQLite file a store of this format, except for its identity and its first
 * block.
 */
export const creation: readonly string[] = [
  `PRAGMA application_id = ${applicationId}`,
  `PRAGMA user_version = ${formatVersion}`,
  ...tablesOf(formatVersion),
]

const schemas = new Map<number, readonly SchemaItem[]>()

function expectedSchema(format: number): readonly SchemaItem[] {
  const known = schemas.get(format) ?? schemaCreatedBy(tablesOf(format))
  schemas.set(format, known)
  return known
}

/**
 * Refuses with `store/corrupt-schema` a file whose tables and indexes are not those of its format, or that
 * has views or triggers: its reads and writes might do other things than the store relies on.
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
