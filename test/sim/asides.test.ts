/** What the host tries beside a world is really tried, and nothing tells of it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Machine } from '../../src/machine/machine.ts'
import { encodeValue } from '../../src/api/values.ts'
import { tryProbe, type Probe } from '../../src/sim/run/probes.ts'
import { gatherMaterials, StorePool } from '../../src/sim/run/storePool.ts'

const workshop = new StorePool(await gatherMaterials())
after(() => workshop.close())
const prepared = workshop.prepared(0)
const { cache, bundles, salvage } = prepared
const [old = '', next = ''] = bundles

/**
 * A world with one vat that has lived a little, and an upgrade by replay that is asked for after `before`.
 */
function upgradeAfter(before: (machine: Machine) => void): readonly unknown[] {
  const machine = Machine.open(
    {
      directory: workshop.copy(prepared),
      access: 'write',
      make: 'never',
      verify: 'lazy',
      residentWorkers: 10,
      residentBytes: 1024 ** 3,
      eviction: 'when-needed',
      trace: null,
      genesis: null,
    },
    cache,
  )
  const run = () =>
    machine.run({
      cranks: 100,
      computrons: null,
      deliveries: null,
      vatsCreated: null,
      cleanups: null,
      onCrank: 'nothing',
    })
  try {
    machine.requests.createVat(
      'vat0',
      old,
      encodeValue({ name: 'vat0', mode: 'good', bundles, tag: 'test' }),
      {},
    )
    run()
    machine.requests.send({ kind: 'root', vat: 'vat0' }, encodeValue(['report', []]), 'ignore', 'ignore')
    run()
    machine.commit()
    before(machine)
    const sequence = machine.requests.upgradeVat(
      'vat0',
      next,
      encodeValue(undefined),
      { upgradeMessage: 'test', mode: 'replay' },
      null,
    )
    run()
    return [
      JSON.stringify(machine.requests.result(sequence)),
      machine.heapHash('vat0'),
      machine.commit().activityHash,
    ]
  } finally {
    machine.close()
  }
}

const calm = upgradeAfter(() => {})

const asides: readonly Probe[] = [
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'durable', drain: 0 },
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'durable', drain: 20 },
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'replay', drain: 0 },
  { kind: 'salvage', vat: 'vat0', bundle: salvage },
  { kind: 'prepare', vat: 'vat0', bundle: next },
]

for (const aside of asides) {
  // Pb1.
  test(`nothing tells of ${'mode' in aside ? `${aside.kind} (${aside.mode}, drain ${aside.drain})` : aside.kind}`, () => {
    const other = upgradeAfter((machine) => {
      assert.equal(tryProbe(machine, cache, bundles, aside), 'done')
      if (aside.kind === 'prepare')
        assert.deepEqual(
          machine.preparations.kept.map(({ outcome }) => outcome),
          ['prepared'],
        )
    })
    assert.deepEqual(other, calm)
  })
}

test('what cannot be tried is told from what was', () => {
  upgradeAfter((machine) => {
    for (const aside of asides)
      assert.equal(tryProbe(machine, cache, bundles, { ...aside, vat: 'nobody' }), 'impossible')
  })
})
