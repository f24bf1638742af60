/**
 * Values that nobody expects, for any field of any wire: what JSON can carry, and what only a caller in the
 * same process can give.
 */

import type { ObjectKref } from '../../src/base/ids.ts'
import { Remote, RemotePromise } from '../../src/host/index.ts'

const nested = (depth: number): unknown => {
  let value: unknown = 0
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value }
  return value
}

/** What JSON can carry. */
export const jsonOddities: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  4_294_967_296,
  '',
  ' ',
  '0',
  '-1',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'kind',
  '\u0000',
  '\n',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\u2028',
  '\u202e',
  'e\u0301',
  '\u{1f9e8}',
  'a'.repeat(513),
  'ü'.repeat(10_001),
  [],
  [null],
  [[]],
  [[[]]],
  ['o-1'],
  ['o+0', 'o+0'],
  [0, 1, 2],
  Array.from({ length: 300 }, () => null),
  {},
  { kind: 'ok' },
  { length: 3 },
  { toString: 1 },
  { valueOf: null, toString: null },
  { body: '#[]', slots: [] },
  { body: 0, slots: {} },
  { then: 1 },
  nested(7),
  nested(40),
]

/** Names of the right look or nearly so, of somebody else, of the kernel, or of nothing. */
export const nameOddities: readonly string[] = [
  'o+0',
  'o+00',
  'o+01',
  'o-0',
  'o-1',
  'o-2',
  'o-3',
  'o-01',
  'o-99',
  'o+99',
  'o-99999999999999999999',
  'o+99999999999999999999',
  'o+9007199254740993',
  'o+d1/1',
  'o+d1/1:0',
  'o+d1/1:99999999999999999999',
  'o+d0/1',
  'o+d1/0',
  'o+v2/3',
  'o+v2/3:1',
  'o+v2/3:',
  'o+d/1',
  'o+d1',
  'o+dd1/1',
  'o+x1/1',
  'O+1',
  'o +1',
  'o+1 ',
  'o+1\n',
  'o+1.',
  'o+1.o+2',
  'p+0',
  'p-0',
  'p+1',
  'p-1',
  'p+01',
  'p-99',
  'p+99',
  'p+99999999999999999999',
  'p+d1/1',
  'p',
  'o',
  '+',
  'ko1',
  'ko2',
  'kp1',
  'kp99',
  'v1',
  'v2',
  'kernel',
  'abandoned',
  'vatAdmin',
  'r0',
  'd-1',
  `o-${'9'.repeat(5_000)}`,
  `o+${'9'.repeat(5_000)}`,
  `o+d1/${'9'.repeat(5_000)}:0`,
  `p+${'9'.repeat(5_000)}`,
  `v${'9'.repeat(5_000)}`,
  `ko${'9'.repeat(5_000)}`,
]

/** What only a caller in the same process can give. */
export const liveOddities: readonly unknown[] = [
  undefined,
  NaN,
  Infinity,
  -Infinity,
  0n,
  -1n,
  2n ** 64n,
  Symbol('own'),
  Symbol.iterator,
  () => 1,
  class {},
  new Map(),
  new Set([1]),
  new Date(0),
  /x/,
  new Error('odd'),
  Promise.resolve(1),
  new Uint8Array(3),
  new ArrayBuffer(2),
  new Proxy({}, {}),
  Object.create(null) as object,
  new WeakMap(),
  new (class Odd {
    readonly kind = 'send'
  })(),
  {
    get kind(): never {
      throw new Error('a getter that throws')
    },
  },
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('a proxy that throws')
      },
      ownKeys: () => {
        throw new Error('a proxy that throws')
      },
    },
  ),
  {
    toString: () => {
      throw new Error('a text that throws')
    },
    toJSON: () => {
      throw new Error('a JSON that throws')
    },
  },
  circular(),
  nested(100_000),
  new Remote(`ko${'9'.repeat(5_000)}` as ObjectKref),
  new Remote('ko1' as ObjectKref),
  new RemotePromise('kp1'),
]

function circular(): object {
  const value: { self?: object } = {}
  value.self = value
  return value
}
