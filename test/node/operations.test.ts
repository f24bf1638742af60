/** Operations of votes on the kernel that take more than one vote, or more than one block. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { packagedEngine } from '../../src/release/build.ts'
import { supervisorBytes } from '../../src/release/release.ts'
import { forTheFile } from '../kit/world.ts'
import { portAccount } from '../../src/node/modules/ledger/ledger.ts'
import { paying, payer } from './eventful.ts'
import { alice, bob, dave, TestNode, transaction, transfer } from './kit.ts'

const node = await TestNode.open(forTheFile)

const probe = (name: string, answer: number): JsonValue => ({
  kind: 'probe',
  name,
  to: { '@root': 'mirror' },
  method: 'version',
  answer,
})

const failing: JsonValue = {
  id: 'failing',
  about: 'its second step fails',
  steps: [probe('first', 1), probe('second', 2), probe('third', 1)],
}

test('a plan that stops fails its proposal, holds up later plans, and goes on or is abandoned by votes', async () => {
  const run: JsonValue = { kind: 'kernel/run-plan', plan: failing }
  const first = await node.vote(run)
  assert.deepEqual([first['state'], first['reason']], ['failed', 'plan/answer-differs'])
  const other: JsonValue = { kind: 'kernel/run-plan', plan: { id: 'other', about: '', steps: [probe('only', 1)] } }
  assert.equal((await node.vote(other))['reason'], 'plan/active')
  const again = await node.vote({ kind: 'kernel/run-plan', plan: failing, resume: 'again' })
  assert.equal(again['reason'], 'plan/answer-differs')
  const skipped = await node.vote({ kind: 'kernel/run-plan', plan: failing, resume: 'skip' })
  assert.deepEqual([skipped['state'], skipped['reason']], ['done', null])
  assert.equal((await node.vote(other))['state'], 'done')
  const second = { ...(failing as Record<string, JsonValue>), id: 'second' }
  assert.equal((await node.vote({ kind: 'kernel/run-plan', plan: second }))['state'], 'failed')
  const abandoned = await node.vote({ kind: 'kernel/abandon-plan', reason: 'enough' })
  assert.deepEqual([abandoned['state'], abandoned['reason']], ['done', null])
  assert.equal((await node.vote({ kind: 'kernel/abandon-plan', reason: 'twice' }))['reason'], 'plan/none')
})

test('a plan whose step asks the ledger for a transfer goes on when the answer has come, blocks later', async () => {
  await node.good(alice, transfer({ ...alice, address: portAccount }, 100))
  await node.install((await payer()).bytes, 'vat', 'payer')
  const before = node.balance(dave)
  const proposal = await node.vote({ kind: 'kernel/run-plan', plan: paying(dave.address) })
  assert.deepEqual([proposal['state'], proposal['reason']], ['done', null])
  assert.equal(node.balance(dave), before + 7n)
})

test('a kernel is paused and unpaused by votes: messages to vats are refused, and transfers go on', async () => {
  assert.equal((await node.vote({ kind: 'kernel/pause', reason: 'a look' }))['state'], 'done')
  const { results } = await node.block(
    transaction(alice, { kind: 'kernel/send', to: 'mirror', method: 'version', args: [] }),
    transaction(alice, transfer(bob, 1)),
  )
  assert.deepEqual(results.map(({ code }) => code), ['kernel/faulted', 'ok'])
  assert.equal((node.query('kernel/status') as { state: string }).state, 'paused')
  assert.equal((await node.vote({ kind: 'kernel/unpause' }))['state'], 'done')
  assert.equal((await node.ask('version'))['value'], 1)
})

test('a worker version is installed from parts that were uploaded, and vats move to it by a plan', async () => {
  const engine = await node.install(packagedEngine('quickjs-wasi-3.6.2'), 'engine')
  const supervisor = await node.install(await supervisorBytes(), 'supervisor')
  const installed = await node.vote({ kind: 'kernel/install-worker', engine, supervisor, label: 'other' })
  assert.deepEqual([installed['state'], installed['reason']], ['done', null])
  const moving: JsonValue = {
    id: 'moving',
    about: 'to the other worker',
    steps: [{ kind: 'worker', name: 'all', worker: 'other', mode: 'restart' }, probe('lives', 1)],
  }
  assert.equal((await node.vote({ kind: 'kernel/run-plan', plan: moving }))['state'], 'done')
  assert.equal((await node.ask('version'))['value'], 1)
  const unknown = await node.vote({ kind: 'kernel/install-worker', engine: supervisor, supervisor: engine })
  assert.equal(unknown['state'], 'failed')
})
