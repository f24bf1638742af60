/** Sweeps: what of a vat's durable data its present code can read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SweepProgress } from '../../src/host/index.ts'
import { answerOf, type World } from '../kit/world.ts'
import { everything, failuresOf, kindOf, library, libraryOf } from './library.ts'

// Swp1, Swp2.
test('a sweep reads each record, and changes nothing', async (t) => {
  const world = await libraryOf(t, 12)
  await world.ask('library', 'tour', await world.root('visitor'))
  const before = await everything(world)
  const steps: SweepProgress[] = []
  const report = await world.controller.sweepVat('library', { onProgress: (progress) => steps.push(progress) })
  assert.deepEqual(report.kinds.flatMap(({ failures }) => failures), [])
  assert.deepEqual(
    report.kinds.map(({ kind, records, migrated, failed }) => [kind, records, migrated, failed]),
    [
      ['Book', 12, 0, 0],
      ['Shelf', 1, 0, 0],
      ['Watcher', 1, 0, 0],
      ['baggage', 7, 0, 0],
      ['mapStore', 14, 0, 0],
      ['weakMapStore', 2, 0, 0],
      ['setStore', 8, 0, 0],
      ['weakSetStore', 1, 0, 0],
      ['promise watch', 1, 0, 0],
    ],
  )
  assert.deepEqual([report.records, report.failed, report.support], [47, 0, 'supported'])
  assert.deepEqual(await everything(world), before)
  assert.deepEqual(steps, [{ vat: report.vat, done: report.rows, of: report.rows }])
})

const books = 1_000
const upgradeTo = async (world: World, migrate: string): Promise<void> => {
  answerOf(await world.upgrade('library', { source: library(2, migrate) }))
  await world.controller.commit()
}

test('a migration that fails for one record of a thousand is found, and the others are migrated', async (t) => {
  const world = await libraryOf(t, books)
  const migrate = `(state) => {
    if (state.title === 'title 500') throw new TypeError('no 500')
    return { ...state, pages: state.pages + 1n }
  }`
  await upgradeTo(world, migrate)
  const before = await everything(world)
  const report = await world.controller.sweepVat('library')
  const { failures, ...found } = kindOf(report, 'Book')
  assert.deepEqual(found, { sort: 'kind', kind: 'Book', number: 10, records: books, migrated: books - 1, failed: 1 })
  assert.deepEqual(failures.map(({ vref, code }) => [vref, code]), [['o+d10/501', 'migration-failed']])
  assert.match(failures[0]?.message ?? '', /no 500/)
  assert.equal(report.failed, 1)
  assert.deepEqual(await everything(world), before)
})

// Rdg1, Rdg2, Rdg3.
test('an endless migration is a failure of its record, and the sweep goes on', async (t) => {
  const world = await libraryOf(t, 60)
  await upgradeTo(world, `(state) => { if (/ 2[05]$/.test(state.title)) for (;;); return state }`)
  const { failures, migrated } = kindOf(await world.controller.sweepVat('library', { computrons: 3_000_000n }), 'Book')
  assert.deepEqual(failures.map(({ vref, code }) => `${vref} ${code}`), ['o+d10/21 exhausted', 'o+d10/26 exhausted'])
  assert.equal(migrated, 58)
  await upgradeTo(world, `(state) => { for (;;); }`)
  const all = kindOf(await world.controller.sweepVat('library', { computrons: 3_000_000n }), 'Book')
  assert.deepEqual([all.records, all.failed, all.migrated], [60, 60, 0])
  assert.deepEqual(all.failures.slice(0, 4).map(({ code }) => code), [
    'exhausted', 'exhausted', 'exhausted', 'not-examined',
  ])
})

test('a migration to a state that cannot be stored fails', async (t) => {
  const world = await libraryOf(t, 3)
  await upgradeTo(world, `(state) => (state.title === 'title 1' ? { at: new Promise(() => {}) } : state)`)
  assert.deepEqual(failuresOf(kindOf(await world.controller.sweepVat('library'), 'Book')), ['o+d10/2 - migration-failed'])
})
