/** More of `syscalls.test.ts`, and all of it without an engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzSyscalls } from './syscalls.ts'

test('twenty thousand things that are wrong with syscalls', () => {
  const tally = fuzzSyscalls({ seed: 20_000, count: 20_000 })
  assert.ok(tally.illegal > 5_000 && tally.legal > 1_000, JSON.stringify(tally))
})
