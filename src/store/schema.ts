/**
 * The tables of a store, and how a store of an older format becomes one of this.
 *
 * A table's CHECK and UNIQUE constraints say what SQLite enforces at each write; what goes across
 * tables (uses of pages, chains of spans) is enforced by the part that writes and checked by `verify.ts`.
 * The table of this format is `docs/wires/store.md`.
 */

/** `Heir` in ASCII; bytes 68 to 71 of the file. */
export const applicationId = 0x48656972

/** Kept as SQLite's `user_version`. One more with each change of the tables. */
export const formatVersion = 4

/** From this format on a store has an identity, and a commit record beside it. */
export const formatWithRecord = 3

const hashCheck = (column: string): string => `CHECK (length(${column}) = 64 AND ${column} NOT GLOB '*[^0-9a-f]*')`

/** What an import left out: entries of a vat before a position, or blocks before a height. */
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

const tables: readonly string[] = [
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
  pruned,
  identity,
  sourceMap,
  trusted,
]

/** What makes an empty SQLite file a store of this format, but for its identity and its first block. */
export const creation: readonly string[] = [
  `PRAGMA application_id = ${applicationId}`,
  `PRAGMA user_version = ${formatVersion}`,
  ...tables,
]

/** From a format to the next: the statements that get it there. */
export const migrations: Readonly<Record<number, readonly string[]>> = { 1: [pruned], 2: [identity, sourceMap], 3: [trusted] }
