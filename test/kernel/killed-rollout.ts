/**
 * A process for the test to kill: goes on with a rollout where the store says it is, and tells each step it
 * has done. `node killed-rollout.ts <store> <policy>`.
 */
import assert from 'node:assert/strict'
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'
import { isPolicy, makeBlocks } from './rollout-mass.ts'

const [, , directory = '', policy] = argv
assert.ok(isPolicy(policy))
const tell = (step: string): void => {
  writeSync(1, `${step}\n`)
}
const controller = await openController({ directory, make: 'never', verify: 'lazy' })
await makeBlocks(controller, policy, tell)
await controller.shutdown()
tell('done')
