/** The text of a block's inputs, to the letter, and back (Inp2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BundleId, WorkerId } from '../../src/base/ids.ts'
import { readInputs, writeInput, type BlockInput } from '../../src/protocol/store/inputs.ts'

const bundle = `b1-${'a'.repeat(64)}` as BundleId
const worker = { id: `w1-${'b'.repeat(64)}` as WorkerId, engine: bundle, supervisor: bundle, image: bundle }
const config = {
  snapshotInterval: 1,
  collectionInterval: 2,
  computronsPerDelivery: '3',
  heapLimitPages: 4,
  storageLimit: 5,
  cleanupBudget: 6,
  onFault: null,
  maxVats: null,
  collection: null,
}

/** What an input is written as, line by line. A stored word is a format: a change breaks every store. */
const table: readonly (readonly [BlockInput, string])[] = [
  [{ kind: 'initialise', config, worker }, `n${JSON.stringify([config, worker])}`],
  [{ kind: 'append', item: '{"kind":"collectAll"}' }, 'i{"kind":"collectAll"}'],
  [{ kind: 'append', item: 'a\nb' }, 'i "a\\nb"'],
  [{ kind: 'append', item: ' a' }, 'i " a"'],
  [{ kind: 'append', item: '' }, 'i'],
  [{ kind: 'take' }, 't'],
  [{ kind: 'accept', sequence: 12, item: null }, 'a12'],
  [{ kind: 'accept', sequence: 12, item: '{"kind":"collectAll"}' }, 'a12 {"kind":"collectAll"}'],
  [{ kind: 'crank', cleaning: 'do', times: 3 }, 'c3'],
  [{ kind: 'crank', cleaning: 'leave', times: 1 }, 'c1-'],
  [{ kind: 'endBlock' }, 'e'],
  [{ kind: 'migrate', rows: 9007199254740991 }, 'm9007199254740991'],
  [{ kind: 'host', key: 'k"\u0001', value: 'a\nb' }, 'h["k\\"\\u0001","a\\nb"]'],
  [{ kind: 'host', key: 'k', value: null }, 'h["k",null]'],
  [{ kind: 'seal' }, 's'],
  [{ kind: 'bundle', bundle, of: 'engine' }, `bengine ${bundle}`],
  [{ kind: 'name', label: 'heirloom:kernel', bundle }, `p["heirloom:kernel","${bundle}"]`],
  [{ kind: 'undoLog', what: 'begin' }, 'ubegin'],
  [{ kind: 'undoLog', what: 'end' }, 'uend'],
  [{ kind: 'undoLog', what: 'return' }, 'ureturn'],
]

test('every kind is written as one line, and read back', () => {
  for (const [input, line] of table) assert.equal(writeInput(input), `${line}\n`)
  const text = table.map(([, line]) => `${line}\n`).join('')
  assert.deepEqual([...readInputs(text)], table.map(([input]) => input))
  assert.deepEqual([...readInputs('')], [])
})

test('a line that is no input is reported in its place, and never skipped', () => {
  const wrong = [
    '', 'x', 'tt', 'e1', 'a', 'a0', 'a01', 'a1x', 'a1 ', 'a1 x', 'a {}', 'm', 'm0', 'm1x', 'u', 'ubegins', 'c', 'c-1', 'c0', 'c1--', 'h', 'h["k"]', 'h["k",1]', 'h{}',
    'b', `bother ${bundle}`, 'bvat b1-0', `bvat ${bundle} `, 'p["x"]', 'p["x","b1-0"]', 'n', 'n[{},{}]',
    'i "', 'i 1', `n${JSON.stringify([config, {}])}`,
  ]
  for (const line of wrong)
    assert.deepEqual([...readInputs(`t\n${line}\ns\n`)], [{ kind: 'take' }, undefined, { kind: 'seal' }], line)
  assert.deepEqual([...readInputs('t\ns')], [{ kind: 'take' }, undefined], 'a line without an end was cut off')
})
