/**
 * The wire, value by value, and what is refused on the way in and on the way out. Without SES: this is how
 * the host runs it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import type { CapData } from '../../src/protocol/capdata.ts'
import { classifyPassable, interfaceOf, makeTagged, maxNesting, passStyle } from '../../src/codec/passable.ts'
import { makeDecoder } from '../../src/codec/smallcapsDecode.ts'
import { makeEncoder } from '../../src/codec/smallcaps.ts'

const remotable = (name: string): object =>
  Object.freeze(
    Object.create(
      Object.freeze(
        Object.create(Object.prototype, {
          [passStyle]: { value: 'remotable' },
          [Symbol.toStringTag]: { value: name },
        }),
      ),
    ),
  )
const purse = remotable('Alleged: purse')
const mint = remotable('Alleged: "mint"')
const promise = Object.freeze(Promise.resolve())
const slots = new Map<object, string>([[purse, 'o+1'], [mint, 'o+2'], [promise, 'p+1']])
const objects = new Map([...slots].map(([object, slot]) => [slot, object]))
const valueOf = (slot: string): object => objects.get(slot) ?? assert.fail(slot)

const hooks = {
  classify: classifyPassable,
  slotOf: (value: object) => slots.get(value) ?? assert.fail(),
  interfaceOf,
}
const encode = makeEncoder(hooks, { checkFrozen: false })
const encodeFrozen = makeEncoder(hooks)
const freezeAll = <T>(value: T): T => Object.freeze(value)
const decode = makeDecoder({ valueOf }, freezeAll)

/**
 * value → body, slots. May change only with the format itself, and then every stored message is in danger.
 */
const golden: readonly (readonly [value: unknown, body: string, ...slots: string[]])[] = [
  [undefined, '#"#undefined"'],
  [null, '#null'],
  [true, '#true'],
  [false, '#false'],
  [0, '#0'],
  [-1.5, '#-1.5'],
  [1e21, '#1e+21'],
  [NaN, '#"#NaN"'],
  [Infinity, '#"#Infinity"'],
  [-Infinity, '#"#-Infinity"'],
  [0n, '#"+0"'],
  [12345678901234567890n, '#"+12345678901234567890"'],
  [-7n, '#"-7"'],
  ['', '#""'],
  ['plain', '#"plain"'],
  ['!bang', '#"!!bang"'],
  ['#undefined', '#"!#undefined"'],
  ['-dash', '#"!-dash"'],
  ['.dot', '#".dot"'],
  [' space', '#" space"'],
  ['quote " and \\', '#"quote \\" and \\\\"'],
  ['\ud800', '#"\\ud800"'],
  ['\u2028é😀', '#"\u2028é😀"'],
  [Symbol.for('name'), '#"%name"'],
  [Symbol.asyncIterator, '#"%@@asyncIterator"'],
  [Symbol.for('@@asyncIterator'), '#"%@@@@asyncIterator"'],
  [[], '#[]'],
  [[1, [2n, undefined]], '#[1,["+2","#undefined"]]'],
  [{}, '#{}'],
  [{ b: 1, a: { d: 1, c: 2 } }, '#{"a":{"c":2,"d":1},"b":1}'],
  [{ b: 1, 10: 2, 9: 3, '#k': 4 }, '#{"9":3,"10":2,"!#k":4,"b":1}'],
  [JSON.parse('{"__proto__":1}'), '#{"__proto__":1}'],
  [makeTagged('#t', { x: 1n }), '#{"#tag":"!#t","payload":{"x":"+1"}}'],
  [purse, '#"$0.Alleged: purse"', 'o+1'],
  [[mint, purse, mint], '#["$0.Alleged: \\"mint\\"","$1.Alleged: purse","$0"]', 'o+2', 'o+1'],
  [{ b: purse, a: promise, c: promise }, '#{"a":"&0","b":"$1.Alleged: purse","c":"&0"}', 'p+1', 'o+1'],
  [
    { b: purse, 10: promise, '#k': mint },
    '#{"10":"&1","!#k":"$0.Alleged: \\"mint\\"","b":"$2.Alleged: purse"}',
    'o+2',
    'p+1',
    'o+1',
  ],
]

