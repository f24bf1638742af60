import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Space } from '../../src/protocol/kernel/platform.ts'
import { limits } from '../../src/store/files/limits.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { faults, newStore } from './support.ts'

/** All keys with the prefix, by `nextKey`. */
function keysOf(store: Store, space: Space, prefix = ''): string[] {
  const keys: string[] = []
  for (
    let key = store.state.nextKey(space, prefix, '');
    key !== undefined;
    key = store.state.nextKey(space, prefix, key)
  ) {
    keys.push(key)
  }
  return keys
}

function commitKeys(store: Store, space: Space, keys: readonly string[]): void {
  for (const key of keys) store.state.set(space, key, `of ${key}`)
  store.sealCrank()
  store.commit()
}

// P1.
test('a value that was set is read in the crank, in the block, and after reopening (Sta1, Row2)', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '1')
  assert.equal(store.state.get('kernel', 'a'), '1')
  store.sealCrank()
  assert.equal(store.state.get('kernel', 'a'), '1')
  store.commit()
  assert.equal(store.state.get('kernel', 'a'), '1')
  store.close()
  const again = openStore(store.directory)
  assert.equal(again.state.get('kernel', 'a'), '1')
  again.close()
})

test('the same key in two spaces is two keys', (t) => {
  const store = newStore(t)
  store.state.set('vat/v1', 'k', 'one')
  store.state.set('vat/v2', 'k', 'two')
  store.state.delete('vat/v1', 'k')
  store.sealCrank()
  store.commit()
  assert.equal(store.state.get('vat/v1', 'k'), undefined)
  assert.equal(store.state.get('vat/v2', 'k'), 'two')
})

test('values with every kind of character come back to the code unit (Sta3)', (t) => {
  const store = newStore(t)
  const values = ['', '\u0000', 'a\u0000b', 'é', '\uffff', '😀', '\ufeff', '"\\\n', 'x'.repeat(100_000)]
  values.forEach((value, index) => store.state.set('host', `k${index}`, value))
  store.sealCrank()
  store.commit()
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  values.forEach((value, index) => assert.equal(again.state.get('host', `k${index}`), value))
  again.close()
})

test('thousands of changes that are undone leave the changes of the block, in order and after reopening', (t) => {
  const store = newStore(t)
  const stored = Array.from({ length: 1_500 }, (_one, at) => `k${1_000 + at}`)
  commitKeys(store, 'vat/v1', stored)
  const change = (round: number): void => {
    for (const key of stored) store.state.set('vat/v1', key, `in round ${round}`)
    for (let at = 0; at < 1_500; at += 1) store.state.set('vat/v1', `new${at}`, '')
    store.state.delete('vat/v1', 'k1001')
  }
  store.state.set('vat/v1', 'k1000', 'changed')
  store.state.set('vat/v1', 'kept0', '')
  for (let round = 1; round <= 3; round += 1) {
    const mark = store.state.mark()
    change(round)
    assert.equal(keysOf(store, 'vat/v1').length, stored.length + 1_499 + round)
    store.state.undo(mark)
    store.state.set('vat/v1', `kept${round}`, '')
  }
  const keys = [...stored, 'kept0', 'kept1', 'kept2', 'kept3']
  assert.deepEqual(keysOf(store, 'vat/v1'), keys)
  store.sealCrank()
  store.commit()
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  assert.deepEqual(keysOf(again, 'vat/v1'), keys)
  assert.deepEqual([again.state.get('vat/v1', 'k1000'), again.state.get('vat/v1', 'k1001')], ['changed', 'of k1001'])
  again.close()
})

test('keys come in the order of their code units, committed and new ones merged (Sta2)', (t) => {
  const store = newStore(t)
  commitKeys(store, 'kernel', ['b', 'd', 'Z', 'a.2', 'a.10'])
  store.state.set('kernel', 'c', '')
  store.state.set('kernel', 'a.11', '')
  store.state.delete('kernel', 'd')
  store.state.set('kernel', '~', '')
  assert.deepEqual(keysOf(store, 'kernel'), ['Z', 'a.10', 'a.11', 'a.2', 'b', 'c', '~'])
  assert.deepEqual(keysOf(store, 'kernel', 'a.'), ['a.10', 'a.11', 'a.2'])
  assert.deepEqual(keysOf(store, 'kernel', 'x'), [])
})

test('a key equal to the prefix begins with it', (t) => {
  const store = newStore(t)
  commitKeys(store, 'kernel', ['q', 'q.1'])
  assert.equal(store.state.nextKey('kernel', 'q', ''), 'q')
  assert.equal(store.state.nextKey('kernel', 'q', 'q'), 'q.1')
  assert.equal(store.state.nextKey('kernel', 'q', 'a'), 'q')
  assert.equal(store.state.nextKey('kernel', 'q', 'z'), undefined)
})

test('a key set again where a deleted stretch was skipped is found', (t) => {
  const store = newStore(t)
  commitKeys(store, 'kernel', ['a', 'b', 'c', 'd'])
  for (const key of ['a', 'b', 'c']) store.state.delete('kernel', key)
  assert.equal(store.state.nextKey('kernel', '', ''), 'd')
  store.state.set('kernel', 'b', 'back')
  assert.equal(store.state.nextKey('kernel', '', ''), 'b')
})

