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
const [, other = ''] = prepared.workers
const [old = '', next = ''] = bundles

/** Requests whose replay may be prepared. */
const requests = {
  upgrade: (machine: Machine) =>
    machine.requests.upgradeVat(
      'vat0',
      next,
      encodeValue(undefined),
      { upgradeMessage: 'test', mode: 'replay' },
      null,
    ),
  move: (machine: Machine) =>
    machine.versions.upgradeWorker('vat0', other, { mode: 'replay', onDivergence: 'keep' }),
}

/**
 * A world with one vat that has lived a little, and an upgrade or move by replay that is asked for after
 * `before`.
 */
function requestAfter(
  request: keyof typeof requests,
  before: (machine: Machine) => void,
): readonly unknown[] {
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
    const sequence = requests[request](machine)
    run()
    assert.equal(machine.requests.result(sequence).kind, 'fulfilled')
    return [
      JSON.stringify(machine.requests.result(sequence)),
      machine.heapHash('vat0'),
      machine.commit().activityHash,
    ]
  } finally {
    machine.close()
  }
}

const calm = { upgrade: requestAfter('upgrade', () => {}), move: requestAfter('move', () => {}) }

const asides: readonly Probe[] = [
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'durable', drain: 0 },
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'durable', drain: 20 },
  { kind: 'check', vat: 'vat0', bundle: next, mode: 'replay', drain: 0 },
  { kind: 'salvage', vat: 'vat0', bundle: salvage },
  { kind: 'prepare', vat: 'vat0', bundle: next, worker: null },
  { kind: 'prepare', vat: 'vat0', bundle: null, worker: other },
]

for (const aside of asides) {
  // Pb1.
  test(`nothing tells of ${'mode' in aside ? `${aside.kind} (${aside.mode}, drain ${aside.drain})` : `${aside.kind} ${'worker' in aside && aside.worker !== null ? 'of a move' : ''}`}`, () => {
    const request = 'worker' in aside && aside.worker !== null ? 'move' : 'upgrade'
    const withAside = requestAfter(request, (machine) => {
      assert.equal(tryProbe(machine, cache, bundles, aside), 'done')
      if (aside.kind === 'prepare')
        assert.deepEqual(
          machine.preparations.kept.map(({ outcome }) => outcome),
          ['prepared'],
        )
    })
    assert.deepEqual(withAside, calm[request])
  })
}

test('what cannot be tried is told from what was', () => {
  requestAfter('upgrade', (machine) => {
    for (const aside of asides)
      assert.equal(tryProbe(machine, cache, bundles, { ...aside, vat: 'nobody' }), 'impossible')
  })
})
