import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vatId, type VatId } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { openStore } from '../../src/store/store.ts'
import { entry, faults, newStore } from './support.ts'

const v1 = vatId(1)
const v2 = vatId(2)
const start = '0'.repeat(64)
const text = (said: string): string => JSON.stringify(entry(said))

test('positions count on over spans, blocks and reopening (Trs1)', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  assert.equal(store.transcripts.append(v1, entry('a')), 0)
  assert.equal(store.transcripts.append(v1, entry('b')), 1)
  store.transcripts.beginSpan(v1, 'snapshot')
  assert.equal(store.transcripts.append(v1, entry('c')), 2)
  store.sealCrank()
  store.commit()
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  assert.equal(again.transcripts.append(v1, entry('d')), 3)
  assert.deepEqual(
    [...again.transcripts.entries(v1, 0, 4)],
    ['a', 'b', 'c', 'd'].map((said, position) => ({ position, text: text(said) })),
  )
  assert.deepEqual(
    [...again.transcripts.entries(v1, 1, 3)].map((read) => read.position),
    [1, 2],
  )
  again.close()
})

test('each span is chained to the one before (Trs2)', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.transcripts.append(v1, entry('b'))
  const hash = sha256(sha256(start + text('a')) + text('b'))
  assert.deepEqual(store.transcripts.span(v1), {
    number: 0,
    start: 0,
    end: 2,
    reason: 'incarnation',
    previous: start,
    hash,
  })
  store.transcripts.beginSpan(v1, 'worker')
  assert.deepEqual(store.transcripts.span(v1), {
    number: 1,
    start: 2,
    end: 2,
    reason: 'worker',
    previous: hash,
    hash,
  })
  assert.deepEqual(
    store.transcripts.spans(v1).map((span) => span.reason),
    ['incarnation', 'worker'],
  )
})

test('spans begun in several blocks are all there, in order', (t) => {
  const store = newStore(t)
  for (let block = 0; block < 5; block += 1) {
    store.transcripts.beginSpan(v1, block === 0 ? 'incarnation' : 'snapshot')
    for (let index = 0; index < 300; index += 1) store.transcripts.append(v1, entry(`${block}.${index}`))
    store.sealCrank()
    if (block !== 3) store.commit()
  }
  assert.deepEqual(
    store.transcripts.spans(v1).map((span) => [span.number, span.start, span.end]),
    [0, 1, 2, 3, 4].map((n) => [n, n * 300, n * 300 + 300]),
  )
  assert.equal([...store.transcripts.entries(v1, 0, 1500)].length, 1500)
  store.transcripts.append(v1, entry('one more'))
  assert.equal([...store.transcripts.entries(v1, 1200, 1501)].at(-1)?.text, text('one more'))
  store.transcripts.verifyAll(v1)
})

// P3.
test('undo takes back entries and spans, also over a block boundary before it (Trs4)', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.sealCrank()
  store.commit()
  const before = store.transcripts.span(v1)
  const mark = store.state.mark()
  store.transcripts.append(v1, entry('b'))
  store.transcripts.beginSpan(v1, 'snapshot')
  store.transcripts.append(v1, entry('c'))
  store.transcripts.beginSpan(v2, 'incarnation')
  store.state.undo(mark)
  assert.deepEqual(store.transcripts.span(v1), before)
  assert.equal(store.transcripts.span(v2), undefined)
  assert.deepEqual(store.transcripts.vats(), [v1])
  assert.deepEqual([...store.transcripts.entries(v1, 0, 1)].map((read) => read.text), [text('a')])
  assert.equal(store.transcripts.append(v1, entry('d')), 1)
  store.sealCrank()
  store.commit()
  store.transcripts.verifyAll(v1)
})

test('an abandoned block takes its entries and spans with it', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  store.sealCrank()
  store.abandonBlock()
  assert.equal(store.transcripts.span(v1), undefined)
  assert.equal(store.transcripts.count(v1), 0)
})

test('vats come by their number', (t) => {
  const store = newStore(t)
  for (const number of [10, 2, 1]) store.transcripts.beginSpan(vatId(number), 'incarnation')
  store.commit()
  store.transcripts.beginSpan(vatId(3), 'incarnation')
  assert.deepEqual(store.transcripts.vats(), ['v1', 'v2', 'v3', 'v10'])
})

test('garbage is a fault: an entry before any span, a range that is not there, a vat that is none', (t) => {
  const store = newStore(t)
  faults(() => store.transcripts.append(v1, entry('early')), /span/)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.transcripts.append(v1, entry('a'))
  for (const [from, to] of [[0, 2], [-1, 1], [1, 0], [0.5, 1], [NaN, 1]] as const) {
    faults(() => store.transcripts.entries(v1, from, to), /range/)
  }
  faults(() => store.transcripts.span('vat' as VatId), /id of a vat/)
  faults(() => store.transcripts.beginSpan(v1, 'whim' as 'worker'), /reason/)
  assert.deepEqual([...store.transcripts.entries(v2, 0, 0)], [])
})
