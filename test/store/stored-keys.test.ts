/** Keys of SQLite that are read ahead: what is known of them is true, and costs few reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lowerBound, successor } from '../../src/store/state/sorted.ts'
import { StoredKeys } from '../../src/store/state/storedKeys.ts'

/** Counts the reads of these keys. */
function over(stored: readonly string[]) {
  const sorted = [...new Set(stored)].sort()
  let reads = 0
  const keys = new StoredKeys((from, limit) => {
    reads += 1
    const found = sorted.slice(lowerBound(sorted, from)).slice(0, limit)
    return { keys: found, characters: found.join('').length, end: found.length < limit ? 'last' : 'more' }
  })
  return { keys, sorted, reads: () => reads }
}

const key = fc.stringMatching(/^[abc]{1,3}$/)

test('whatever is looked up in whatever order, the first key from there on is found, and none is called absent that is stored', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(fc.tuple(key, fc.boolean())), (stored, lookups) => {
      const { keys, sorted } = over(stored)
      for (const [from, isNext] of lookups) {
        const at = isNext ? successor(from) : from
        const first = sorted[lowerBound(sorted, at)]
        if (isNext || first === at) assert.equal(keys.firstFrom(at), first)
        else keys.noteGap(at, first)
        for (const other of ['a', 'b', 'c', 'aa', from, at])
          assert.ok(!keys.isKnownAbsent(other) || !sorted.includes(other), other)
      }
    }),
  )
})

test('lookups that take turns are read once each, until the keys are forgotten', () => {
  const { keys, reads } = over(['clean.1', 'config', 'run.5', 'vat.v1'])
  for (let turn = 0; turn < 100; turn += 1)
    assert.deepEqual(['clean.', 'run.', 'timer.'].map((from) => keys.firstFrom(from)), ['clean.1', 'run.5', 'vat.v1'])
  assert.equal(reads(), 3)
  assert.deepEqual(['run.4', 'run.5', 'run.6', 'timer.7'].map((one) => keys.isKnownAbsent(one)), [true, false, false, true])
  keys.forget()
  assert.equal(keys.isKnownAbsent('run.4'), false)
  keys.firstFrom('run.')
  assert.equal(reads(), 4)
})

test('after a lookup that found nothing, neighbours are known to be absent up to the next stored key', () => {
  const { keys } = over(['object.1', 'object.9'])
  keys.noteGap('object.2', 'object.9')
  keys.noteGap('size.1', undefined)
  const all = ['object.1', 'object.2', 'object.5', 'object.9', 'object.95', 'size.0', 'size.1', 'zebra']
  assert.deepEqual(all.filter((key) => keys.isKnownAbsent(key)), ['object.2', 'object.5', 'size.1', 'zebra'])
  keys.forget()
  assert.deepEqual(all.filter((key) => keys.isKnownAbsent(key)), [])
})

test('an iteration reads ever more at once, also between other lookups', () => {
  const { keys, sorted, reads } = over(Array.from({ length: 1_000 }, (_, at) => `item.${String(at).padStart(4, '0')}`))
  let seen = 0
  for (let next = keys.firstFrom('item.'); next !== undefined; next = keys.firstFrom(successor(next))) {
    seen += 1
    keys.firstFrom('zebra')
  }
  assert.equal(seen, sorted.length)
  assert.ok(reads() < 12, `${reads()} reads`)
})
