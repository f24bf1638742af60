/** The wire of syscalls through the real engine: what must hold is at the head of `engine.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { malloryStore } from '../kit/mallory.ts'
import { fuzzEngine } from './engine.ts'

const store = await malloryStore()

test('three hundred things that are wrong with syscalls, sent by a supervisor in a real engine, are her fault and nobody else notices', async (t) => {
  const tally = await fuzzEngine(t, store, { seed: 11, count: 300 })
  assert.ok(tally.illegal > 80 && tally.legal > 20 && tally.audits > 3, JSON.stringify(tally))
})
