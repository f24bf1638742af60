/**
 * The types of the columns of the store's tables, and the check of every row that is read.
 *
 * SQLite allows any kind of value in any cell. Damage, or a change made outside the store, can leave NULL, a
 * blob, a real or a huge integer where the store wrote text, and text where it wrote other text.
 *
 * Fmt1. A query names the type of each column that it returns. A row with a cell of another type is refused
 *       with the code of its table, and with its place.
 * Fmt2. The whole rows of some tables end with a checksum: CRC-32 of the table's name and of the cells before
 *       it. A row with a wrong checksum is refused in the same way.
 * Fmt3. The other tables have their own hashes or checksums (`state`, `entry`, `page`, `bundle`), or are
 *       compared with tables that do (`page_use`, `pruned`).
 */
import { assert } from '../../base/errors.ts'
import { crc32 } from 'node:zlib'
import { isBundleId, isHash, isVatId, type BundleId, type Hash, type VatId } from '../../base/ids.ts'
import type { SpanReason, Space } from '../../protocol/kernel/platform.ts'
import { bundleKinds, type BundleKind } from '../../protocol/bundle/bundle.ts'

/** The types of cells, and the JavaScript type of each. */
export interface Cells {
  /** A non-negative integer. */
  count: number
  integer: number
  text: string
  bytes: Uint8Array
  hash: Hash
  vat: VatId
  bundle: BundleId
  kind: BundleKind
  reason: SpanReason
  space: Space
  /** CRC-32 of something, or a sum of CRC-32s modulo 2³². */
  checksum: number
  /** The checksum of its own row, in the last column (Fmt2). */
  rowChecksum: number
}

type CellType = keyof Cells

/** Why a vat's transcript begins a new span. */
export const spanReasons: readonly SpanReason[] = ['incarnation', 'snapshot', 'worker']

const isText = (value: unknown): value is string => typeof value === 'string'
const isOneOf = (values: readonly unknown[]) => (value: unknown) => values.includes(value)
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isChecksum = (value: unknown): boolean => isCount(value) && (value as number) <= 0xffff_ffff

const spaceGrammar = /^(?:kernel|host|vat\/[\u0021-\u007e]+)$/
export const isSpace = (text: string): text is Space => spaceGrammar.test(text)

const types: {
  readonly [Type in CellType]: { readonly is: (value: unknown) => boolean; readonly name: string }
} = {
  count: { is: isCount, name: 'a whole number from 0 on' },
  integer: { is: (value) => Number.isSafeInteger(value), name: 'a whole number' },
  text: { is: isText, name: 'text' },
  bytes: { is: (value) => value instanceof Uint8Array, name: 'bytes' },
  hash: { is: (value) => isText(value) && isHash(value), name: 'a hash' },
  vat: { is: (value) => isText(value) && isVatId(value), name: 'the id of a vat' },
  bundle: { is: (value) => isText(value) && isBundleId(value), name: 'the id of a bundle' },
  kind: { is: isOneOf(bundleKinds), name: 'a kind of bundle' },
  reason: { is: isOneOf(spanReasons), name: 'a reason for a span' },
  space: { is: (value) => isText(value) && isSpace(value), name: 'the name of a space' },
  checksum: { is: isChecksum, name: 'a checksum' },
  rowChecksum: { is: isChecksum, name: 'a checksum' },
}

