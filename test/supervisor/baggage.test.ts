/** The baggage: the map from which an heir finds its estate. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, forTheFile, openWorld, puppet } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { vat: puppet } })
const run = (code: string, ...args: unknown[]): Promise<unknown> => world.run('vat', code, ...args)

/** Code, and what it gives; each begins with an empty baggage. */
const cases: Readonly<Record<string, readonly [code: string, answer: unknown]>> = {
  'nothing in it': [
    'return harden([baggage.getSize(), [...baggage.keys()], baggage.has("a")])',
    [0, [], false],
  ],
  'init, get, set, delete': [
    'baggage.init("a", 1n); const one = baggage.get("a"); baggage.set("a", 2n); const two = baggage.get("a"); baggage.delete("a"); return harden([one, two, baggage.has("a")])',
    [1n, 2n, false],
  ],
  'keys in their order, not that of insertion': [
    'for (const k of ["b", "a", "c", "B"]) baggage.init(k, k); return harden([...baggage.keys()])',
    ['B', 'a', 'b', 'c'],
  ],
  'entries and values in the same order': [
    'baggage.init("b", 2n); baggage.init("a", 1n); return harden([[...baggage.entries()], [...baggage.values()]])',
    [
      [
        ['a', 1n],
        ['b', 2n],
      ],
      [1n, 2n],
    ],
  ],
  'a get of what is not there': [
    'try { baggage.get("no") } catch (error) { return error.message }',
    'key "no" not found in collection "baggage"',
  ],
  'a set of what is not there': [
    'try { baggage.set("no", 1) } catch (error) { return error.message }',
    'key "no" not found in collection "baggage"',
  ],
  'a delete of what is not there': [
    'try { baggage.delete("no") } catch (error) { return error.message }',
    'key "no" not found in collection "baggage"',
  ],
  'an init of what is there': [
    'baggage.init("a", 1n); try { baggage.init("a", 2n) } catch (error) { return harden([error.message, baggage.get("a")]) }',
    ['key "a" already registered in collection "baggage"', 1n],
  ],
  'undefined as a value': [
    'baggage.init("a", undefined); return harden([baggage.has("a"), baggage.get("a"), [...baggage.entries()]])',
    [true, undefined, [['a', undefined]]],
  ],
  'a key that is no text': [
    'return harden([1, undefined, {}, Symbol.iterator].map((key) => { try { baggage.init(key, 1); return "set" } catch (error) { return error.name } }))',
    ['Error', 'Error', 'Error', 'Error'],
  ],
  'removal while iterating': [
    'for (const k of ["a", "b", "c"]) baggage.init(k, k); const seen = []; for (const k of baggage.keys()) { seen.push(k); if (k === "a") baggage.delete("b") } return harden(seen)',
    ['a', 'c'],
  ],
  'addition while iterating': [
    'for (const k of ["a", "c"]) baggage.init(k, k); const seen = []; try { for (const k of baggage.keys()) { seen.push(k); if (k === "a") baggage.init("b", 1) } } catch (error) { seen.push(error.message) } return harden(seen)',
    ['a', 'keys in store cannot be added to during iteration'],
  ],
  'a value that is changed after it was put': [
    'const list = [1n]; baggage.init("a", list); try { list.push(2n) } catch {} return baggage.get("a")',
    [1n],
  ],
}

const clear = 'for (const key of [...baggage.keys()]) baggage.delete(key)'

for (const [name, [code, answer]] of Object.entries(cases)) {
  test(name, async () => {
    assert.deepEqual(await run(`${clear}; return (() => { ${code} })()`), answer)
  })
}

/** Keys that are odd; each is kept over an upgrade and found by iterating. */
const odd: readonly string[] = [
  '',
  ' ',
  '.',
  '/',
  'ü',
  '日本',
  '😀',
  '\u0000',
  '\n',
  '%',
  '%41',
  '__proto__',
  'kind.1',
  'baggage.',
  'x'.repeat(400),
]

for (const key of odd) {
  test(`a key like ${JSON.stringify(key.slice(0, 20))}`, async () => {
    await run(clear)
    assert.deepEqual(
      await run('baggage.init(args[0], 7n); return harden([[...baggage.keys()], baggage.getSize()])', key),
      [[key], 1],
    )
    answerOf(await world.upgrade('vat'))
    assert.deepEqual(
      await run(
        'return harden([baggage.get(args[0]), [...baggage.keys()], baggage.has(args[0] + "x")])',
        key,
      ),
      [7n, [key], false],
    )
  })
}

for (const key of ['x'.repeat(10_000), '日'.repeat(120), '\ud800']) {
  // Col1.
  test(`a key like ${JSON.stringify(key.slice(0, 20))} of ${key.length} is refused as such, and the vat goes on`, async () => {
    await run(clear)
    const refused = await run(
      'try { baggage.init(args[0], 1n); return "set" } catch (error) { return error.name }',
      key,
    )
    assert.match(String(refused), /CodedError|TypeError/)
    assert.equal(await run('return baggage.getSize()'), 0)
  })
}

test('neither the baggage nor its methods can be changed, and nothing leads inside', async () => {
  const code = `const changes = [() => { baggage.x = 1 }, () => { baggage.get = 1 }, () => { Object.getPrototypeOf(baggage).get = 1 }, () => { baggage.get.x = 1 }]
    return harden([changes.map((change) => { try { change(); return 'changed' } catch (error) { return error.name } }), Reflect.ownKeys(baggage).every((key) => typeof baggage[key] === 'function')])`
  assert.deepEqual(await run(code), [['TypeError', 'TypeError', 'TypeError', 'TypeError'], true])
})

test('a value of a megabyte is kept', async () => {
  await run(clear)
  assert.equal(
    await run('baggage.init("large", "x".repeat(1_000_000)); return baggage.get("large").length'),
    1_000_000,
  )
  await run(clear)
})
