/** The wire of syscalls against what nobody would send: what must hold is at the head of `arena.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzSyscalls } from './syscalls.ts'

// Sy1, Sy2, Sv1.
test('two thousand things that are wrong with syscalls leave the kernel, its audit and the other vats as they should be', () => {
  const tally = fuzzSyscalls({ seed: 2, count: 2_000 })
  assert.ok(
    tally.illegal > 500 && tally.legal > 100 && tally.sent > 0 && tally.received > 10 && tally.woken > 5,
    JSON.stringify(tally),
  )
})

test('the same seed plays the same', () => {
  assert.deepEqual(fuzzSyscalls({ seed: 3, count: 200 }), fuzzSyscalls({ seed: 3, count: 200 }))
})