for (const [value, body, ...expectedSlots] of golden) {
  // Enc1.
  test(`the wire of ${body}`, () => {
    const data = encode(value)
    assert.deepEqual(data, { body, slots: expectedSlots })
    const back = decode(data)
    assert.deepEqual(encodeFrozen(back), data, 'the decoded value is frozen and encodes to the same text')
    if (!body.includes('#tag')) assert.deepEqual(back, value)
  })
}

test('minus zero arrives as zero', () => {
  assert.equal(encode(-0).body, '#0')
})

test('an error carries its message and its name, and comes back in its class', () => {
  const data = encode([TypeError('#bad', { cause: Error('inner') })])
  assert.equal(data.body, '#[{"#error":"!#bad","name":"TypeError"}]')
  const [error] = decode(data) as [Error]
  assert.ok(error instanceof TypeError)
  assert.equal(error.message, '#bad')
  assert.ok(Object.isFrozen(error))
})

/** An error with this as its code. */
const coded = (code: unknown): Error => Object.defineProperty(RangeError('m'), 'code', { value: code })

test('an error carries its code, hidden as it came, inside data and alone', () => {
  for (const wrap of [(value: unknown) => value, (value: unknown) => [value]]) {
    const data = encode(wrap(coded('key/too-long')))
    assert.ok(data.body.includes('{"#error":"m","name":"RangeError","code":"key/too-long"}'), data.body)
    const back = decode(data)
    const error = (Array.isArray(back) ? back[0] : back) as RangeError
    assert.deepEqual(Object.getOwnPropertyDescriptor(error, 'code'), {
      value: 'key/too-long',
      writable: false,
      enumerable: false,
      configurable: false,
    })
    assert.deepEqual(encode(back), data)
  }
})

test('of an error of ours the code travels though the error is of a class of its own', () => {
  assert.equal(
    encode(new CodedError('key/too-long', 'm')).body,
    '#{"#error":"m","name":"CodedError","code":"key/too-long"}',
  )
})

for (const [code, why] of [
  ['ENOENT', 'capitals'],
  ['', 'empty'],
  ['/a', 'begins with a slash'],
  ['a b', 'a space'],
  ['a"', 'a quote'],
  ['a\n', "a line's end"],
  ['a'.repeat(65), 'too long'],
  [5, 'a number'],
  [undefined, 'undefined'],
] as const) {
  test(`what is no code stays behind, and inside data is refused: ${why}`, () => {
    assert.equal(encode(coded(code)).body, '#{"#error":"m","name":"RangeError"}')
    assert.throws(() => encode([coded(code)]), { code: 'value/not-passable' })
    const error = decode({
      body: `#{"#error":"m","name":"Error","code":${JSON.stringify(code) ?? '"#undefined"'}}`,
      slots: [],
    }) as Error
    assert.ok(!('code' in error))
  })
}

// Pas2.
test('a code that is an accessor is not asked for', () => {
  const error = Object.defineProperty(Error('m'), 'code', { get: () => assert.fail('asked') })
  assert.equal(encode(error).body, '#{"#error":"m","name":"Error"}')
})

test('an error of an unknown class comes back as an Error', () => {
  const error = decode({ body: '#{"#error":"m","name":"Unheard","errorId":"error:1"}', slots: [] })
  assert.equal(Object.getPrototypeOf(error), Error.prototype)
})

test('causes and errors of an error are taken, and anything else of it is not', () => {
  const body =
    '#{"#error":"m","name":"Error","cause":{"#error":"c","name":"RangeError"},"errors":[{"#error":"e","name":"Error"}],"extra":"+5"}'
  const error = decode({ body, slots: [] }) as AggregateError
  assert.ok(error.cause instanceof RangeError)
  assert.equal(error.errors.length, 1)
  assert.ok(!('extra' in error))
})

test('a hook that names no interface gives the short form', () => {
  const plain = makeEncoder({ ...hooks, interfaceOf: () => undefined })
  assert.deepEqual(plain(purse), { body: '#"$0"', slots: ['o+1'] })
})

