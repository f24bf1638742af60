/** What a check of a proposal says, against what the vote then does. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { Sequencer } from '../../src/node/index.ts'
import { readVoteMessages } from '../../src/node/transactions/fields.ts'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { forTheFile } from '../kit/world.ts'
import { alice, bob, dave, sending, TestNode, transaction } from './kit.ts'

const node = await TestNode.open(forTheFile, { genesis: { parameters: { 'governance.period': 1 } } })
const source = (body: string) => bundleSource(`export const buildRootObject = () => Far('one', { ${body} })`)
await node.install((await source('one: () => 1')).bytes, 'vat', 'one')
const faulty = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
const good = await node.install(Buffer.concat([await kernelBytes(), Buffer.from(' ')]), 'kernel')
const onTrial = await node.install(await shapedKernel(1, ...defects.cannotRun('')), 'kernel')

const sequencer = Sequencer.open({ application: node.app, directory: dirname(node.directory) })
const never = new AbortController().signal
const check = (...messages: JsonValue[]) => sequencer.checks.check(readVoteMessages(messages, 'messages'), never)

const create = (vat: string, bundle: string): JsonValue => ({
  kind: 'kernel/run-plan',
  plan: { id: `make-${vat}`, about: 'a vat', steps: [{ kind: 'create', name: 'make', vat, bundle }] },
})
const suspend = (vat: string): JsonValue => ({ kind: 'kernel/suspend', vat, reason: 'r' })
const setFee: JsonValue = { kind: 'parameters/set', name: 'fees.host', value: 2 }

test('Pck1: a check changes nothing, leaves nothing, and says at which height it was made', async () => {
  const before = [node.app.info, node.query('governance/list'), readdirSync(dirname(node.directory)).sort()]
  const { height, outcome, messages, parameters, members } = await check(setFee, {
    kind: 'governance/set-members',
    members: [{ address: dave.address, weight: 5 }, { address: bob.address, weight: 0 }],
  })
  assert.deepEqual([height, outcome], [node.app.info.height, 'done'])
  assert.deepEqual(messages.map((each) => each.outcome), ['done', 'done'])
  assert.deepEqual(parameters, { 'fees.host': { from: 1, to: 2 } })
  assert.deepEqual(members, {
    [dave.address]: { from: null, to: 5 },
    [bob.address]: { from: 1, to: null },
  })
  assert.deepEqual([node.app.info, node.query('governance/list'), readdirSync(dirname(node.directory)).sort()], before)
})

test('Pck2: each message has its outcome, and the vote then comes to the same', async () => {
  const messages = [create('first', 'one'), { kind: 'kernel/suspend', vat: 'first', reason: 'r' }, setFee]
  const found = await check(...messages)
  assert.deepEqual([found.outcome, found.code, found.kernel.state], ['done', null, 'ready'])
  assert.deepEqual(found.messages.map(({ kind, outcome }) => [kind, outcome]), [
    ['kernel/run-plan', 'done'],
    ['kernel/suspend', 'done'],
    ['parameters/set', 'done'],
  ])
  const [plan] = found.messages
  assert.deepEqual(plan?.steps, [{ name: 'make', kind: 'create', outcome: 'done', code: null }])
  assert.ok(found.events.some(({ kind }) => kind === 'operation'))
  const view = await node.vote(...messages)
  assert.equal(view['state'], 'done')
  const again = await check(create('first', 'one'))
  assert.deepEqual([again.code, again.messages[0]?.outcome], ['plan/ended', 'failed'])
})

type Failure = readonly [
  situation: string,
  messages: readonly JsonValue[],
  code: string,
  outcomes: readonly string[],
]

const failures: readonly Failure[] = [
  [
    'the host refuses the second message',
    [setFee, { kind: 'parameters/set', name: 'nothing', value: 2 }, setFee],
    'parameters/unknown',
    ['not-reached', 'failed', 'not-reached'],
  ],
  ['a bundle is unknown', [create('other', 'two'), suspend('mirror')], 'bundle/unknown', ['failed', 'not-reached']],
  ['a vat is unknown', [suspend('mirror'), suspend('ghost')], 'vat/unknown', ['done', 'failed']],
  ['a kernel is unknown', [{ kind: 'kernel/upgrade', kernel: `b1-${'0'.repeat(64)}` }], 'kernel/unknown', ['failed']],
]
for (const [situation, messages, code, outcomes] of failures)
  test(`Pck2: a check finds that ${situation}, and a vote fails with the same code`, async () => {
    const found = await check(...messages)
    assert.deepEqual([found.outcome, found.code], ['failed', code])
    assert.deepEqual(found.messages.map(({ outcome }) => outcome), outcomes)
    const failed = found.messages.find(({ outcome }) => outcome === 'failed')
    assert.ok(failed?.code === code && failed.text !== '')
    const { state, reason } = await node.vote(...messages)
    assert.deepEqual([state, reason], ['failed', code])
  })

test('a check while the kernel is faulted shows which way out works', async () => {
  assert.equal((await node.vote({ kind: 'kernel/resume', vat: 'mirror' }, { kind: 'kernel/upgrade', kernel: faulty }))['state'], 'done')
  await node.block()
  await node.block(transaction(alice, sending('echo', 'poison')))
  const stateAfter = async (message: JsonValue) => {
    const { messages, kernel, events } = await check(message)
    const kinds = events.map(({ kind }) => kind).filter((kind) => kind.startsWith('kernel-'))
    return [messages[0]?.outcome, messages[0]?.code, kernel.state, kinds]
  }
  assert.deepEqual(await stateAfter({ kind: 'kernel/retry' }), ['done', null, 'faulted', ['kernel-faulted']])
  assert.deepEqual(await stateAfter({ kind: 'kernel/upgrade', kernel: good }), ['done', null, 'ready', []])
  const returned = ['failed', 'kernel/upgrade-failed', 'faulted', ['kernel-returned']]
  assert.deepEqual(await stateAfter({ kind: 'kernel/upgrade', kernel: onTrial }), returned)
  assert.deepEqual(await stateAfter({ kind: 'kernel/resume', vat: 'mirror' }), ['failed', 'kernel/faulted', 'faulted', []])
})

test('a check that is aborted ends at once, and another begins after it', async () => {
  const abort = new AbortController()
  const first = sequencer.checks.check(readVoteMessages([setFee], 'messages'), abort.signal)
  assert.equal(sequencer.checks.isBusy, true)
  abort.abort()
  await assert.rejects(first, { code: 'node/check-ended' })
  assert.equal((await check(setFee)).outcome, 'done')
})

test('Pck1: a check while a block is under way completes that block on its copy first', async () => {
  const fresh = await TestNode.open(forTheFile)
  const { checks, blocks } = Sequencer.open({ application: fresh.app, directory: dirname(fresh.directory) })
  const steps = ['a', 'b'].map((name) => ({ kind: 'create', name, vat: name, bundle: 'one' }))
  await fresh.install((await source('one: () => 1')).bytes, 'vat', 'one')
  const plan = { kind: 'kernel/run-plan', plan: { id: 'two', about: 'two blocks of the store', steps } }
  await fresh.good(alice, { kind: 'governance/propose', title: 't', messages: [plan] })
  const votes = [alice, bob].map((by) => transaction(by, { kind: 'governance/vote', proposal: 1, choice: 'yes' }))
  await fresh.block(...votes)
  const block = fresh.next()
  blocks.append(block)
  // The plan has committed its steps, and the rest of the block is not committed.
  const { appHash } = await fresh.app.deliver(block)
  const found = await checks.check(readVoteMessages([setFee], 'messages'), never)
  assert.deepEqual([found.height, found.outcome], [block.height, 'done'])
  assert.deepEqual(found.parameters, { 'fees.host': { from: 1, to: 2 } })
  assert.equal((await fresh.app.commit()).appHash, appHash)
})
