/**
 * What the kernel says of values to people: `status().message` of an ended vat, and what a service was given
 * instead.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readable } from '../../src/kernel/objects/readable.ts'
import { forTheFile, openWorld, puppet, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { asker: puppet } })
const timer = await world.controller.timer()

/** What a vat completes with, as code, and what its status says. */
const completions: readonly (readonly [code: string, message: string])[] = [
  ['"done"', 'done'],
  ['5n', '5n'],
  ['-0.5', '-0.5'],
  ['undefined', 'undefined'],
  ['null', 'null'],
  ['true', 'true'],
  ['Symbol.iterator', 'Symbol(Symbol.iterator)'],
  ['{ left: 3n, why: "it\'s over" }', "{ left: 3n, why: 'it\\'s over' }"],
  ['[1n, [], {}]', '[1n, [], {}]'],
  ['{ message: "said" }', 'said'],
  ['{ message: 5n }', '{ message: 5n }'],
  ['Error("over")', 'over'],
  ['[Error("over")]', '[Error: over]'],
  ['[Far("thing", {})]', '[[Alleged: thing]]'],
  ['[new Promise(() => {})]', '[[Promise]]'],
  ['Array.from({ length: 9_000 }, () => 1n)', `[${'1n, '.repeat(9_000)}`.slice(0, 10_000)],
]

for (const [number, [code, message]] of completions.entries()) {
  // Rd1, Rd2.
  test(`a vat that completes with ${code}`, async () => {
    const { adminNode, root } = await world.create(`v${100 + number}`)
    await world.outcome(root, 'run', `vatPowers.exitVat(harden(${code}))`)
    const { status } = (await world.ask(adminNode, 'status')) as { status: { message: string } }
    assert.equal(status.message, message)
  })
}

// Rd2.
test('of a large value only as much is read as is shown', () => {
  const read: string[] = []
  const each = (name: string): object =>
    new Proxy(['x'], {
      get: (list, key) => {
        if (key === 'map') read.push(name)
        return Reflect.get(list, key) as unknown
      },
    })
  assert.equal(readable([each('one'), each('two'), each('three')], 9), "[['x'], [")
  assert.deepEqual(read, ['one', 'two'])
  assert.equal(readable({ a: each('four'), b: each('five') }, 5), '{ a: ')
  assert.deepEqual(read, ['one', 'two'])
})

/** What is given as a time, as code, and how the refusal names it. */
const given: readonly (readonly [code: string, named: string])[] = [
  ['-5n', '-5n'],
  ['2n ** 64n', '18446744073709551616n'],
  ['5.5', '5.5'],
  ['"5"', '"5"'],
  ['null', 'null'],
  ['undefined', 'undefined'],
  ['true', 'true'],
  ['{}', 'a record'],
  ['[]', 'a list'],
  ['Error("x")', 'an error'],
  ['Far("x", {})', 'an object'],
  ['Promise.resolve(1n)', 'a promise'],
]

for (const [code, named] of given) {
  test(`a time that is ${code}`, async () => {
    const status = await world.outcome(
      'asker',
      'run',
      `return E(args[0]).delay(${code === '{}' || code === '[]' ? `harden(${code})` : code})`,
      timer,
    )
    assert.match(
      rejectionOf(status, 'service-refused').message,
      new RegExp(`is a bigint from .*, not ${named.replace(/[\\"]/g, '\\$&')}$`),
    )
  })
}
