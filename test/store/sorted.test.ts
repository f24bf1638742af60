import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SortedKeys, successor } from '../../src/store/state/sorted.ts'
import { Dice } from './support.ts'

test('keys added in any order, many times, are found in theirs', () => {
  const dice = new Dice(11)
  const first = Array.from({ length: 700 }, () => `k${dice.roll(100_000)}`)
  const keys = new SortedKeys(first)
  const added = Array.from({ length: 5_000 }, () => `k${dice.roll(100_000)}`)
  for (const key of added) keys.add(key)
  const expected = [...new Set([...first, ...added])].sort((one, other) => (one < other ? -1 : 1))
  const found: string[] = []
  for (let key = keys.firstFrom(''); key !== undefined; key = keys.firstFrom(successor(key))) found.push(key)
  assert.deepEqual(found, expected)
})

test('seeking in no keys finds none, and the first key added is found', () => {
  const keys = new SortedKeys([])
  assert.equal(keys.firstFrom(''), undefined)
  keys.add('b')
  assert.equal(keys.firstFrom('a'), 'b')
  assert.equal(keys.firstFrom('b'), 'b')
  assert.equal(keys.firstFrom('c'), undefined)
})
