/**
 * Keys of collections as text, against the rank order of `@endo/marshal`.
 * Seeded: `HEIRLOOM_SEED` is where the sequence begins; a failure names the seed of its pair.
 */
import '@endo/init'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRank } from '@endo/marshal'
import { decodeScalar, encodeScalar } from '../../src/codec/scalarKeys.ts'

const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1)
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

/** A small generator of numbers (mulberry32). */
function makeDice(seed: number): (sides: number) => number {
  let state = seed | 0
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

type Roll = (sides: number) => number
const unit = (roll: Roll): string => {
  const code = [0x22, 0x80, 0x100, 0x2400, 0xffff][roll(5)] ?? 1
  return String.fromCharCode(roll(code))
}
const text = (roll: Roll): string => Array.from({ length: roll(6) }, () => unit(roll)).join('').toWellFormed()
const double = (roll: Roll): number => {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setUint32(0, roll(2 ** 32))
  bits.setUint32(4, roll(3) === 0 ? 0 : roll(2 ** 32))
  return bits.getFloat64(0)
}
const bigint = (roll: Roll): bigint => {
  const digits = Array.from({ length: 1 + roll(roll(4) === 0 ? 120 : 22) }, () => roll(10)).join('')
  return roll(2) === 0 ? BigInt(digits) : -BigInt(digits)
}
const sorts: readonly ((roll: Roll) => unknown)[] = [
  text,
  text,
  double,
  (roll) => roll(200) - 100,
  bigint,
  (roll) => Symbol.for(text(roll)),
  (roll) => scalars[roll(scalars.length)],
]
const draw = (roll: Roll): unknown => sorts[roll(sorts.length)]?.(roll)

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
  for (let seed = firstSeed; seed < firstSeed + pairs; seed += 1) {
    const roll = makeDice(seed)
    checkPair(draw(roll), draw(roll), `HEIRLOOM_SEED=${seed} HEIRLOOM_PROPERTY_RUNS=1`)
  }
})

test('what has no text', () => {
  for (const key of [{}, [], () => {}]) assert.equal(encodeScalar(key), undefined)
  for (const key of ['\ud800', 'a\udc00b', Symbol('own')]) assert.throws(() => encodeScalar(key), TypeError)
  assert.throws(() => encodeScalar(10n ** 1_000n), RangeError)
})
