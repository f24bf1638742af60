/** `passStyleOf` of vats against the one of `@endo/pass-style`: the same style, or refused by both. */
import '@endo/init'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Far, makeTagged, passStyleOf as oracle } from '@endo/pass-style'
import { passStyleOf } from '../../src/supervisor/realm/passStyle.ts'

declare const harden: <T>(value: T) => T

const circle: unknown[] = []
circle.push(circle)
const hidden = Object.defineProperty({}, 'x', { value: 1, enumerable: false })
const withExtra = Object.assign([1], { extra: 1 })
const promiseWithOwn = Object.assign(Promise.resolve(), { own: 1 })
const farKind = Object.freeze(
  Object.create(
    Object.freeze(
      Object.create(Object.prototype, {
        [Symbol.for('passStyle')]: { value: 'remotable' },
        [Symbol.toStringTag]: { value: 'Alleged: kind' },
        method: { value: () => 1 },
      }),
    ),
  ),
)
const shared = [1]

/** Each as a function that makes the value; the second says whether it is hardened. */
const values: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  NaN: () => NaN,
  bigint: () => 1n,
  text: () => 'text',
  'lone surrogate': () => '\ud800',
  'registered symbol': () => Symbol.for('x'),
  'well-known symbol': () => Symbol.iterator,
  'own symbol': () => Symbol('x'),
  array: () => [],
  'array of arrays': () => [[1], [[2]]],
  'shared twice': () => [shared, shared],
  hole: () => [1, , 3],
  circle: () => circle,
  'array with more': () => withExtra,
  'class of array': () => new (class extends Array {})(),
  record: () => ({ a: 1, b: { c: [] } }),
  empty: () => ({}),
  'no prototype': () => ({ __proto__: null, a: 1 }),
  'own symbol key': () => ({ [Symbol.for('x')]: 1 }),
  accessor: () => ({
    get x() {
      return 1
    },
  }),
  'hidden property': () => hidden,
  'method in a record': () => ({ f: () => 1 }),
  'far function in a record': () => ({ f: Far('f', () => 1) }),
  class: () =>
    new (class Foo {
      x = 1
    })(),
  map: () => new Map(),
  date: () => new Date(0),
  regexp: () => /x/,
  function: () => () => 1,
  far: () => Far('far', { m: () => 1 }),
  'far function': () => Far('f', () => 1),
  'far empty': () => Far('e', {}),
  kind: () => farKind,
  'inherits from far': () => Object.create(Far('far', { m: () => 1 })),
  promise: () => Promise.resolve(1),
  'promise with own': () => promiseWithOwn,
  'class of promise': () => new (class extends Promise<unknown> {})(() => {}),
  thenable: () => ({ then: () => 1 }),
  'then as data': () => ({ then: 1 }),
  error: () => Error('x'),
  'type error': () => TypeError('x'),
  'error with cause': () => Error('x', { cause: Error('y') }),
  'error with data as cause': () => Error('x', { cause: 1 }),
  aggregate: () => AggregateError([Error('x')], 'y'),
  'error with more': () => Object.assign(Error('x'), { more: 1 }),
  'class of error': () => new (class MyError extends Error {})('x'),
  tagged: () => makeTagged('tag', harden([1])),
  'tagged with far': () => makeTagged('t', Far('f', {})),
  'claims to be tagged': () => ({ [Symbol.for('passStyle')]: 'tagged' }),
  'claims to be remotable': () => ({ [Symbol.for('passStyle')]: 'remotable' }),
  'claims to be something': () => ({ [Symbol.for('passStyle')]: 'something' }),
  'array buffer': () => new ArrayBuffer(1),
  'typed array': () => new Uint8Array(1),
  'boxed text': () => Object('x'),
  'proxy of a record': () => new Proxy({ a: 1 }, {}),
  'far with data': () => Object.setPrototypeOf({ x: 1 }, Object.getPrototypeOf(Far('f', {}))),
  'with own then': () => Far('f', { then: () => 1 }),
  arguments: () =>
    (function (..._all: unknown[]) {
      return arguments
    })(1),
}

const styleBy = (of: (value: never) => unknown, value: unknown): unknown => {
  try {
    return of(value as never)
  } catch {
    return 'refused'
  }
}

for (const [name, make] of Object.entries(values)) {
  // Ps1.
  test(`style of ${name}`, () => {
    const value = make()
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
      assert.equal(styleBy(passStyleOf, value), styleBy(oracle, value), 'before it is hardened')
    }
    let hardened: unknown
    try {
      hardened = harden(value)
    } catch {
      return
    }
    const expected = styleBy(oracle, hardened)
    assert.equal(styleBy(passStyleOf, hardened), expected)
    assert.equal(styleBy(passStyleOf, hardened), expected, 'the second time')
  })
}

test('an immutable buffer is a byte array', () => {
  const buffer = new ArrayBuffer(2) as ArrayBuffer & { sliceToImmutable?: () => object }
  const immutable = harden(buffer.sliceToImmutable?.())
  assert.equal(passStyleOf(immutable), 'byteArray')
  assert.equal(oracle(immutable as never), 'byteArray')
})

test('an error with a hidden code is passable; with any other code it is not', () => {
  const coded = (attributes: PropertyDescriptor): unknown =>
    harden([Object.defineProperty(Error('m'), 'code', attributes)])
  assert.equal(passStyleOf(coded({ value: 'key/too-long' })), 'copyArray')
  for (const attributes of [
    { value: 'key/too-long', enumerable: true },
    { value: 'ENOENT' },
    { value: 5 },
    { get: () => 'key/too-long' },
  ]) {
    assert.throws(() => passStyleOf(coded(attributes)), TypeError)
  }
})
