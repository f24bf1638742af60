/** Each of three vats is upgraded at each crank of their conversation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertOnce,
  assertToldOf,
  converse,
  openTable,
  speakers,
  upgradeAtEachCrank,
} from './conversation.ts'

const ways = [['watched', 'durable'], ['watched', 'replay'], ['awaited', 'replay']] as const

for (const [manner, mode] of ways) {
  for (const vat of speakers) {
    test(`the ${vat} of a conversation that is ${manner} is upgraded ${mode === 'replay' ? 'by replay' : 'durably'}: nothing is lost or done twice`, async (t) => {
      const table = await openTable(t, manner)
      const { logs: calm } = await converse(table)
      const cranks = await upgradeAtEachCrank(table, vat, mode, 1, (logs, after) =>
        assert.deepEqual(logs, calm, `after ${after} cranks`),
      )
      assert.ok(cranks > 25, `${cranks} cranks`)
    })
  }
}

for (const vat of speakers) {
  test(`the ${vat} of a conversation that is awaited is upgraded durably: the others are told, nothing is done twice`, async (t) => {
    const table = await openTable(t, 'awaited')
    await upgradeAtEachCrank(table, vat, 'durable', 1, (logs, after) => {
      assertOnce(logs, `after ${after} cranks`)
      assertToldOf(logs, vat, `after ${after} cranks`)
    })
  })
}