/** The columns of the tables whose whole rows are read, in order. */
export const tableColumns = {
  space: [
    ['id', 'count'],
    ['name', 'space'],
    ['rows', 'count'],
    ['digest', 'checksum'],
    ['checksum', 'rowChecksum'],
  ],
  span: [
    ['vat', 'vat'], ['number', 'count'], ['start', 'count'], ['end', 'count'], ['reason', 'reason'],
    ['previous', 'hash'], ['hash', 'hash'], ['checksum', 'rowChecksum'],
  ],
  entry: [['vat', 'vat'], ['position', 'count'], ['text', 'text']],
  snapshot: [['vat', 'vat'], ['position', 'count'], ['heap_hash', 'hash'], ['checksum', 'rowChecksum']],
  bundle_name: [['label', 'text'], ['id', 'bundle'], ['checksum', 'rowChecksum']],
  trusted: [['bundle', 'bundle'], ['reason', 'text'], ['checksum', 'rowChecksum']],
  inbox: [['sequence', 'count'], ['item', 'text'], ['checksum', 'rowChecksum']],
  outbox: [['sequence', 'count'], ['port', 'text'], ['item', 'text'], ['checksum', 'rowChecksum']],
  block: [
    ['height', 'count'],
    ['cranks', 'count'],
    ['activity_hash', 'hash'],
    ['inbox_last', 'count'],
    ['inbox_taken', 'count'],
    ['outbox_last', 'count'],
    ['outbox_acknowledged', 'count'],
    ['checksum', 'rowChecksum'],
  ],
  pruned_to: [['vat', 'vat'], ['entry', 'count'], ['span', 'count'], ['checksum', 'rowChecksum']],
  span_begun: [['vat', 'vat'], ['start', 'count'], ['height', 'count'], ['checksum', 'rowChecksum']],
  block_input: [['height', 'count'], ['inputs', 'text'], ['checksum', 'rowChecksum']],
  retention: [['what', 'text'], ['keep', 'text'], ['checksum', 'rowChecksum']],
  undo_log: [
    ['only', 'count'],
    ['since', 'count'],
    ['inbox_taken', 'count'],
    ['outbox_last', 'count'],
    ['outbox_acknowledged', 'count'],
    ['rows', 'count'],
    ['digest', 'checksum'],
    ['checksum', 'rowChecksum'],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [name: string, type: CellType])[]>>

export type WholeTable = keyof typeof tableColumns
type CellsOf<Columns extends readonly (readonly [name: string, type: CellType])[]> = {
  -readonly [Index in keyof Columns]: Cells[Columns[Index][1]]
}
export type WholeRow<Table extends WholeTable> = CellsOf<(typeof tableColumns)[Table]>
export type RowOf<Types extends readonly CellType[]> = {
  -readonly [Index in keyof Types]: Cells[Types[Index]]
}

/** The tables whose rows have a checksum of their own (Fmt2). */
export const checkedTables = [
  'space',
  'span',
  'snapshot',
  'bundle_name',
  'trusted',
  'inbox',
  'outbox',
  'block',
  'pruned_to',
  'span_begun',
  'block_input',
  'retention',
  'undo_log',
] as const satisfies readonly WholeTable[]
export type CheckedTable = (typeof checkedTables)[number]

/** The code with which a damaged row of a table is refused. */
export const tableCodes = {
  space: 'store/corrupt-state',
  state: 'store/corrupt-state',
  span: 'store/corrupt-transcript',
  entry: 'store/corrupt-transcript',
  pruned: 'store/corrupt-transcript',
  pruned_to: 'store/corrupt-transcript',
  span_begun: 'store/corrupt-transcript',
  retention: 'store/corrupt-file',
  snapshot: 'store/corrupt-snapshot',
  page: 'store/corrupt-page',
  page_use: 'store/corrupt-page',
  bundle: 'store/corrupt-bundle',
  bundle_name: 'store/corrupt-bundle',
  source_map: 'store/corrupt-bundle',
  trusted: 'store/corrupt-bundle',
  identity: 'store/corrupt-file',
  inbox: 'store/corrupt-channel',
  outbox: 'store/corrupt-channel',
  block: 'store/corrupt-block',
  undo_log: 'store/corrupt-file',
  undo: 'store/corrupt-file',
  block_input: 'store/corrupt-block',
} as const

export type Table = keyof typeof tableCodes

/** The checksum of a row: of its table's name and its cells, in column order. */
export function checksumOf(table: CheckedTable, cells: readonly unknown[]): number {
  assert(
    cells.length === tableColumns[table].length - 1,
    'a checksum covers all other cells of its row (Fmt2)',
  )
  let checksum = crc32(table)
  for (const cell of cells) checksum = crc32(String(cell), crc32('\u0000', checksum))
  return checksum
}

/** The checksum of a row of the undo log: of all its other cells, with the type of each. */
export function undoChecksum(...cells: readonly unknown[]): number {
  return cells.reduce<number>((checksum, cell) => {
    const typed = crc32(`\u0000${cell instanceof Uint8Array ? 'bytes' : typeof cell}\u0000`, checksum)
    return crc32(cell instanceof Uint8Array ? cell : String(cell), typed)
  }, 0)
}

/** The damage of a row: the wrong cell, and how it is wrong. */
export interface Damage {
  readonly column: number
  readonly why: string
}

/** The check of the rows of one query. */
export class RowFormat {
  readonly table: Table
  readonly #types: readonly CellType[]

  /** For older formats without checksums, the checksum column is ignored. */
  constructor(table: Table, columns: readonly CellType[], checksums: 'kept' | 'none') {
    this.table = table
    this.#types = checksums === 'kept' ? columns : columns.filter((type) => type !== 'rowChecksum')
  }

  /** The number of columns whose types are known. */
  get width(): number {
    return this.#types.length
  }

  /** Undefined for a sound row (Fmt1, Fmt2). */
  damageOf(row: readonly unknown[]): Damage | undefined {
    const columns = this.#types
    for (let column = 0; column < columns.length; column += 1) {
      const type = columns[column] as CellType
      const value = row[column]
      if (!types[type].is(value)) return { column, why: `is ${describeCell(value)}, not ${types[type].name}` }
      if (type === 'rowChecksum' && checksumOf(this.table as CheckedTable, row.slice(0, column)) !== value) {
        return { column, why: 'is not the checksum of the row' }
      }
    }
    return undefined
  }
}

const maxShownLength = 40

/** Describes a cell, for a message. */
export function describeCell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (value instanceof Uint8Array) return `a blob of ${value.byteLength} bytes`
  if (typeof value !== 'string') return `the number ${String(value)}`
  return value.length <= maxShownLength
    ? JSON.stringify(value)
    : `text of ${value.length} characters, ${JSON.stringify(value.slice(0, maxShownLength))}…`
}
