/**
 * The history of a vat: what its host and the holder of its admin node are told of its incarnations, and when
 * it goes.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { HistoryEntry } from '../../src/protocol/reports/history.ts'
import type { Remote } from '../../src/host/index.ts'
import { historyLimits } from '../../src/protocol/limits.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf } from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { boss: puppet } })
const bundle = await world.install()

const historyOf = (vat: string): Promise<readonly HistoryEntry[]> => world.controller.history(vat)
const short = ({ incarnation, mode, outcome, parameters, by }: HistoryEntry) => [
  incarnation,
  mode,
  outcome.kind === 'done' ? 'done' : outcome.code,
  parameters.from,
  by,
]

// U4.
test('the start, upgrades that were done and those that were refused are told, the oldest first', async () => {
  const { adminNode } = await world.create('v', { setup: '' })
  answerOf(await world.upgrade('v', { setup: '' }))
  rejectionOf(await world.upgrade('v', { setup: 'throw Error("no")' }), 'upgrade-refused')
  await world.ask(adminNode, 'upgrade', bundle, { parametersFrom: 'kept' })
  answerOf(await world.settle(await world.controller.upgradeVat('v', bundle, { mode: 'replay' })))
  const entries = await historyOf('v')
  assert.deepEqual(entries.map(short), [
    [0, 'start', 'done', 'given', 'host'],
    [1, 'durable', 'done', 'given', 'host'],
    [2, 'durable', 'start/threw', 'given', 'host'],
    [2, 'durable', 'done', 'kept', 'adminNode'],
    [2, 'replay', 'done', 'kept', 'host'],
  ])
  assert.deepEqual(await world.ask(adminNode, 'history'), entries.map(({ result: _, ...entry }) => entry))
})

// U6.
test('who holds what of a vat that is upgraded is in the history for the host, and not for the holder of its admin node', async () => {
  const { adminNode } = await world.create('service')
  await world.create('client')
  await world.run(
    'client',
    'me.held = await E(args[0]).run("return Far(\\"thing\\", {})"); me.pending = E(args[0]).run("return new Promise(() => {})")',
    await world.root('service'),
  )
  const told = await world.run('boss', 'return E(args[0]).upgrade(args[1])', adminNode, bundle)
  assert.deepEqual(told, { incarnationNumber: 1 })
  const [, upgrade] = await historyOf('service')
  assert.deepEqual([upgrade?.result?.abandonedExports, upgrade?.result?.disconnectedPromises], [1, 1])
  assert.deepEqual(upgrade?.result?.abandoned[0]?.holders, ['client'])
  assert.deepEqual(upgrade?.result?.disconnected[0]?.subscribers, ['client'])
  const [, entry] = (await world.run('boss', 'return E(args[0]).history()', adminNode)) as HistoryEntry[]
  assert.deepEqual(short(entry!), [1, 'durable', 'done', 'given', 'adminNode'])
  assert.equal(entry?.result, undefined)
})

test('an entry names bundle, worker, crank, place in the transcript, and the hash of the parameters', async () => {
  await world.create('named', { parameters: { setup: 'me.n = 1n' } })
  await world.ask('named', 'echo')
  const { cranks } = await world.controller.storeStatus()
  answerOf(await world.upgrade('named', { setup: 'me.n = 1n' }))
  const [first, second] = await historyOf('named')
  // Installing the bundle, and the request, are cranks too.
  const crank = cranks + 3
  const { worker } = await world.controller.vat('named')
  const hash = createHash('sha256')
    .update(JSON.stringify({ body: '#{"setup":"me.n = 1n"}', slots: [] }))
    .digest('hex')
  assert.deepEqual(first, {
    incarnation: 0,
    mode: 'start',
    outcome: { kind: 'done' },
    bundle,
    worker,
    parameters: { from: 'given', hash },
    by: 'host',
    crank: first?.crank,
    deliveries: 1,
  })
  assert.ok(first !== undefined && first.crank < cranks)
  // The message, the last collection, the start.
  assert.deepEqual(second, {
    ...first,
    incarnation: 1,
    mode: 'durable',
    result: second?.result,
    crank,
    deliveries: 4,
  })
  assert.equal((await world.transcript('named')).length, 4)
})

test('a vat that a vat made was asked for by the service', async () => {
  const made = await world.run(
    'boss',
    'return E(args[0]).createVat(args[1], { name: "made" })',
    await world.controller.vatAdmin(),
    bundle,
  )
  assert.deepEqual(
    ((await world.ask((made as { adminNode: Remote }).adminNode, 'history')) as HistoryEntry[]).map(short),
    [[0, 'start', 'done', 'given', 'vatAdmin']],
  )
})

test('what a refusal says is cut, and its names with it', async () => {
  await world.create('wordy')
  rejectionOf(
    await world.upgrade('wordy', { setup: 'throw Error("\u00e9".repeat(5_000))' }),
    'upgrade-refused',
  )
  const { outcome } = (await historyOf('wordy')).at(-1)!
  assert.equal(outcome.kind === 'refused' && outcome.message.length, historyLimits.message)
})

test('an upgrade that was undone with its block is not remembered', async (t) => {
  const other = await openWorld(t, { vats: { v: puppet } })
  await other.controller.commit()
  answerOf(await other.upgrade('v'))
  assert.equal((await other.controller.history('v')).length, 2)
  await other.restart()
  assert.equal((await other.controller.history('v')).length, 1)
})

// Cl5.
test('with the vat its history goes, or with the last holder of its admin node', async () => {
  const rows = async (vat: string): Promise<number> =>
    [...(await world.rows('kernel')).keys()].filter((key) => key.startsWith(`history.${vat}.`)).length
  const { adminNode } = await world.create('mortal')
  const { vat } = await world.controller.vat('mortal')
  answerOf(await world.upgrade('mortal'))
  await world.controller.terminateVat('mortal', 'the end')
  await world.controller.run()
  await assert.rejects(historyOf('mortal'), { code: 'vat/unknown' })
  assert.equal(((await world.ask(adminNode, 'history')) as HistoryEntry[]).length, 2)
  await world.audit()
  await world.forgetAll()
  await world.controller.run()
  assert.equal(await rows(vat), 0)
  await world.create('another')
  const another = (await world.controller.vat('another')).vat
  await world.forgetAll()
  await world.controller.terminateVat('another', 'the end')
  await world.controller.run()
  assert.equal(await rows(another), 0)
})

test('the entries of several upgrades come in their order', async () => {
  const { adminNode } = await world.create('old')
  for (let round = 0; round < 5; round += 1) answerOf(await world.upgrade('old'))
  const entries = (await world.ask(adminNode, 'history')) as HistoryEntry[]
  assert.deepEqual(entries.map(({ incarnation }) => incarnation), [0, 1, 2, 3, 4, 5])
})
