/**
 * Figures of each vat for people who monitor a store: counts that the store has anyway. They are read from
 * the kernel's rows and from transcripts, without running anything, by a machine from its open store or by
 * anyone from the file.
 */
import { compareVatIds, type VatId } from '../../base/ids.ts'
import {
  addresseeOf,
  factsOfVat,
  numbersIn,
  ownerIn,
  parkedKey,
  queueItemKey,
  runQueueKey,
  storedKey,
  vatRecordKey,
} from '../../protocol/store/kernelRows.ts'
import { readLastBlock } from '../state/blocks.ts'
import { assertStoreExists } from '../opening/file.ts'
import { Pruned } from '../state/pruned.ts'
import { openForReading } from '../opening/reading.ts'
import { selectVats } from '../contents/spans.ts'
import type { SqlFile } from '../sql/sql.ts'
import type { VatFigures, StoreFigures } from '../../protocol/store/views.ts'

/** Source of the figures. */
export interface FigureSource {
  vats(): readonly VatId[]
  /** A row of the kernel's space. */
  row(key: string): string | undefined
  /** The total number of the vat's entries, and the first one that is kept. */
  transcript(vat: VatId): { readonly count: number; readonly from: number }
  heapPages(vat: VatId): number
}

/** A longer run-queue is not counted per vat. */
const maxQueuedCounted = 10_000

export function figuresOf(
  source: FigureSource,
  { height, cranks }: Pick<StoreFigures, 'height' | 'cranks'>,
): StoreFigures {
  const [head = 0, tail = 0] = numbersIn(source.row(runQueueKey))
  const queued = queuedFor(source, head, tail)
  const vats = [...source.vats()]
    .sort(compareVatIds)
    .map((vat) => figuresOfVat(source, vat, queued.get(vat) ?? 0))
  return { height, cranks, queued: tail - head, vats }
}

function figuresOfVat(source: FigureSource, vat: VatId, queued: number): VatFigures {
  const { count, from } = source.transcript(vat)
  const [parked = 0] = numbersIn(source.row(parkedKey(vat)))
  const [, rows = null] = numbersIn(source.row(storedKey(vat)))
  return {
    vat,
    ...factsOfVat(source.row(vatRecordKey(vat))),
    deliveries: count,
    entries: count - from,
    rows,
    heapPages: source.heapPages(vat),
    queued,
    parked,
  }
}

function queuedFor(source: FigureSource, head: number, tail: number): Map<VatId, number> {
  const queued = new Map<VatId, number>()
  for (let index = head; index < Math.min(tail, head + maxQueuedCounted); index += 1) {
    const addressee = addresseeOf(source.row(queueItemKey(index)))
    const vat =
      addressee.kind === 'object'
        ? ownerIn(source.row(addressee.key))
        : addressee.kind === 'vat'
          ? addressee.vat
          : undefined
    if (vat !== undefined) queued.set(vat, (queued.get(vat) ?? 0) + 1)
  }
  return queued
}

/** The figures of the last block, even while another process or thread has the store open for writing. */
export function readFigures(directory: string): StoreFigures {
  assertStoreExists(directory)
  const sql = openForReading(directory)
  try {
    sql.execute('BEGIN')
    return figuresOf(sourceOf(sql), readLastBlock(sql))
  } finally {
    sql.close()
  }
}

function sourceOf(sql: SqlFile): FigureSource {
  const pruned = new Pruned(sql)
  const row = sql.query(
    "SELECT value FROM state WHERE space = (SELECT id FROM space WHERE name = 'kernel') AND key = ?",
    'state',
    ['text'],
  )
  const last = sql.query('SELECT end FROM span WHERE vat = ? ORDER BY number DESC LIMIT 1', 'span', ['count'])
  const pages = sql.query('SELECT count(*) FROM page_use WHERE vat = ?', 'page_use', ['count'])
  return {
    vats: () => sql.query(selectVats, 'span', ['vat']).all().map(([vat]) => vat),
    row: (key) => row.one(key)?.[0],
    transcript: (vat) => ({ count: last.one(vat)?.[0] ?? 0, from: pruned.of(vat).from }),
    heapPages: (vat) => pages.one(vat)?.[0] ?? 0,
  }
}
