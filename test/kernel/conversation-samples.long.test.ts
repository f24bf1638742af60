/**
 * Upgrades in the middle of a busy conversation: at some of its cranks; `conversation.long.test.ts` has them
 * all.
 */
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

test('the conversations are what they are meant to be: many cranks, all of it told', async (t) => {
  for (const [manner, lengths] of [['watched', [16, 20, 4]], ['awaited', [16, 20, 8]]] as const) {
    const { logs } = await converse(await openTable(t, manner))
    assertOnce(logs, manner)
    assert.deepEqual(
      speakers.map((name) => logs[name].length),
      lengths,
      manner,
    )
    assert.deepEqual(
      speakers.flatMap((name) => logs[name].filter((entry) => entry.startsWith('rejected'))),
      [],
    )
  }
})

test('the shop is upgraded while it is talked to, and nothing is lost or done twice', async (t) => {
  const table = await openTable(t, 'watched')
  const { logs: calm } = await converse(table)
  await upgradeAtEachCrank(table, 'shop', 'durable', 31, (logs, after) =>
    assert.deepEqual(logs, calm, `after ${after} cranks`),
  )
})

test('the shop is upgraded by replay while promises of it are open, and nothing is lost or done twice', async (t) => {
  const table = await openTable(t, 'awaited')
  const { logs: calm } = await converse(table)
  await upgradeAtEachCrank(table, 'shop', 'replay', 31, (logs, after) =>
    assert.deepEqual(logs, calm, `after ${after} cranks`),
  )
})

test('the shop begins its next incarnation while promises of it are open, and all others are told', async (t) => {
  const table = await openTable(t, 'awaited')
  await upgradeAtEachCrank(table, 'shop', 'durable', 31, (logs, after) => {
    assertOnce(logs, `after ${after} cranks`)
    assertToldOf(logs, 'shop', `after ${after} cranks`)
  })
})
