/** `heirloom size`: reports the size of the store, by part and by vat. */
import { assert } from '../../base/errors.ts'
import { partWords, storeParts, type StorePart } from '../../protocol/store/kernelRows.ts'
import { storeSize } from '../../host/index.ts'
import type { StoreSize, VatSize } from '../../protocol/store/views.ts'
import { indent, rightAligned } from '../output/text/columns.ts'
import { formatCount } from '../output/text/counts.ts'
import { storeDirectory } from '../session/storeOptions.ts'
import type { Verb } from '../session/verb.ts'
import { withDirectoryOperand } from '../args/arguments.ts'

export const size: Verb = {
  name: 'size',
  summary: 'reports the size of the store, by part and by vat',
  details: [
    'Reads the last block and runs nothing; another process may have the store open. All rows are counted, so it',
    "takes longer for a larger store. Bytes are those of the content; structure is SQLite's overhead. A heap",
    'page that several vats share counts for each in equal shares.',
  ].join('\n'),
  operands: [],
  rest: { name: 'dir', description: 'the directory of the store, as --store' },
  options: {},
  examples: ['heirloom size', 'heirloom size ./heirloom-store --json'],
  async run(args, io) {
    const sizes = await storeSize(storeDirectory(withDirectoryOperand(args), io))
    return { kind: 'done', json: jsonOf(sizes), text: textOf(sizes) }
  },
}

const jsonOf = ({
  directory,
  height,
  fileBytes,
  freeBytes,
  structureBytes,
  logBytes,
  traceBytes,
  parts,
  vats,
}: StoreSize) => ({
  store: directory,
  height,
  fileBytes,
  freeBytes,
  structureBytes,
  logBytes,
  traceBytes,
  parts: Object.fromEntries(storeParts.map((part) => [part, { ...parts[part] }])),
  vats: vats.map(({ vat, name, bytes, parts: own }) => ({
    vat,
    name,
    bytes,
    parts: Object.fromEntries(Object.entries(own).map(([part, amount]) => [part, { ...amount }])),
  })),
})

function textOf({
  directory,
  height,
  fileBytes,
  freeBytes,
  structureBytes,
  logBytes,
  traceBytes,
  parts,
  vats,
}: StoreSize): string {
  const bySize = storeParts
    .filter((part) => parts[part].rows > 0)
    .sort((one, other) => parts[other].bytes - parts[one].bytes)
  const amounts = rightAligned([
    ['', 'ROWS', 'BYTES'],
    ...bySize.map((part) => [partWords[part], formatCount(parts[part].rows), formatCount(parts[part].bytes)]),
    ['structure', '', formatCount(structureBytes)],
    ['free pages', '', formatCount(freeBytes)],
    ['the file', '', formatCount(fileBytes)],
    ['write-ahead log', '', formatCount(logBytes)],
    ...(traceBytes === 0 ? [] : [['traces', '', formatCount(traceBytes)]]),
  ])
  return [`${directory} at block ${formatCount(height)}`, indent(amounts), indent(vatsText(vats))]
    .filter((text) => text !== '')
    .join('\n')
}

const ownColumns: readonly (readonly [part: StorePart, head: string])[] = [
  ['transcript', 'TRANSCRIPT'],
  ['heap', 'HEAP'],
  ['vatstore', 'DATA'],
  ['clist', 'C-LIST'],
]

function vatsText(vats: readonly VatSize[]): string {
  if (vats.length === 0) return ''
  const rows = vats.map(({ vat, name, bytes, parts }) => {
    const own = ownColumns.map(([part]) => parts[part]?.bytes ?? 0)
    const other = bytes - own.reduce((sum, part) => sum + part, 0)
    assert(other >= 0, 'the parts of a vat are at most its size')
    return [vat, name ?? '(ended)', formatCount(bytes), ...own.map(formatCount), formatCount(other)]
  })
  return rightAligned([['VAT', 'NAME', 'BYTES', ...ownColumns.map(([, head]) => head), 'OTHER'], ...rows], 2)
}
