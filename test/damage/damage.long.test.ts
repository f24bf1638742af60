/** A thousand seeds of damage, over the file, the log and both, and over rows, cells and tables. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from './play.ts'

test('a thousand damaged stores: 0 silent roll-backs, 0 wrong results, 0 errors without a code', () => {
  const { failures, found, right, forgeries, slowest } = playSeeds({ seed: 10_001, count: 1_000 })
  assert.deepEqual(failures, [])
  assert.equal(found + right + forgeries, 1_000)
  assert.ok(found > 600, `${found} were refused or reported`)
  assert.ok(right > 20, `${right} were harmless`)
  assert.ok(slowest < 120_000, `the slowest took ${slowest} ms`)
})
