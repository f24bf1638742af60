/**
 * Kernels whose tables have another shape, built from the sources of this one: versions 2, 3 and 4 of the
 * tables, each made from the one before.
 *
 * | version | what changes                                                                                   |
 * |---------|------------------------------------------------------------------------------------------------|
 * | 2       | objects are split: `object.` ko has the owner, `references.` ko the counts                     |
 * | 3       | the counter of objects is `counted.objects`; results have keys in the order of their numbers   |
 * | 4       | histories are gone, with their counter; counts of references are written with a slash          |
 *
 * They read and write their own shape alone, and their audit knows no other.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildScript, sources } from '../../src/release/build.ts'

/** A piece of a source file that is replaced. It must be there exactly once. */
export interface Patch {
  readonly file: string
  readonly piece: string
  readonly by: string
}

export type Shape = 1 | 2 | 3 | 4

const steps = 'kernel/migrations/steps.ts'
const tables = 'kernel/tables/tables.ts'
const audited = 'kernel/audit/tables.ts'
const lastStep = "  ownForms('items', ['run.', 'parked.', 'drain.']),\n"

const version = (from: number): Patch => ({
  file: 'kernel/tables/migrations.ts',
  piece: `export const tablesVersion = ${from}`,
  by: `export const tablesVersion = ${from + 1}`,
})

/** Version 2. */
const splitObjects: readonly Patch[] = [
  version(1),
  {
    file: steps,
    piece: lastStep,
    by: `${lastStep}  {
    name: 'objects-2', table: 'objects', from: 1, to: 2, keys: ['object.'], adds: ['references.'],
    apply({ key, text }) {
      const [owner = '', ...counts] = text.split(' ')
      if (counts.length === 0) return []
      return [[key, owner], ['references.' + key.slice('object.'.length), counts.join(' ')]]
    },
  },
`,
  },
  {
    file: tables,
    piece: 'return text === undefined ? undefined : this.#objects.of(key, text)',
    by: 'return text === undefined ? undefined : this.object(kref)',
  },
  {
    file: tables,
    piece: 'return this.#objects.of(`object.${kref}`, this.#rows.need(`object.${kref}`))',
    by: 'return this.#objects.of(`object.${kref}`, `${this.#rows.need(`object.${kref}`)} ${this.#rows.need(`references.${kref}`)}`)',
  },
  {
    file: tables,
    piece: 'this.#rows.set(`object.${kref}`, `${owner} ${reachable} ${recognizable}`)',
    by: 'this.#rows.set(`object.${kref}`, owner)\n    this.#rows.set(`references.${kref}`, `${reachable} ${recognizable}`)',
  },
  {
    file: tables,
    piece: 'this.#rows.delete(`object.${kref}`)',
    by: 'this.#rows.delete(`object.${kref}`)\n    this.#rows.delete(`references.${kref}`)',
  },
  {
    file: audited,
    piece:
      '  table({ key: /^object\\.(ko[1-9]\\d*)$/, read: objectRecordOf, count: countObject, check: checkObject }),\n',
    by: `  table({
    key: /^object\\.(ko[1-9]\\d*)$/,
    read: (text) => (/^[a-z]+\\d*$/.test(text) ? text : undefined),
    count: countObject,
    check(auditing, place, owner) {
      const record = objectRecordOf(owner + ' ' + (auditing.get('references.' + place.parts[0]) ?? ''))
      if (record === undefined) auditing.find('object/count', place.key, 'the object has no counts')
      else checkObject(auditing, place, record)
    },
  }),
  table({
    key: /^references\\.(ko[1-9]\\d*)$/,
    read: (text) => (/^\\d+ \\d+$/.test(text) ? text : undefined),
    check(auditing, { key, parts: [kref = ''] }) {
      if (!auditing.has('object.' + kref)) auditing.find('object/missing', key, 'there are counts of no object')
    },
  }),
`,
  },
  {
    file: audited,
    piece: "auditing.get(`object.${kref}`)?.startsWith('kernel ') !== true",
    by: "auditing.get(`object.${kref}`) !== 'kernel'",
  },
  {
    file: 'kernel/audit/cycles.ts',
    piece: "get(`object.${object}`)?.split(' ')[1]",
    by: "get(`references.${object}`)?.split(' ')[0]",
  },
]

