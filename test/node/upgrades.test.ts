/** Upgrades of the host at a height: known, unknown, failing, repaired, skipped and cancelled. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { HostUpgrades } from '../../src/node/index.ts'
import { credit } from '../../src/node/modules/ledger/balances.ts'
import { alice, bob, dave, TestNode, transaction, transfer } from './kit.ts'

const gift: HostUpgrades = {
  gift: { about: 'gives dave a unit', migrate: ({ state }) => credit(state, dave.address, 1n) },
}

/** A node that has scheduled the upgrade `gift` for three heights ahead, and stands one block before it. */
async function scheduled(t: TestContext, upgrades: HostUpgrades = {}, name = 'gift'): Promise<TestNode> {
  const node = await TestNode.open(t, { upgrades })
  const height = node.app.info.height + 6
  const { state } = await node.vote({ kind: 'upgrade/schedule', name, height })
  assert.equal(state, 'done')
  while (node.app.info.height < height - 1) await node.block()
  return node
}

const filesOf = (directory: string) =>
  readdirSync(directory)
    .filter((name) => !name.endsWith('-shm'))
    .map((name) => [name, hash('sha256', readFileSync(join(directory, name)))])

test('Upg1: a release that knows the upgrade does it once, before the first transaction of its height', async (t) => {
  const node = await scheduled(t, gift)
  assert.equal(node.balance(dave), 0n)
  const { results, events } = await node.block(transaction(dave, transfer(bob, 0)))
  assert.equal(results[0]?.code, 'ok', 'dave pays the fee with what the upgrade gave')
  assert.ok(events.some(({ kind, data }) => kind === 'upgrade-done' && data['name'] === 'gift'))
  await node.restart({ upgrades: gift })
  await node.block()
  assert.equal(node.balance(dave), 0n)
  assert.deepEqual(node.query('upgrade/list'), {
    scheduled: [],
    ended: [{ name: 'gift', height: 6 + 1 - 1, outcome: 'done' }],
  })
})

test('Upg1: a release that does not know it stops before the first write, and at every start, and still reads', async (t) => {
  const node = await scheduled(t)
  for (const round of [1, 2, 3]) {
    const block = node.next(transaction(alice, transfer(bob, 1)))
    assert.throws(() => node.app.assertMayDeliver(block), { code: 'node/halted' })
    const files = filesOf(node.directory)
    await assert.rejects(node.app.deliver(block), { code: 'node/halted' })
    assert.deepEqual(filesOf(node.directory), files)
    await assert.rejects(node.app.commit(), { code: 'node/nothing-to-commit' })
    assert.equal(node.app.check(transaction(alice, transfer(bob, 1))).code, 'ok')
    assert.equal(node.balance(bob), 1_000_000n - BigInt(1))
    if (round < 3) await node.restart()
  }
  await node.app.close()
  const other = await TestNode.open(t, { directory: node.directory, upgrades: gift })
  await other.block()
  assert.equal(other.balance(dave), 1n)
})

test('Upn1: a handler that throws leaves nothing; a repaired release of the same name takes over', async (t) => {
  const broken: HostUpgrades = {
    gift: {
      about: 'fails after it has changed something',
      migrate({ state }) {
        credit(state, dave.address, 100n)
        throw new Error('not yet')
      },
    },
  }
  const node = await scheduled(t, broken)
  for (const _ of [1, 2]) {
    await assert.rejects(node.app.deliver(node.next()), (error: Error & { code: string }) => {
      assert.equal(error.code, 'node/upgrade-failed')
      assert.match(error.message, /not yet/)
      return true
    })
    await node.restart({ upgrades: broken })
  }
  await node.restart({ upgrades: gift })
  await node.block()
  assert.equal(node.balance(dave), 1n)
})

test('Upg2: an upgrade that all nodes skip is not done, and the state says so', async (t) => {
  const node = await scheduled(t)
  const height = node.app.info.height + 1
  for (const skip of [[`gift@${height + 1}`], [`other@${height}`], []]) {
    await node.restart({ skip })
    await assert.rejects(node.app.deliver(node.next()), { code: 'node/halted' })
  }
  await node.restart({ skip: [`gift@${height}`] })
  await node.block()
  assert.equal(node.balance(dave), 0n)
  assert.match(JSON.stringify(node.query('upgrade/list')), /"outcome":"skipped"/)
  await node.restart({ upgrades: gift })
  await node.block()
  assert.equal(node.balance(dave), 0n)
})

test('a release that is newer than the height does not run its upgrade early, nor one that was cancelled', async (t) => {
  const node = await TestNode.open(t, { upgrades: gift })
  await node.block()
  assert.equal(node.balance(dave), 0n)
  const height = node.app.info.height + 12
  await node.vote({ kind: 'upgrade/schedule', name: 'gift', height })
  const cancelled = await node.vote({ kind: 'upgrade/cancel', name: 'gift' })
  assert.equal(cancelled['state'], 'done')
  while (node.app.info.height <= height) await node.block()
  assert.equal(node.balance(dave), 0n)
  const again = await node.vote({ kind: 'upgrade/cancel', name: 'gift' })
  assert.deepEqual([again['state'], again['reason']], ['failed', 'upgrade/none'])
})

test('an upgrade in the past, and one whose name was used, are refused', async (t) => {
  const node = await scheduled(t, gift)
  await node.block()
  const { height } = node.app.info
  const late = await node.vote({ kind: 'upgrade/schedule', name: 'late', height })
  assert.deepEqual([late['state'], late['reason']], ['failed', 'upgrade/too-early'])
  const twice = await node.vote({ kind: 'upgrade/schedule', name: 'gift', height: height + 50 })
  assert.deepEqual([twice['state'], twice['reason']], ['failed', 'upgrade/scheduled'])
})

test('Upn1: a plan of an upgrade is tried on a copy: one that fails leaves nothing, one that holds is run', async (t) => {
  const planOf = (answer: number) => ({
    gift: {
      about: 'probes a vat',
      plan: {
        id: 'probing',
        about: 'asks for the version',
        steps: [{ kind: 'probe', name: 'ask', to: { '@root': 'mirror' }, method: 'version', answer }],
      },
    },
  })
  const node = await scheduled(t, planOf(2))
  const names = readdirSync(dirname(node.directory))
  for (const _ of [1, 2]) await assert.rejects(node.app.deliver(node.next()), { code: 'node/upgrade-failed' })
  assert.deepEqual(readdirSync(dirname(node.directory)), names, 'nothing of the copy remains')
  // What a killed process leaves is removed with the next copy; that of a store beside this one is not.
  const [killed, other] = [`.${basename(node.directory)}-upgrade-killed`, `.other-upgrade-killed`]
  for (const name of [killed, other]) mkdirSync(join(dirname(node.directory), name, 'store'), { recursive: true })
  await assert.rejects(node.app.deliver(node.next()), { code: 'node/upgrade-failed' })
  assert.deepEqual(readdirSync(dirname(node.directory)), [other, ...names].sort())
  await node.restart({ upgrades: planOf(1) })
  const { events } = await node.block()
  const operation = events.find(({ kind }) => kind === 'operation')
  assert.deepEqual([operation?.data['operation'], operation?.data['code']], ['kernel/run-plan', null])
})
