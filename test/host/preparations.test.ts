/** What a prepared replay is bound to: one that is not exactly of what is asked for is never used. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { test } from 'node:test'
import type { BundleId, Hash, VatId, WorkerId } from '../../src/base/ids.ts'
import { chainStart, nextLink } from '../../src/store/state/hashChain.ts'
import { Machine } from '../../src/machine/machine.ts'
import type { PreparationOrder, Prepared, Replayable } from '../../src/protocol/machine/preparation.ts'
import type { PreparationMessage } from '../../src/machine/threads/preparationThread.ts'
import { query } from '../kit/rows.ts'
import { openWorld, forTheFile, puppet } from '../kit/world.ts'
import { teller, work } from './teller.ts'

const world = await openWorld(forTheFile, {
  vats: { friend: puppet, teller: teller('amount'), twin: teller('amount') },
  config: { snapshotInterval: 5 },
})
for (const name of ['teller', 'twin']) await work(world, name)
await world.controller.commit()
const bundle = await world.install(teller('amount', 'two'))
await world.controller.commit()
await world.controller.shutdown()
world.state = 'ended'

const machine = Machine.open({
  directory: world.directory,
  access: 'write',
  make: 'never',
  verify: 'lazy',
  residentWorkers: 5,
  residentBytes: 1024 ** 3,
  eviction: 'when-needed',
  trace: null,
  genesis: null,
})
forTheFile.after(() => void machine.close())
const { preparations } = machine

function orderOf(vat: string): PreparationOrder {
  const plan = preparations.beginPreparation(vat, bundle, null)
  assert.ok(plan.kind === 'replay', plan.kind)
  return plan.order
}

async function prepared(order: PreparationOrder): Promise<Prepared> {
  const thread = new Worker(new URL('../../src/machine/threads/preparationThread.ts', import.meta.url), {
    workerData: order,
  })
  const ended = once(thread, 'exit')
  const [message] = (await once(thread, 'message')) as [PreparationMessage]
  await ended
  assert.ok(message.kind === 'done', 'refusal' in message ? message.refusal.message : '')
  return message.prepared
}

/** The link of the entry before the position, by the hashes alone. */
const linkAt = (position: number): Hash => {
  const rows = query<{ text: string }>(
    world.directory,
    'SELECT text FROM entry WHERE vat = ? AND position < ? ORDER BY position',
    of.vat,
    position,
  )
  return rows.reduce((link, { text }) => nextLink(link, text), chainStart)
}

const order = orderOf('teller')
const whole = await prepared(order)
preparations.forgetPreparation(order.number)
const { of, point } = whole
const other = '0'.repeat(64)

const spoiltOf: { readonly [Field in keyof Replayable]: Replayable[Field] } = {
  vat: 'v3' as VatId,
  start: 1,
  bundle: `b1-${other}` as BundleId,
  worker: `w1-${other}` as WorkerId,
  heapLimitPages: of.heapLimitPages + 1,
  computrons: of.computrons + 1n,
  upkeep: { computrons: (of.upkeep?.computrons ?? 0n) + 1n, heapPages: of.upkeep?.heapPages ?? 1 },
}
const spoiltPoints: Readonly<Record<string, Prepared['point']>> = {
  'another transcript': { ...point, link: other as Hash },
  'a position before': { ...point, position: point.position - 1 },
  'a position behind': { ...point, position: point.position + 1 },
}

/** Whether the machine keeps it as what was ordered. */
function keeps(one: Prepared): boolean {
  const { number } = orderOf('teller')
  try {
    preparations.keepPreparation(number, one, 0)
    return true
  } catch {
    preparations.forgetPreparation(number)
    return false
  }
}

// Py2, Py4.
test('what was prepared as ordered is kept, found, and thrown away', () => {
  assert.ok(keeps(whole))
  assert.equal(preparations.find(of), whole)
  preparations.drop(of.vat, 'used')
  assert.equal(preparations.find(of), undefined)
})

for (const [field, value] of Object.entries(spoiltOf)) {
  // Py1.
  test(`a replay of another ${field} does not find it, and is not kept in its place`, () => {
    const spoilt = { ...of, [field]: value }
    assert.ok(keeps(whole))
    assert.equal(preparations.find(spoilt), undefined)
    preparations.drop(of.vat, 'used')
    assert.equal(keeps({ ...whole, of: spoilt }), false)
  })
}

for (const [what, spoilt] of Object.entries(spoiltPoints)) {
  test(`a replay up to ${what} is not kept`, () => {
    assert.equal(keeps({ ...whole, point: spoilt }), false)
  })
}

// Py3.
test('what comes twice, or was never asked for, is not kept', () => {
  const { number } = orderOf('teller')
  preparations.keepPreparation(number, whole, 0)
  assert.throws(() => preparations.keepPreparation(number, whole, 0), { code: 'prepare/outdated' })
  assert.throws(() => preparations.keepPreparation(999, whole, 0), { code: 'prepare/outdated' })
  preparations.drop(of.vat, 'used')
})

// Ri1.
test('a replay that stopped at any entry goes on to the same heap', async () => {
  const { from } = order
  assert.ok(from.kind === 'start')
  for (let stop = 1; stop < point.position; stop += 4) {
    const first = await prepared({ ...order, to: { position: stop, link: linkAt(stop) } })
    const rest = await prepared({ ...order, from: { kind: 'prepared', prepared: first } })
    assert.deepEqual([rest.point, rest.computrons], [point, whole.computrons], `stopped at ${stop}`)
    assert.ok(rest.verdict.kind === 'same' && whole.verdict.kind === 'same')
    assert.deepEqual(rest.verdict.heap.manifest, whole.verdict.heap.manifest)
  }
})
