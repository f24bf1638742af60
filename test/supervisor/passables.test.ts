/** Every kind of value that may travel, as an argument and as a result, between vats and to the host. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Remote } from '../../src/host/index.ts'
import { forTheFile, openWorld, puppet, reasonOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { alice: puppet, bob: puppet } })

/** The value as alice makes it, and what must be true of `v`, which went to bob and came back. */
const kinds: Readonly<Record<string, readonly [value: string, holds: string]>> = {
  'undefined': ['undefined', 'v === undefined'],
  'null': ['null', 'v === null'],
  'booleans': ['[true, false]', 'v[0] === true && v[1] === false'],
  'text': ['"héirloom \\u0000 \\ud83d\\ude00"', 'v === "héirloom \\u0000 \\ud83d\\ude00"'],
  'empty text': ['""', 'v === ""'],
  'text that looks like an escape': [
    '["#NaN", "!x", "+5", "-5", "$0.x", "&0", "%a", "\'", "("]',
    'v.join("|") === "#NaN|!x|+5|-5|$0.x|&0|%a|\'|("',
  ],
  'half of a surrogate pair': ['"\\ud800"', 'v === "\\ud800"'],
  numbers: ['[0, 1.5, -7, 1e300, 5e-324]', 'v.join() === "0,1.5,-7,1e+300,5e-324"'],
  'numbers that JSON lacks': [
    '[NaN, Infinity, -Infinity]',
    'v.map(String).join() === "NaN,Infinity,-Infinity"',
  ],
  bigints: ['[0n, -1n, 2n ** 200n]', 'v[0] === 0n && v[1] === -1n && v[2] === 2n ** 200n'],
  'registered symbols': ['Symbol.for("x")', 'v === Symbol.for("x")'],
  'well-known symbols': ['Symbol.asyncIterator', 'v === Symbol.asyncIterator'],
  'lists': ['[[], [1, [2]]]', 'v.length === 2 && v[1][1][0] === 2'],
  'records': ['({ a: { b: 1n }, "": 0 })', 'v.a.b === 1n && v[""] === 0'],
  'errors': ['RangeError("too far")', 'v instanceof RangeError && v.message === "too far"'],
  'objects of the sender': ['(me.mine ??= Far("mine", { one: () => 1 }))', 'v === me.mine'],
  'objects of the receiver': ['args[0]', 'v === args[0]'],
  'the same object twice': ['[args[0], args[0]]', 'v[0] === v[1] && v[0] === args[0]'],
  'promises': ['[Promise.resolve(5n)]', 'await v[0] === 5n'],
  'rejected promises': ['[Promise.reject(Error("no"))]', 'await v[0].catch((e) => e.message) === "no"'],
}

for (const [name, [value, holds]] of Object.entries(kinds)) {
  test(`${name} go to another vat and come back`, async () => {
    const code = `const v = await E(args[0]).same(harden(${value})); return ${holds}`
    assert.equal(await world.run('alice', code, await world.root('bob')), true)
  })
}

test('values come to the host as they are', async () => {
  const value = (await world.run(
    'alice',
    'return harden([undefined, null, 5n, NaN, "#x", { a: [1] }, Symbol.for("s")])',
  )) as unknown[]
  assert.deepEqual(value, [undefined, null, 5n, NaN, '#x', { a: [1] }, Symbol.for('s')])
})

test('values of the host come to a vat as they are', async () => {
  const sent = [undefined, null, 5n, -0.5, 'text', { deep: [{ a: 1n }] }]
  assert.deepEqual(await world.ask('alice', 'echo', ...sent), sent)
})

test('an object of a vat that the host sends back is the same object', async () => {
  const mine = (await world.run('alice', 'return (me.kept = Far("kept", { one: () => 1n }))')) as Remote
  assert.equal(mine.interfaceName, 'Alleged: kept')
  assert.equal(await world.run('alice', 'return args[0] === me.kept', mine), true)
  assert.equal(await world.ask(mine, 'one'), 1n)
})

/** What cannot be sent: the promise of the send is rejected, and nothing was sent. */
const impassable: Readonly<Record<string, string>> = {
  'an open object with methods': '({ method() {} })',
  'an instance of a class': 'new (class Thing { x = 1 })()',
  'a plain function': '(() => 1)',
  'a symbol of its own': 'Symbol("own")',
  'a record with a getter': '({ get x() { return 1 } })',
  'a list with a hole': '[1, , 3]',
  'a date': 'new Map()',
  'a cycle': '(() => { const a = {}; a.a = a; return a })()',
  'a thing nested too deep': '(() => { let a = 0; for (let i = 0; i < 300; i += 1) a = [a]; return a })()',
}

for (const [name, value] of Object.entries(impassable)) {
  test(`${name} is refused where it is sent, and the vat goes on`, async () => {
    const bob = await world.root('bob')
    const code = `try { await E(args[0]).put('got', harden(${value})); return 'sent' } catch (error) { return error.message }`
    assert.notEqual(await world.run('alice', code, bob), 'sent')
    assert.equal(await world.ask('bob', 'take', 'got'), undefined)
  })

  test(`${name} as an answer rejects the asker with the reason`, async () => {
    const reason = reasonOf(await world.outcome('alice', 'run', `return ${value}`))
    assert.ok(reason instanceof Error && reason.message !== '', String(reason))
  })
}
