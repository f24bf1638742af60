/** Some seeds of damage: each is refused with a code, reported by the audit, or without any effect at all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from './play.ts'

test('twenty-five damaged stores: 0 silent roll-backs, 0 wrong results, 0 errors without a code', () => {
  const { failures, found, right, forgeries } = playSeeds({ seed: 1, count: 25 })
  assert.deepEqual(failures, [])
  assert.equal(found + right + forgeries, 25)
  assert.ok(found > 12, `${found} were refused or reported`)
})
