/** The steps that bring rows of older layouts to the current one. The older rows are from real stores. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrateRow, migrations, tablesVersion } from '../../src/kernel/tables/migrations.ts'
import { configOf, vatRecordOf } from '../../src/kernel/tables/values.ts'
import { itemOf } from '../../src/kernel/tables/itemValues.ts'

const id = (digit: string): string => digit.repeat(64)

/** `config` and `vat.v1` of a store of release 0.1.0. */
const config = {
  tablesVersion: 1,
  worker: `w1-${id('7')}`,
  snapshotInterval: 200,
  collectionInterval: 1_000,
  computronsPerDelivery: '500000000',
  heapLimitPages: 4_096,
}
const vat = {
  name: 'counters',
  root: 'ko2',
  bundle: `b1-${id('9')}`,
  incarnation: 0,
  status: { kind: 'running' },
  worker: { id: config.worker, engine: `b1-${id('1')}`, supervisor: `b1-${id('2')}`, image: `b1-${id('3')}` },
  heapLimitPages: 4_096,
  computronsPerDelivery: '500000000',
  heapHash: id('a'),
}
const options = { onFault: 'reject', importance: 'ordinary', nextHeapLimitPages: null }
const suspended = { kind: 'suspended', cause: 'host', message: 'x' }
const item = { kind: 'start', vat: 'v1', parameters: { body: '#[]', slots: [] }, result: 'kp40' }

interface Sample {
  readonly older: object
  readonly current: object
  readonly read: (text: string) => object | undefined
}

const samples: Readonly<Record<string, Sample>> = {
  'config-cleanup-budget': {
    older: config,
    current: { cleanupBudget: 1_000, ...config },
    read: configOf,
  },
  'vat-fault-policy': { older: vat, current: { ...options, ...vat }, read: vatRecordOf },
  'vat-suspended-since': {
    older: { ...options, ...vat, status: suspended },
    current: { ...options, ...vat, status: { ...suspended, since: null } },
    read: vatRecordOf,
  },
  'item-requester': { older: item, current: { ...item, by: 'host' }, read: itemOf },
}

test('each step has a sample', () => {
  assert.deepEqual(Object.keys(samples), migrations.map(({ name }) => name))
})

for (const step of migrations) {
  const { older, current, read } = samples[step.name]!
  test(`${step.name}: an older row is read as one of the current layout (Mig2)`, () => {
    assert.equal(JSON.stringify(read(JSON.stringify(older))), JSON.stringify(current))
  })

  test(`${step.name}: a row is rewritten once, and a current one not at all (Mig1)`, () => {
    const text = migrateRow([step], JSON.stringify(older))
    assert.equal(text, JSON.stringify(current))
    assert.equal(migrateRow([step], JSON.stringify(current)), undefined)
    assert.equal(migrateRow(migrations.filter(({ table }) => table === step.table), text), undefined)
    assert.ok(step.tablesVersion <= tablesVersion)
  })
}
