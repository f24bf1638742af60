/**
 * A kernel on probation that fails at every crank of a scenario, while it runs or accepts: the store goes
 * back or, when the probation is over, is repaired, and each item is delivered once, in order (Trl2, Trl3).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelThatFailsAfter, kernelThatFailsAtItem } from '../kit/kernelVariants.ts'
import { returnsUnder } from './faultyPlayer.ts'

const cranks = 30

for (const [what, make, first] of [
  ['crank', kernelThatFailsAfter, 0],
  ['item', kernelThatFailsAtItem, 1],
] as const)
  test(`a kernel on probation that fails at each ${what} is taken back, and each item is delivered once`, async (t) => {
    const told = { returns: 0, faults: 0 }
    for (let point = first; ; point += 1) {
      const { returns, faults } = await returnsUnder(t, await make(point), cranks).catch((error: unknown) => {
        throw new Error(`the kernel failed at ${point}`, { cause: error })
      })
      told.returns += returns
      told.faults += faults
      if (returns + faults === 0) break
    }
    t.diagnostic(`${told.returns} returns, ${told.faults} later faults`)
    assert.ok(told.returns >= 5 && told.faults >= 5, 'on both sides of the end of the probation')
  })
