/** What a run of tests with little time chooses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget, rotate } from '../../tools/test/budget.ts'

const names = ['a', 'b', 'c', 'd', 'e']

test('over as many consecutive commits as there are jobs, each job comes first once', () => {
  const firsts = names.map((_, turn) => rotate(names, 350 + turn)[0])
  assert.deepEqual([...firsts].sort(), names)
})

test('a rotation loses and repeats nothing', () => {
  for (let turn = 0; turn < 12; turn += 1) assert.deepEqual(rotate(names, turn).sort(), names)
  assert.deepEqual(rotate([], 3), [])
})

test('jobs are handed out until the time is spent, and what is left is known', () => {
  let now = 5_000
  const budget = new Budget(names, 1, () => now)
  assert.equal(budget.next(), 'a')
  now += 59_999
  assert.equal(budget.next(), 'b')
  now += 1
  assert.equal(budget.next(), undefined)
  assert.deepEqual(budget.left, ['c', 'd', 'e'])
})

test('a budget of no minutes runs nothing', () => {
  assert.equal(new Budget(names, 0).next(), undefined)
})
