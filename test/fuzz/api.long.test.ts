/**
 * Every call of the host API with every oddity in the place of every argument, and of every field of every
 * argument that is a record.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, everyCall } from '../kit/everyCall.ts'
import { checkUnharmed, controller, given } from './apiWorld.ts'
import { meetAll, oddities } from './meeting.ts'

for (const [name, argsOf] of Object.entries(everyCall)) {
  if (argsOf(given).length === 0) continue
  test(`${name} with garbage is refused with a code and changes nothing, or is taken`, async () => {
    assert.ok(
      (await meetAll(controller, name, argsOf(given), oddities, (args) => call(controller, name, args))) > 20,
    )
  })
}

test('after all that the kernel runs, its audit is clean and a vat answers', checkUnharmed)