// Dec2.
test('the hook that finds objects is told the interface, the kind, and asked once for each slot', () => {
  const asked: unknown[] = []
  const decodeAsking = makeDecoder(
    { valueOf: (...question) => (asked.push(question), valueOf(question[0])) },
    freezeAll,
  )
  decodeAsking({ body: '#["$0.Alleged: purse","&1","$0"]', slots: ['o+1', 'p+1'] })
  assert.deepEqual(asked, [['o+1', 'Alleged: purse', 'remotable'], ['p+1', undefined, 'promise']])
})

// Enc3.
test('an encoder that is entered again by a hook keeps its slots apart', () => {
  const inner: CapData[] = []
  const reentrant = makeEncoder({
    ...hooks,
    slotOf: (value) => (value === purse && inner.push(encode([mint])), hooks.slotOf(value)),
  })
  assert.deepEqual(reentrant(Object.freeze([purse, mint])).slots, ['o+1', 'o+2'])
  assert.deepEqual(inner[0]?.slots, ['o+2'])
})

// Enc2, Enc4.
test('no getter runs while data is refused', () => {
  let calls = 0
  const record = Object.freeze({ get x() { return (calls += 1) } })
  for (const each of [encode, encodeFrozen]) assert.throws(() => each(record), { code: 'value/not-passable' })
  assert.equal(calls, 0)
})

test('a record made ten thousand times with new keys does not confuse the keys', () => {
  for (let number = 0; number < 10_000; number += 1) {
    assert.equal(encode({ [`key"${number % 700}`]: number }).body, `#{"key\\"${number % 700}":${number}}`)
  }
})

// Pas1, Pas3.
test('an impostor of a promise is refused, and leaves no rejection behind', async () => {
  const rejections: unknown[] = []
  const listen = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', listen)
  assert.throws(() => encodeFrozen(Object.freeze(Object.create(Promise.prototype))), {
    code: 'value/not-passable',
  })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', listen)
  assert.deepEqual(rejections, [])
})

const nested = (levels: number): unknown => {
  let value: unknown = Object.freeze([])
  for (let level = 0; level < levels; level += 1)
    value = Object.freeze(level % 2 === 0 ? [value] : { a: value })
  return value
}

// Dec1.
test('data at the limit of nesting goes through, and one level more is refused on both sides', () => {
  const deepest = encodeFrozen(nested(maxNesting))
  assert.deepEqual(encodeFrozen(decode(deepest)), deepest)
  assert.throws(() => encodeFrozen(nested(maxNesting + 1)), /nested deeper than/)
  const tooDeep = '#' + '['.repeat(maxNesting + 2) + ']'.repeat(maxNesting + 2)
  assert.throws(() => decode({ body: tooDeep, slots: [] }), /nested deeper than/)
  const absurd = '#' + '['.repeat(1_000_000) + ']'.repeat(1_000_000)
  assert.throws(() => decode({ body: absurd, slots: [] }), { code: 'value/not-passable' })
})

const paths: readonly (readonly [path: string, value: () => unknown])[] = [
  ['', () => () => 1],
  ['[0]', () => [Symbol('own')]],
  ['[1].purse.amount', () => [1, { purse: { amount: new Date(0) } }]],
  ['a["odd key"][0]', () => ({ a: { 'odd key': [new Map()] } })],
  ['["0"]', () => ({ 0: () => 1 })],
  ['[0].payload.x', () => [makeTagged('t', { x: () => 1 })]],
  ['[1]', () => [1, , 2]],
  ['b.getter', () => ({ a: [[[]]], b: { get getter() { return 1 } } })],
  ['z', () => ({ z: () => 1, a: 1 })],
]

for (const [path, value] of paths) {
  test(`a refusal names the path ${path === '' ? 'of the root' : path}`, () => {
    try {
      encode(value())
    } catch (error) {
      assert.ok(error instanceof CodedError && error.code === 'value/not-passable')
      if (path !== '[1]') assert.equal(error.detail['path'], path)
      return
    }
    assert.fail('it was taken')
  })
}

