import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { faults, newStore } from './support.ts'

test('items of the inbox are taken once, in order, over blocks and reopening', (t) => {
  const store = newStore(t)
  assert.equal(store.inbox.next(), undefined)
  assert.deepEqual(['a', 'b', 'c'].map((item) => store.inbox.append(item)), [1, 2, 3])
  store.inbox.take(1)
  store.sealCrank()
  store.commit()
  assert.deepEqual(store.inbox.next(), { sequence: 2, item: 'b' })
  assert.equal(store.inbox.untaken, 2)
  store.close()
  const again = openStore(store.directory)
  assert.equal(again.inbox.append('d'), 4)
  for (const [sequence, item] of [[2, 'b'], [3, 'c'], [4, 'd']] as const) {
    assert.deepEqual(again.inbox.next(), { sequence, item })
    again.inbox.take(sequence)
  }
  assert.equal(again.inbox.next(), undefined)
  assert.equal(again.inbox.untaken, 0)
  again.sealCrank()
  again.commit()
  assert.equal(again.inbox.append('e'), 5)
  again.close()
})

test('undo gives a taken item back, and keeps what the host appended meanwhile', (t) => {
  const store = newStore(t)
  store.inbox.append('a')
  store.inbox.append('b')
  const mark = store.state.mark()
  store.inbox.take(1)
  store.inbox.take(2)
  store.inbox.append('c')
  store.state.undo(mark)
  assert.deepEqual(store.inbox.next(), { sequence: 1, item: 'a' })
  assert.equal(store.inbox.untaken, 3)
})

test('an abandoned block gives taken items back and forgets appended ones', (t) => {
  const store = newStore(t)
  store.inbox.append('a')
  store.commit()
  store.inbox.take(1)
  store.inbox.append('b')
  store.sealCrank()
  store.abandonBlock()
  assert.deepEqual(store.inbox.next(), { sequence: 1, item: 'a' })
  assert.equal(store.inbox.last, 1)
  assert.equal(store.inbox.append('c'), 2)
})

test('taking an item twice, out of order, or before it is there is a fault', (t) => {
  const store = newStore(t)
  faults(() => store.inbox.take(1), /not the next/)
  store.inbox.append('a')
  store.inbox.append('b')
  faults(() => store.inbox.take(2), /not the next/)
  store.inbox.take(1)
  faults(() => store.inbox.take(1), /not the next/)
  faults(() => store.inbox.append('\udc00'), /surrogate/)
})

test('an item of the outbox is seen once its block is committed, and kept until it is acknowledged', (t) => {
  const store = newStore(t)
  assert.equal(store.outbox.append('bank', 'pay 1'), 1)
  assert.equal(store.outbox.append('mail', 'hello'), 2)
  assert.deepEqual(store.outbox.read(), [])
  store.sealCrank()
  store.commit()
  assert.deepEqual(store.outbox.read(), [
    { sequence: 1, port: 'bank', item: 'pay 1' },
    { sequence: 2, port: 'mail', item: 'hello' },
  ])
  assert.deepEqual(store.outbox.read(1).map((sent) => sent.sequence), [2])
  assert.deepEqual(store.outbox.read(0, 1).map((sent) => sent.sequence), [1])
  store.outbox.acknowledge(1)
  assert.deepEqual(store.outbox.read().map((sent) => sent.sequence), [2])
  store.outbox.acknowledge(1)
  store.outbox.acknowledge(0)
  store.commit()
  store.close()
  const again = openStore(store.directory)
  assert.deepEqual(again.outbox.read().map((sent) => sent.sequence), [2])
  assert.equal(again.outbox.append('bank', 'pay 2'), 3)
  again.close()
})

test('undo takes a sent item back and its number with it', (t) => {
  const store = newStore(t)
  store.outbox.append('bank', 'kept')
  const mark = store.state.mark()
  store.outbox.append('bank', 'undone')
  store.state.undo(mark)
  assert.equal(store.outbox.append('bank', 'after'), 2)
  store.sealCrank()
  store.commit()
  assert.deepEqual(store.outbox.read().map((sent) => sent.item), ['kept', 'after'])
})

test('an acknowledgement in an abandoned block is forgotten', (t) => {
  const store = newStore(t)
  store.outbox.append('bank', 'a')
  store.sealCrank()
  store.commit()
  store.outbox.acknowledge(1)
  store.abandonBlock()
  assert.equal(store.outbox.read().length, 1)
})

test('acknowledging what was never handed out, and garbage, is a fault', (t) => {
  const store = newStore(t)
  store.outbox.append('bank', 'a')
  for (const upTo of [1, -1, 0.5, NaN]) faults(() => store.outbox.acknowledge(upTo), /handed out/)
  faults(() => store.outbox.append('', 'a'), /port/)
  faults(() => store.outbox.append('bank', '\ud800'), /surrogate/)
})
