/** Records as text: what is stored of an object's state, in this form and the one before. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { forkStore } from '../../src/store/store.ts'
import { forge } from '../kit/rows.ts'
import { forTheFile, openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const home = `
  const make = defineKind(baggage, 'Thing', (state) => state, {
    read: ({ state }, ...names) => names.map((name) => state[name]),
    set: ({ state }, name, value) => { state[name] = value },
  })
  if (!baggage.has('friend')) baggage.init('friend', make({ count: 1n }))
  me.make = make
`
const world = await openWorld(forTheFile, { vats: { home: { setup: home } } })

const names: Readonly<Record<string, string>> = {
  'a word': 'count',
  'nothing': '',
  'a quote': '"',
  'text in quotes': '"count"',
  'a line\'s end': 'a\nb',
  'line\'s ends alone': '\n\n',
  'a bracket': '[1,{}]',
  'a number': '7',
  'what objects inherit': '__proto__',
}

for (const [what, name] of Object.entries(names)) {
  // Rcd5.
  test(`a field whose name is ${what} keeps its value over a crank`, async () => {
    const thing = await world.run(
      'home',
      'return me.make(Object.defineProperty({}, args[0], { value: args[1], enumerable: true }))',
      name,
      ['one\ntwo', null],
    )
    assert.deepEqual(await world.run('home', 'return args[0].read(args[1])', thing, name), [
      ['one\ntwo', null],
    ])
    await world.run('home', 'args[0].set(args[1], "#!\\n")', thing, name)
    assert.deepEqual(await world.run('home', 'return args[0].read(args[1])', thing, name), ['#!\n'])
  })
}

/**
 * Puts a value into a vat's space, in a store whose kernel has not counted what its vats store, as that of an
 * earlier release had not.
 */
function put(directory: string, space: string, key: string, value: string): void {
  forge(directory, (database) => {
    const { changes } = database
      .prepare('UPDATE state SET value = ? WHERE key = ? AND space = (SELECT id FROM space WHERE name = ?)')
      .run(value, key, space)
    assert.equal(changes, 1)
    database.exec(
      "DELETE FROM state WHERE key = 'stored.v1' AND space = (SELECT id FROM space WHERE name = 'kernel')",
    )
  })
}

/** A copy of the world in which an object's record is what an earlier release wrote. */
async function withRecord(key: string, record: string): Promise<World> {
  await world.controller.commit()
  const directory = join(temporaryDirectory(forTheFile), 'store')
  forkStore(world.directory, directory)
  put(directory, 'vat/v1', key, record)
  return openWorld(forTheFile, { from: directory })
}

// Rcd5.
test('a record of release 0.1.0 is read as it was, and written anew', async () => {
  const key = 'object.o+d10/1'
  assert.equal((await world.rows('vat/v1')).get(key), '1\ncount\n#"+1"')
  const fields = {
    count: { body: '#"+5"', slots: [] },
    'a b': { body: '#["x\\ny","$0.Alleged: Thing"]', slots: ['o+d10/1'] },
  }
  const old = await withRecord(key, JSON.stringify([1, fields]))
  const read =
    'const friend = baggage.get("friend"); const [count, [text, itself]] = friend.read("count", "a b"); return harden([count, text, itself === friend])'
  assert.deepEqual(await old.run('home', read), [5n, 'x\ny', true])
  await old.run('home', 'baggage.get("friend").set("count", 6n)')
  assert.deepEqual(await old.run('home', read), [6n, 'x\ny', true])
  assert.equal(
    (await old.rows('vat/v1')).get(key),
    '1\ncount\n#"+6"\na b\no+d10/1#["x\\ny","$0.Alleged: Thing"]',
  )
})