/** Version 3. */
const movedCounter: readonly Patch[] = [
  version(2),
  {
    file: steps,
    piece: ']\n\nassertChain',
    by: `  {
    name: 'counters-3', table: 'counters', from: 2, to: 3, keys: ['next.object'], adds: ['counted.objects'],
    apply: ({ key, text }) => [['counted.objects', text], [key, null]],
  },
  {
    name: 'results-3', table: 'results', from: 2, to: 3, keys: ['result.'], adds: ['result.'],
    apply({ key, text }) {
      const number = key.slice('result.'.length)
      return /^\\d/.test(number) ? [['result.' + orderedNumber(Number(number)), text], [key, null]] : []
    },
  },
]

assertChain`,
  },
  {
    file: steps,
    piece: "import { assertChain, type Step } from './step.ts'",
    by: "import { orderedNumber } from '../../base/ordered.ts'\nimport { assertChain, type Step } from './step.ts'",
  },
  {
    file: 'kernel/tables/rows.ts',
    piece: 'const key = `next.${counter}`',
    by: "const key = counter === 'object' ? 'counted.objects' : `next.${counter}`",
  },
  {
    file: 'kernel/audit/audit.ts',
    piece: 'const key = `next.${counter}`',
    by: "const key = counter === 'object' ? 'counted.objects' : `next.${counter}`",
  },
  {
    file: audited,
    piece: '    key: /^next\\.([A-Za-z]+)$/,\n',
    by: `    key: /^counted\\.objects$/,
    read: countOf,
    check: (auditing, { key }, next) => checkCounter(auditing, key, 'object', next),
  }),
  table({
    key: /^next\\.(?!object$)([A-Za-z]+)$/,
`,
  },
  ...[
    'return this.#rows.find(`result.${sequence}`, promiseOf)',
    'this.#rows.set(`result.${sequence}`, promise)',
    'this.#rows.delete(`result.${sequence}`)',
  ].map((piece) => ({
    file: 'kernel/tables/results.ts',
    piece,
    by: piece.replace('${sequence}', '${orderedNumber(sequence)}'),
  })),
  {
    file: 'kernel/tables/results.ts',
    piece: "import { assert } from '../../base/errors.ts'",
    by: "import { assert } from '../../base/errors.ts'\nimport { orderedNumber } from '../../base/ordered.ts'",
  },
  { file: audited, piece: 'key: /^result\\.([1-9]\\d*)$/,', by: 'key: /^result\\.([a-z][1-9]\\d*)$/,' },
]

const history = `  table({
    key: /^history\\.(v[1-9]\\d*)\\.([a-z])(\\d+)$/,
    read: historyOf,
    count: (tally, { parts: [, , number = ''] }) => tally.highest.raise('history', Number(number)),
    check(auditing, { key, parts: [vat = ''] }) {
      if (!auditing.has(\`ended.\${vat}\`)) auditing.needVat(key, vat as VatId)
    },
  }),
`

/** Version 4. */
const noHistories: readonly Patch[] = [
  version(3),
  {
    file: steps,
    piece: ']\n\nassertChain',
    by: `  {
    name: 'histories-4', table: 'histories', from: 3, to: 4, keys: ['history.', 'next.history'], adds: [],
    apply: ({ key }) => [[key, null]],
  },
  {
    name: 'references-4', table: 'references', from: 3, to: 4, keys: ['references.'], adds: [],
    apply: ({ key, text }) => (text.includes(' ') ? [[key, text.replace(' ', '/')]] : []),
  },
]

assertChain`,
  },
  {
    file: 'kernel/tables/upgrades.ts',
    piece:
      '    this.#rows.set(`history.${vat}.${orderedNumber(this.#rows.count(\'history\'))}`, JSON.stringify(entry))\n',
    by: '',
  },
  { file: 'kernel/audit/upgrades.ts', piece: history, by: '' },
  {
    file: audited,
    piece: 'key: /^next\\.(?!object$)([A-Za-z]+)$/,',
    by: 'key: /^next\\.(?!object$|history$)([A-Za-z]+)$/,',
  },
  {
    file: tables,
    piece: '${this.#rows.need(`references.${kref}`)}',
    by: "${this.#rows.need(`references.${kref}`).replace('/', ' ')}",
  },
  {
    file: tables,
    piece: 'this.#rows.set(`references.${kref}`, `${reachable} ${recognizable}`)',
    by: 'this.#rows.set(`references.${kref}`, `${reachable}/${recognizable}`)',
  },
  {
    file: audited,
    piece: "(auditing.get('references.' + place.parts[0]) ?? '')",
    by: "(auditing.get('references.' + place.parts[0]) ?? '').replace('/', ' ')",
  },
  {
    file: audited,
    piece: 'read: (text) => (/^\\d+ \\d+$/.test(text) ? text : undefined),',
    by: 'read: (text) => (/^\\d+\\/\\d+$/.test(text) ? text : undefined),',
  },
  {
    file: 'kernel/audit/cycles.ts',
    piece: "get(`references.${object}`)?.split(' ')[0]",
    by: "get(`references.${object}`)?.split('/')[0]",
  },
]