/** Bodies that no encoder writes, with what slots they come. */
const garbage: readonly (readonly [body: string, reason: RegExp])[] = [
  ['', /must begin with #/],
  ['1', /must begin with #/],
  ['{"@qclass":"undefined"}', /must begin with #/],
  ['#', /the body is not JSON$/],
  ['#{', /not JSON/],
  ['#1 2', /not JSON/],
  ['#undefined', /not JSON/],
  ['#"#nothing"', /no constant/],
  ['#"#"', /no constant/],
  ['#"+"', /not a bigint/],
  ['#"-"', /not a bigint/],
  ['#"+x"', /not a bigint/],
  ['#"+1.5"', /not a bigint/],
  ['#"+-1"', /not a bigint/],
  ['#"+007"', /not how this bigint is written/],
  ['#"-0"', /not how this bigint is written/],
  ['#"+5 "', /not how this bigint is written/],
  ['#"%@@unheard"', /no symbol/],
  ['#"(x"', /reserved/],
  ['#"*"', /reserved/],
  ['#"\'"', /reserved/],
  ['#"$"', /not the index/],
  ['#"$2"', /not the index/],
  ['#"$-1"', /not the index/],
  ['#"$00"', /not the index/],
  ['#"$0x0"', /not the index/],
  ['#"$1e0"', /not the index/],
  ['#"$length"', /not the index/],
  ['#"&2"', /not the index/],
  ['#["$0","&0"]', /both a remotable and a promise/],
  ['#{"#unknown":1}', /no kind of record/],
  ['#{"#":1}', /no kind of record/],
  ['#{"+1":1}', /no kind of record/],
  ['#{"$0":1}', /no kind of record/],
  ['#{"#tag":"t"}', /a tag and a payload/],
  ['#{"#tag":"t","payload":1,"more":1}', /a tag and a payload/],
  ['#{"#tag":1,"payload":1}', /must be text/],
  ['#{"#tag":"+1","payload":1}', /must be text/],
  ['#{"#tag":"t","#error":"m"}', /a tag and a payload/],
  ['#{"#error":"m"}', /name: this must be text/],
  ['#{"#error":1,"name":"Error"}', /must be text/],
  ['#{"#error":"#NaN","name":"Error"}', /must be text/],
  ['#{"#error":"m","name":"Error","message":"m"}', /message in `#error`/],
  ['#{"#error":"m","name":"Error","more":"#x"}', /no constant/],
  ['#{"a":[{"b":"#x"}]}', /^a\[0\]\.b: there is no constant/],
]

for (const [body, reason] of garbage) {
  // Dec1, Dec3.
  test(`garbage is refused: ${body}`, () => {
    assert.throws(
      () => decode({ body, slots: ['o+1', 'p+1'] }),
      (error) =>
        error instanceof CodedError && error.code === 'value/not-passable' && reason.test(error.message),
    )
  })
}

test('what is not capdata at all is refused', () => {
  for (const data of [{ body: 1, slots: [] }, { body: '#1', slots: 'x' }, { body: '#"$0"', slots: [1] }]) {
    assert.throws(() => decode(data as never), { code: 'value/not-passable' })
  }
})

test('a function under the name `then` is refused when it arrives', () => {
  const decodeFunction = makeDecoder({ valueOf: () => () => 1 }, freezeAll)
  assert.throws(() => decodeFunction({ body: '#{"then":"$0"}', slots: ['o+1'] }), /^CodedError: then: /)
})

test('escaped keys and __proto__ come back as keys of the record itself', () => {
  const back = decode({ body: '#{"!#x":1,"__proto__":{"y":"!!"},"constructor":"+1"}', slots: [] }) as Record<
    string,
    unknown
  >
  assert.deepEqual(Object.keys(back), ['#x', '__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(back), Object.prototype)
  assert.deepEqual(Object.getOwnPropertyDescriptor(back, '__proto__')?.value, { y: '!' })
})

test('everything that comes back is frozen', () => {
  const back = decode({ body: '#{"a":[{"!b":{"#tag":"t","payload":{"c":[]}}}]}', slots: [] })
  const open: unknown[] = [back]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    assert.ok(Object.isFrozen(value))
    open.push(...Object.values(value))
  }
})
