/** The cranks of two nodes, compared: nodes that do the same, and one whose vat goes another way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../src/host/index.ts'
import { firstDifference } from '../../src/replay/index.ts'
import type { CrankRecord } from '../../src/protocol/machine/runs.ts'
import { forTheFile, openWorld, puppet, type World } from '../kit/world.ts'

/** Three messages, of which the second does what `second` says. */
async function recordsOf(second: string): Promise<readonly CrankRecord[]> {
  const world: World = await openWorld(forTheFile, { vats: { friend: puppet, vat: puppet } })
  const records: CrankRecord[] = []
  for (const code of ['1', second, '3']) {
    await world.controller.sendOnly('vat', 'run', [code])
    records.push(...(await world.controller.run({ onCrank: 'record' })).recorded)
  }
  return records
}

const [records, same] = [await recordsOf('me.x = 1'), await recordsOf('me.x = 1')]

test('nodes that do the same have no difference, as far as both recorded', () => {
  assert.equal(records.length, 3, 'a crank each')
  assert.equal(firstDifference(records, same), null)
  assert.equal(firstDifference(records.slice(1), same.slice(0, -1)), null)
  assert.equal(firstDifference([], same), null)
})

test('the first crank that differs is given with its vat, and both heaps and activity hashes', async () => {
  const others = await recordsOf('me.x = 2')
  const [record, other] = [records[1]!, others[1]!]
  const { crank, ...one } = record
  const { crank: _same, ...theirs } = other
  assert.notEqual(record.heapHash, other.heapHash)
  const found = firstDifference(records, others)
  assert.deepEqual([found?.crank, found?.one, found?.other], [crank, one, theirs])
  assert.ok(found?.differs.includes('heap') && !found.differs.includes('vat'))
  assert.equal(firstDifference(others.toReversed(), records.toReversed())?.crank, crank)
})

test('a heap that differs alone is told from other activity', () => {
  const heapOnly = records.map((record) => ({ ...record, heapHash: null }))
  assert.deepEqual(firstDifference(records, heapOnly)?.differs, ['heap'])
  const otherVat = records.map((record) => ({ ...record, vat: null }))
  assert.deepEqual(firstDifference(records, otherVat)?.differs, ['vat'])
})

test('records without a common crank are refused', () => {
  assert.throws(
    () => firstDifference(records.slice(0, 1), records.slice(1)),
    (error) => error instanceof CodedError && error.code === 'api/bad-argument',
  )
})
