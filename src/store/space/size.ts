/**
 * Measures a store, by part and by vat. It reads the last block in one transaction, even while another
 * process or thread has the store open for writing, and checks only the types of cells.
 *
 * Siz1. Bytes of a part are those of its content: texts, pages, code. SQLite's overhead (keys, numbers, its
 *       trees, partial pages) is one number for the whole file, so that all numbers add up to its length.
 * Siz2. A page in the snapshots of several vats counts for each of them in equal shares.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compareVatIds, type VatId } from '../../base/ids.ts'
import {
  factsOfVat,
  placeOfKernelRow,
  storeParts,
  vatRecordKey,
  type StorePart,
} from '../../protocol/store/kernelRows.ts'
import { readLastBlock } from '../state/blocks.ts'
import { assertStoreExists, storePath } from '../opening/file.ts'
import { statIfPresent } from '../files/fileSystem.ts'
import { logPath } from '../files/log.ts'
import { openForReading } from '../opening/reading.ts'
import { formatWithInputs, formatWithUndoLog } from '../sql/schema.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { PartSize, VatSize, StoreSize } from '../../protocol/store/views.ts'

export function measureStore(directory: string): StoreSize {
  assertStoreExists(directory)
  const sql = openForReading(directory)
  try {
    sql.execute('BEGIN')
    const sizes = new Sizes()
    measureTables(sql, sizes)
    measureState(sql, sizes)
    const pageBytes = sql.pragmaNumber('page_size')
    const fileBytes = sql.pragmaNumber('page_count') * pageBytes
    const freeBytes = sql.pragmaNumber('freelist_count') * pageBytes
    return {
      directory,
      height: readLastBlock(sql).height,
      fileBytes,
      freeBytes,
      structureBytes: Math.max(0, fileBytes - freeBytes - sizes.bytes),
      logBytes: statIfPresent(logPath(storePath(directory)))?.size ?? 0,
      traceBytes: traceBytesIn(directory),
      parts: sizes.parts(),
      vats: sizes.vats(),
    }
  } finally {
    sql.close()
  }
}

/** The length of the file with its log, in whole pages: without measuring what is in it. */
export function measureFile(directory: string): number {
  assertStoreExists(directory)
  const sql = openForReading(directory)
  try {
    return sql.pragmaNumber('page_count') * sql.pragmaNumber('page_size')
  } finally {
    sql.close()
  }
}

class Sizes {
  readonly #parts = new Map<StorePart, PartSize>()
  readonly #vats = new Map<VatId, Map<StorePart, PartSize>>()
  readonly names = new Map<VatId, string | null>()
  bytes = 0

