/** Values on the command line: what is read, how it is shown, and that JSON comes back as it went. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectKref } from '../../src/base/ids.ts'
import { ValueTemplate } from '../../src/cli/values/valueTemplate.ts'
import { toJson } from '../../src/api/jsonForm.ts'
import { nearest } from '../../src/base/nearest.ts'
import { formatValue } from '../../src/cli/output/text/formatValue.ts'
import { formatCount } from '../../src/cli/output/text/counts.ts'
import { escapeControlCharacters } from '../../src/cli/output/text/terminal.ts'
import { CodedError, Remote, RemotePromise } from '../../src/host/index.ts'
import { makeTagged } from '../../src/codec/passable.ts'

const bank = new Remote(objectKref(20), 'Alleged: Bank')
const read = (text: string): unknown =>
  ValueTemplate.parse(text).evaluate((name) => (name === 'bank' ? bank : undefined))

/** text → value, and how it is shown to people. */
const values: readonly (readonly [text: string, value: unknown, shown: string])[] = [
  ['1', 1, '1'],
  ['-1.5e3', -1500, '-1500'],
  [' [ 1 , 2 ] ', [1, 2], '[1, 2]'],
  ['123n', 123n, '123n'],
  ['-7n', -7n, '-7n'],
  ['undefined', undefined, 'undefined'],
  ['NaN', NaN, 'NaN'],
  ['-Infinity', -Infinity, '-Infinity'],
  ['"a\\n\\u0041"', 'a\nA', '"a\\nA"'],
  ['{}', {}, '{}'],
  ['[]', [], '[]'],
  ['{"a":{"b c":[1n]}}', { a: { 'b c': [1n] } }, '{ a: { "b c": [1n] } }'],
  ['@bank', bank, '[Alleged: Bank ko20]'],
  ['{"to":@bank}', { to: bank }, '{ to: [Alleged: Bank ko20] }'],
  ['{"@@bigint":"1"}', { '@bigint': '1' }, '{ "@bigint": "1" }'],
  ['{"__proto__":1}', Object.fromEntries([['__proto__', 1]]), '{ __proto__: 1 }'],
  ['{"@bigint":"5"}', 5n, '5n'],
  ['{"@undefined":true}', undefined, 'undefined'],
  ['{"@number":"Infinity"}', Infinity, 'Infinity'],
  ['{"@remote":"ko20","interface":"Alleged: Bank"}', bank, '[Alleged: Bank ko20]'],
  ['{"@symbol":"asyncIterator"}', Symbol.for('asyncIterator'), 'Symbol(asyncIterator)'],
  ['{"@error":"no","name":"RangeError"}', new RangeError('no'), 'RangeError: no'],
  ['{"@tagged":"copySet","payload":[1]}', makeTagged('copySet', [1]), 'copySet([1])'],
]

for (const [text, value, shown] of values) {
  test(`the value ${text}`, () => {
    assert.deepEqual(read(text), value)
    assert.equal(formatValue(read(text)), shown)
    assert.deepEqual(read(JSON.stringify(toJson(value))), value, 'as JSON it comes back as it went')
  })
}

test('an error brings its code, and keeps it as JSON', () => {
  const text = '{"@error":"vat terminated","name":"Error","code":"object-abandoned"}'
  const error = read(text)
  assert.ok(error instanceof Error)
  assert.deepEqual(Object.getOwnPropertyDescriptor(error, 'code'), {
    value: 'object-abandoned',
    writable: false,
    enumerable: false,
    configurable: false,
  })
  assert.equal(JSON.stringify(toJson(error)), text)
})

/** text → where it cannot be read, and why. */
const garbage: readonly (readonly [text: string, character: number, why: RegExp])[] = [
  ['', 1, /missing/],
  ['hello', 1, /double quotes/],
  ['5apples', 1, /double quotes/],
  ['01', 1, /double quotes/],
  ['1.n', 1, /double quotes/],
  ['1 2', 3, /after the value/],
  ['"open', 1, /not closed/],
  ['"\\x"', 1, /valid JSON/],
  ['{"a" 1}', 6, /colon/],
  ['{"a":1,}', 8, /key/],
  ['{"a":1,"a":2}', 11, /twice/],
  ['[1 2]', 4, /comma/],
  ['9007199254740992', 1, /9007199254740992n/],
  ['@', 1, /name of a vat/],
  ['{"@bigint":"x"}', 1, /digits/],
  ['{"@promise":"kp1"}', 1, /promise/],
  ['{"@other":1}', 1, /@@/],
  ['['.repeat(300), 202, /deeper/],
]

for (const [text, character, why] of garbage) {
  // Vt1.
  test(`no value: ${text.slice(0, 20)}`, () => {
    assert.throws(
      () => read(text),
      (error) =>
        error instanceof CodedError &&
        error.code === 'cli/usage' &&
        error.detail['character'] === character &&
        why.test(error.message),
    )
  })
}

test('what is long is shown on lines of its own', () => {
  const long = 'x'.repeat(60)
  assert.equal(formatValue({ a: long, b: [long, 1n] }), `{\n  a: "${long}",\n  b: ["${long}", 1n],\n}`)
})

test('a promise is shown, and in JSON, by its name', () => {
  const promise = new RemotePromise('kp40')
  assert.equal(formatValue(promise), '[Promise kp40]')
  assert.deepEqual(toJson(promise), { '@promise': 'kp40' })
})

test('text of a vat cannot steer the terminal', () => {
  assert.equal(escapeControlCharacters('a\u001b[2J\u009b\u202eb\tc\n'), 'a\\u001b[2J\\u009b\\u202eb\tc\n')
})

test('numbers in groups of three; the nearest word', () => {
  assert.deepEqual([0, 999, 1000, 1234567n].map(formatCount), ['0', '999', '1,000', '1,234,567'])
  assert.deepEqual(
    ['stauts', 'creat', 'sned', 'zzzzzz'].map((word) => nearest(word, ['status', 'create', 'send'])),
    ['status', 'create', 'send', undefined],
  )
})