test('a key brought back by undo where a deleted stretch was skipped is found', (t) => {
  const store = newStore(t)
  commitKeys(store, 'kernel', ['a', 'b', 'c', 'd'])
  store.state.delete('kernel', 'a')
  const mark = store.state.mark()
  store.state.delete('kernel', 'b')
  store.state.delete('kernel', 'c')
  assert.equal(store.state.nextKey('kernel', '', ''), 'd')
  store.state.undo(mark)
  assert.equal(store.state.nextKey('kernel', '', ''), 'b')
})

test('emptying a large space from its front asks for each key once', (t) => {
  const store = newStore(t)
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${String(index).padStart(5, '0')}`)
  commitKeys(store, 'vat/v1', keys)
  const begun = performance.now()
  for (const expected of keys) {
    const key = store.state.nextKey('vat/v1', 'k', '')
    assert.equal(key, expected)
    store.state.delete('vat/v1', expected)
  }
  assert.equal(store.state.nextKey('vat/v1', 'k', ''), undefined)
  assert.ok(performance.now() - begun < 5_000, 'it is not quadratic')
})

test('iteration over a large space sees what is written ahead of it', (t) => {
  const store = newStore(t)
  const keys = Array.from({ length: 5_000 }, (_, index) => `k${String(index * 2).padStart(5, '0')}`)
  commitKeys(store, 'vat/v1', keys)
  let seen = 0
  for (
    let key = store.state.nextKey('vat/v1', 'k', '');
    key !== undefined;
    key = store.state.nextKey('vat/v1', 'k', key)
  ) {
    seen += 1
    if (seen % 2 === 1 && seen < 2_000) store.state.set('vat/v1', `${key}+`, 'odd')
  }
  assert.equal(seen, 5_000 + 1_000)
})

// P3.
test('marks nest, and undoing to the outer one ends the inner (Jnl2)', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '0')
  const outer = store.state.mark()
  store.state.set('kernel', 'a', '1')
  const inner = store.state.mark()
  store.state.set('kernel', 'a', '2')
  store.state.set('kernel', 'b', 'new')
  store.state.undo(inner)
  assert.equal(store.state.get('kernel', 'a'), '1')
  assert.equal(store.state.get('kernel', 'b'), undefined)
  store.state.set('kernel', 'a', '3')
  store.state.undo(inner)
  assert.equal(store.state.get('kernel', 'a'), '1')
  store.state.undo(outer)
  assert.equal(store.state.get('kernel', 'a'), '0')
  faults(() => store.state.undo(inner), /mark/)
  store.state.undo(outer)
})

test('a mark of a sealed crank or of an ended block is dead, and so is one that never was (Jnl3)', (t) => {
  const store = newStore(t)
  const mark = store.state.mark()
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  faults(() => store.state.undo(mark), /mark/)
  assert.equal(store.state.get('kernel', 'a'), '1')
  faults(() => store.state.undo((mark + 100) as typeof mark), /mark/)
  const beforeCommit = store.state.mark()
  store.commit()
  faults(() => store.state.undo(beforeCommit), /mark/)
  const beforeAbandon = store.state.mark()
  store.abandonBlock()
  faults(() => store.state.undo(beforeAbandon), /mark/)
})

test('undo of a write to a committed key shows the committed value (Row1, Row3)', (t) => {
  const store = newStore(t)
  commitKeys(store, 'kernel', ['a'])
  const mark = store.state.mark()
  store.state.delete('kernel', 'a')
  assert.equal(store.state.get('kernel', 'a'), undefined)
  store.state.undo(mark)
  assert.equal(store.state.get('kernel', 'a'), 'of a')
})

test('garbage is a fault: keys that are not ASCII, text over a limit, half a surrogate pair, an unknown space', (t) => {
  const store = newStore(t)
  for (const key of ['é', 'a\u0000', '😀', 'k'.repeat(limits.keyLength + 1)]) {
    faults(() => store.state.set('kernel', key, 'v'))
    faults(() => store.state.get('kernel', key))
    faults(() => store.state.delete('kernel', key))
  }
  faults(() => store.state.set('kernel', 'k', '\ud800'), /surrogate/)
  faults(() => store.state.set('kernel', 'k', 'v'.repeat(limits.valueLength + 1)), /limit/)
  faults(() => store.state.set('vat/' as Space, 'k', 'v'), /space/)
  faults(() => store.state.get('other' as Space, 'k'), /space/)
  assert.equal(store.state.nextKey('kernel', '', ''), undefined)
})

test('a cache too small for anything changes no answer (Sta4, Row4)', (t) => {
  const store = newStore(t, { cacheCharacters: 1 })
  const keys = Array.from({ length: 500 }, (_, index) => `k${1000 + index}`)
  commitKeys(store, 'kernel', keys)
  store.state.set('kernel', 'k1000', 'changed')
  assert.equal(store.state.get('kernel', 'k1001'), 'of k1001')
  assert.equal(store.state.get('kernel', 'k1000'), 'changed')
  assert.deepEqual(keysOf(store, 'kernel'), keys)
  assert.equal(store.state.get('kernel', 'nothing'), undefined)
})