  add(part: StorePart, vat: VatId | null, rows: number, bytes: number): void {
    this.bytes += bytes
    grow(this.#parts, part, rows, bytes)
    if (vat === null) return
    const parts = this.#vats.get(vat) ?? new Map<StorePart, PartSize>()
    this.#vats.set(vat, parts)
    grow(parts, part, rows, bytes)
  }

  parts(): StoreSize['parts'] {
    return Object.fromEntries(
      storeParts.map((part) => [part, this.#parts.get(part) ?? { rows: 0, bytes: 0 }]),
    ) as StoreSize['parts']
  }

  vats(): VatSize[] {
    const all = [...this.#vats].map(([vat, parts]) => {
      const bytes = [...parts.values()].reduce((sum, part) => sum + part.bytes, 0)
      return { vat, name: this.names.get(vat) ?? null, bytes, parts: Object.fromEntries(parts) }
    })
    return all.sort(
      (one, other) => other.bytes - one.bytes || compareVatIds(one.vat, other.vat),
    )
  }
}

function grow(parts: Map<StorePart, PartSize>, part: StorePart, rows: number, bytes: number): void {
  const before = parts.get(part) ?? { rows: 0, bytes: 0 }
  parts.set(part, { rows: before.rows + rows, bytes: before.bytes + bytes })
}

/** Rows and bytes of a table, of all vats together or by vat. */
const vatTables: readonly (readonly [
  part: StorePart,
  table: 'entry' | 'span' | 'snapshot' | 'page_use',
  text: string,
])[] = [
  ['transcript', 'entry', 'SELECT vat, count(*), sum(octet_length(text)) FROM entry GROUP BY vat'],
  [
    'transcript',
    'span',
    'SELECT vat, count(*), sum(octet_length(previous) + octet_length(hash)) FROM span GROUP BY vat',
  ],
  ['heap', 'snapshot', 'SELECT vat, count(*), sum(octet_length(manifest)) FROM snapshot GROUP BY vat'],
  [
    'heap',
    'page_use',
    'SELECT page_use.vat, count(*), CAST(total(octet_length(bytes) * 1.0 / uses) AS INTEGER) FROM page_use JOIN page ON id = page GROUP BY page_use.vat',
  ],
]

const undoBytes = `ifnull(sum(${['key2', 'cell1', 'cell2', 'cell3', 'cell4', 'cell5', 'cell6']
  .map((cell) => `ifnull(octet_length(${cell}), 0)`)
  .join(' + ')}), 0)`

/** The tables of later formats, and the first format with each. */
const laterTables: Readonly<Record<string, number>> = {
  source_map: 3,
  undo: formatWithUndoLog,
  block_input: formatWithInputs,
}

const storeTables: readonly (readonly [
  part: StorePart,
  table: 'bundle' | 'source_map' | 'inbox' | 'outbox' | 'block' | 'undo' | 'block_input',
  text: string,
])[] = [
  ['bundles', 'bundle', 'SELECT count(*), ifnull(sum(octet_length(bytes)), 0) FROM bundle'],
  ['maps', 'source_map', 'SELECT count(*), ifnull(sum(octet_length(map)), 0) FROM source_map'],
  ['channels', 'inbox', 'SELECT count(*), ifnull(sum(octet_length(item)), 0) FROM inbox'],
  ['channels', 'outbox', 'SELECT count(*), ifnull(sum(octet_length(item)), 0) FROM outbox'],
  ['blocks', 'block', 'SELECT count(*), ifnull(sum(octet_length(activity_hash)), 0) FROM block'],
  ['undo', 'undo', `SELECT count(*), ${undoBytes} FROM undo`],
  ['inputs', 'block_input', 'SELECT count(*), ifnull(sum(octet_length(inputs)), 0) FROM block_input'],
]

function measureTables(sql: SqlFile, sizes: Sizes): void {
  for (const [part, table, text] of vatTables) {
    for (const [vat, rows, bytes] of sql.query(text, table, ['vat', 'count', 'count']).each())
      sizes.add(part, vat, rows, bytes)
  }
  for (const [part, table, text] of storeTables) {
    if (sql.pragmaNumber('user_version') < (laterTables[table] ?? 1)) continue
    for (const [rows, bytes] of sql.query(text, table, ['count', 'count']).each())
      sizes.add(part, null, rows, bytes)
  }
}

function measureState(sql: SqlFile, sizes: Sizes): void {
  const spaces = sql.query('SELECT id, name FROM space ORDER BY name', 'space', ['count', 'space']).all()
  const total = sql.query(
    'SELECT count(*), ifnull(sum(octet_length(key) + octet_length(value)), 0) FROM state WHERE space = ?',
    'state',
    ['count', 'count'],
  )
  const rows = sql.query(
    'SELECT key, octet_length(key) + octet_length(value) FROM state WHERE space = ?',
    'state',
    ['text', 'count'],
  )
  const value = sql.query('SELECT value FROM state WHERE space = ? AND key = ?', 'state', ['text'])
  for (const [id, space] of spaces) {
    if (space === 'kernel') {
      for (const [key, bytes] of rows.each(id)) {
        const { part, vat } = placeOfKernelRow(key)
        sizes.add(part, vat, 1, bytes)
        if (vat !== null && key === vatRecordKey(vat)) sizes.names.set(vat, null)
      }
      for (const vat of sizes.names.keys())
        sizes.names.set(vat, factsOfVat(value.one(id, vatRecordKey(vat))?.[0]).name)
      continue
    }
    const [count, bytes] = total.one(id) ?? [0, 0]
    if (space === 'host') sizes.add('host', null, count, bytes)
    else sizes.add('vatstore', space.slice('vat/'.length) as VatId, count, bytes)
  }
}

/** `trace.jsonl` and its renamed predecessors. */
function traceBytesIn(directory: string): number {
  const files = readdirSync(directory).filter((name) => /^trace\.jsonl(\.\d+)?$/.test(name))
  return files.reduce((sum, name) => sum + (statIfPresent(join(directory, name))?.size ?? 0), 0)
}
