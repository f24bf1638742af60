/** Tables for people: columns as wide as their widest cell, separated by two spaces. */
import { assert } from '../../../base/errors.ts'

type Row = readonly string[]

/** All columns are left-aligned. */
export const columns = (rows: readonly Row[]): string => align(rows, Infinity)

/** The first columns are left-aligned; the others hold numbers and are right-aligned. */
export const rightAligned = (rows: readonly Row[], leftColumns = 1): string => align(rows, leftColumns)

function align(rows: readonly Row[], leftColumns: number): string {
  const widths: number[] = []
  assert(
    rows.every((row) => row.length === rows[0]?.length),
    'every row has a cell for each column',
  )
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  const pad = (cell: string, index: number): string =>
    index < leftColumns ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

/** Indents every line that is not empty. */
export const indent = (text: string, by = '  '): string => text.replace(/^(?=.)/gm, by)
