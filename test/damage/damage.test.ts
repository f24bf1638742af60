/** Some seeds of damage: each is refused with a code, reported by the audit, or without any effect at all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from './play.ts'

test('ten damaged stores: 0 silent roll-backs, 0 wrong results, 0 errors without a code', () => {
  const { failures, found, right, forgeries } = playSeeds({ seed: 1, count: 10 })
  assert.deepEqual(failures, [])
  assert.equal(found + right + forgeries, 10)
  assert.ok(found > 4, `${found} were refused or reported`)
})
