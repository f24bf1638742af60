/**
 * Keys of collections as text, against the rank order of `@endo/marshal`.
 *
 * fast-check generates pairs: `HEIRLOOM_PROPERTY_RUNS` sets how many, `HEIRLOOM_SEED` the seed. A failure
 * reports its seed and the smallest pair that still fails.
 */
import fc, { type Arbitrary } from 'fast-check'
import '@endo/init'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRank } from '@endo/marshal'
import { decodeScalar, encodeScalar } from '../../src/codec/scalarKeys.ts'

const seed = Number(process.env['HEIRLOOM_SEED'] ?? 1)
const pairs = Number(process.env['HEIRLOOM_PROPERTY_RUNS'] ?? 20_000)

const scalars: readonly unknown[] = [
  '',
  ' ',
  '!',
  '|',
  '}',
  '~',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u0080',
  'é',
  '\u2300',
  '\u2301',
  '日本',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  'a',
  'aa',
  'a ',
  'a\u0000',
  'a!',
  'b',
  '__proto__',
  '\\',
  '"',
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  5e-324,
  -5e-324,
  2 ** 53,
  -(2 ** 53),
  1.7976931348623157e308,
  Infinity,
  -Infinity,
  NaN,
  0.1,
  1 / 3,
  4294967296,
  65536,
  0n,
  1n,
  -1n,
  9n,
  10n,
  -9n,
  -10n,
  99n,
  100n,
  -99n,
  -100n,
  2n ** 64n,
  -(2n ** 64n),
  10n ** 300n,
  -(10n ** 300n),
  true,
  false,
  null,
  undefined,
  Symbol.for('a'),
  Symbol.for(''),
  Symbol.for('@@a'),
  Symbol.for('@@iterator'),
  Symbol.iterator,
  Symbol.asyncIterator,
]

const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 6 }))
const scalar: Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: text },
  fc.double(),
  fc.integer({ min: -100, max: 100 }),
  fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }),
  fc.bigInt({ min: -(10n ** 120n), max: 10n ** 120n }),
  text.map((name) => Symbol.for(name)),
  fc.constantFrom(...scalars),
)

const textOf = (key: unknown): string => encodeScalar(key) ?? assert.fail(`no text for ${String(key)}`)
const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

function checkPair(left: unknown, right: unknown, message: string): void {
  const [first, second] = [textOf(left), textOf(right)]
  assert.equal(order(first, second), compareRank(left as never, right as never), message)
  // -0 is the key 0.
  assert.ok(Object.is(decodeScalar(first), left === 0 ? 0 : left), `${message}: ${first} is not decoded`)
  assert.match(first, /^[a-z][\x20-\x7e]*$/, message)
}

test('each odd scalar against each', () => {
  for (const left of scalars)
    for (const right of scalars) checkPair(left, right, `${String(left)} and ${String(right)}`)
})

test(`${pairs} pairs of random scalars`, () => {
  const check = (left: unknown, right: unknown): void =>
    checkPair(left, right, `${String(left)} and ${String(right)}`)
  fc.assert(fc.property(scalar, scalar, check), { seed, numRuns: pairs })
})

test('what has no text', () => {
  for (const key of [{}, [], () => {}]) assert.equal(encodeScalar(key), undefined)
  for (const key of ['\ud800', 'a\udc00b', Symbol('own')]) assert.throws(() => encodeScalar(key), TypeError)
  assert.throws(() => encodeScalar(10n ** 1_000n), RangeError)
})
