import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { faults, newStore } from './support.ts'

test('items of the inbox are taken once, in order, over blocks and reopening (Inb1, Inb2, Inb4)', (t) => {
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

// P3.
test('undo gives a taken item back, and keeps what the host appended meanwhile (Inb2, Inb3)', (t) => {
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

test('an item of the outbox is seen once its block is committed, and kept until it is acknowledged (Out1, Out3)', (t) => {
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

test('undo takes a sent item back and its number with it (Out2)', (t) => {
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

test('a released item is gone with its block, and back with the undone crank or the abandoned block (Out4)', (t) => {
  const store = newStore(t)
  for (const item of ['a', 'b', 'c']) store.outbox.append('bank', item)
  store.sealCrank()
  store.commit()
  assert.equal(store.outbox.get(2), 'b')
  store.outbox.release(2)
  assert.deepEqual(store.outbox.read().map(({ item }) => item), ['a', 'c'])
  faults(() => store.outbox.get(2), /no committed item 2/)
  store.sealCrank()
  store.abandonBlock()
  assert.equal(store.outbox.get(2), 'b')

  const mark = store.state.mark()
  store.outbox.release(1)
  store.state.undo(mark)
  store.outbox.release(2)
  store.outbox.append('bank', 'd')
  store.outbox.release(4)
  store.sealCrank()
  store.commit()
  store.close()
  const again = openStore(store.directory)
  assert.deepEqual(again.outbox.read().map(({ sequence, item }) => [sequence, item]), [[1, 'a'], [3, 'c']])
  assert.equal(again.outbox.append('bank', 'e'), 5)
  again.close()
})

test('releasing what is not there, and reading what is not committed, is a fault', (t) => {
  const store = newStore(t)
  store.outbox.append('bank', 'a')
  for (const sequence of [0, 2, -1, 0.5, NaN]) faults(() => store.outbox.release(sequence), /was not there/)
  faults(() => store.outbox.get(1), /no committed item/)
  store.outbox.release(1)
  faults(() => store.outbox.release(1), /was not there/)
})
