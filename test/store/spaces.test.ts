/** A space is in the file as long as it has rows: a vat that has ended leaves nothing of its own behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore, type Store } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { newStore } from './support.ts'

type Write = readonly [key: string, value: string | null]

const block = (store: Store, ...writes: readonly Write[]): void => {
  for (const [key, value] of writes) {
    if (value === null) store.state.delete('vat/v1', key)
    else store.state.set('vat/v1', key, value)
  }
  store.sealCrank()
  store.commit()
}

/** The writes of each block, and whether the space is there after it. */
const courses: Readonly<Record<string, readonly (readonly [writes: readonly Write[], there: boolean])[]>> = {
  'written and emptied': [[[['a', '1'], ['b', '2']], true], [[['a', null]], true], [[['b', null]], false]],
  'written and emptied in one block': [[[['a', '1'], ['a', null]], false]],
  'of which only what was never there is deleted': [[[['a', null]], false]],
  'emptied and written again': [
    [[['a', '1']], true],
    [[['a', null]], false],
    [
      [
        ['a', '2'],
        ['c', '3'],
      ],
      true,
    ],
    [[['c', null]], true],
  ],
  'emptied and written again in one block': [
    [[['a', '1']], true],
    [
      [
        ['a', null],
        ['b', '2'],
      ],
      true,
    ],
    [[['b', null]], false],
  ],
  'with a row that is deleted, written and deleted': [
    [[['a', '1']], true],
    [[['a', null]], false],
    [[['a', '5']], true],
    [
      [
        ['a', null],
        ['x', null],
      ],
      false,
    ],
  ],
}

for (const [name, blocks] of Object.entries(courses)) {
  for (const reopened of ['open all the time', 'opened anew for each block']) {
    test(`a space ${name}, in a store that is ${reopened} (Row6)`, (t) => {
      let store = newStore(t)
      const expected = new Map<string, string>()
      for (const [writes, there] of blocks) {
        block(store, ...writes)
        for (const [key, value] of writes) if (value === null) expected.delete(key)
          else expected.set(key, value)
        assert.deepEqual(
          query(store.directory, "SELECT name FROM space WHERE name = 'vat/v1'").length,
          there ? 1 : 0,
        )
        if (reopened !== 'open all the time') {
          store.close()
          store = openStore(store.directory, { verify: 'all' })
        }
        for (const key of ['a', 'b', 'c', 'x'])
          assert.equal(store.state.get('vat/v1', key), expected.get(key), key)
        assert.equal(store.state.nextKey('vat/v1', '', ''), [...expected.keys()].sort()[0])
      }
      store.close()
    })
  }
}

test('a row that is undone is not taken for one that is not there (Row3)', (t) => {
  const store = newStore(t)
  block(store, ['a', '1'])
  const mark = store.state.mark()
  store.state.delete('vat/v1', 'a')
  store.state.undo(mark)
  store.state.set('vat/v1', 'b', '2')
  store.sealCrank()
  store.commit()
  block(store, ['a', null], ['b', null])
  assert.deepEqual(
    query(store.directory, 'SELECT key FROM state JOIN space ON id = space WHERE name = ?', 'vat/v1'),
    [],
  )
  store.close()
})