const shapes: Readonly<Record<Shape, readonly Patch[]>> = {
  1: [],
  2: splitObjects,
  3: [...splitObjects, ...movedCounter],
  4: [...splitObjects, ...movedCounter, ...noHistories],
}

/** Defects of a kernel of version 4. */
export const defects = {
  /** Throws at one of the rows in the middle. */
  throwingStep: [
    {
      file: steps,
      piece: 'apply: ({ key }) => [[key, null]],',
      by: "apply() { throw new Error('planted: step') },",
    },
  ],
  /** Leaves one of the rows as it was, which the audit finds. */
  forgettingStep: [
    {
      file: steps,
      piece: 'apply: ({ key }) => [[key, null]],',
      by: "apply: ({ key }) => (key === 'next.history' ? [] : [[key, null]]),",
    },
  ],
  /** Changes what it has written, when that comes by again. */
  restlessStep: [
    {
      file: steps,
      piece: "(text.includes(' ') ? [[key, text.replace(' ', '/')]] : [])",
      by: "[[key, text + '/0']]",
    },
  ],
  /** Writes many rows for one. */
  boundlessStep: [
    {
      file: steps,
      piece: 'apply: ({ key }) => [[key, null]],',
      by: "apply: ({ key }) => Array.from({ length: 101 }, (_, index) => ['spare.' + index, key]),",
    },
  ],
  /** Throws when it runs a message of this text. */
  cannotRun: (text: string): readonly Patch[] => [
    {
      file: 'kernel/cranks/items.ts',
      piece: '  process(item: QueueItem): Outcome {\n',
      by: `  process(item: QueueItem): Outcome {
    if (item.kind === 'send' && item.message.methargs.body.includes('${text}')) throw new Error('planted: run')
`,
    },
  ],
  /** Takes over only from version 3 on. */
  onlyFromThree: [
    {
      file: 'kernel/tables/migrations.ts',
      piece: 'export const oldestTables = 1',
      by: 'export const oldestTables = 3',
    },
    {
      file: steps,
      piece: 'assertChain(steps, oldestTables',
      by: 'assertChain(steps.filter(({ from }) => from >= oldestTables), oldestTables',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Patch[] | ((text: string) => readonly Patch[])>>

const built = new Map<string, Promise<Uint8Array>>()

/** The kernel whose tables are of the version, with more changes of its sources. */
export function shapedKernel(shape: Shape, ...more: readonly Patch[]): Promise<Uint8Array> {
  const name = JSON.stringify([shape, more])
  const known = built.get(name) ?? build([...shapes[shape], ...more])
  built.set(name, known)
  return known
}

/** The folders that the kernel is made of. */
const folders = ['base', 'protocol', 'codec', 'kernel']

async function build(patches: readonly Patch[]): Promise<Uint8Array> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'heirloom-kernel-')))
  try {
    const copy = join(directory, 'src')
    for (const folder of folders) cpSync(join(sources, folder), join(copy, folder), { recursive: true })
    cpSync(join(sources, '..', 'package.json'), join(directory, 'package.json'))
    for (const { file, piece, by } of patches) {
      const path = join(copy, file)
      const text = readFileSync(path, 'utf8')
      assert.equal(text.split(piece).length, 2, `${file} has once: ${piece}`)
      writeFileSync(path, text.replace(piece, () => by))
    }
    return await buildScript('kernel', copy)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
