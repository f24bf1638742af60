/** Votes: who may, what counts, and what becomes of a proposal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue, VoteChoice } from '../../src/protocol/node/fields.ts'
import { forTheFile } from '../kit/world.ts'
import { alice, bob, carol, dave, TestNode, transaction, transfer, type Account } from './kit.ts'

const node = await TestNode.open(forTheFile, { genesis: { parameters: { 'governance.period': 3 } } })
await node.good(alice, transfer(dave, 1_000))

const mint: JsonValue = { kind: 'ledger/mint', to: bob.address, amount: '1' }

async function propose(...messages: JsonValue[]): Promise<number> {
  const data = await node.good(alice, { kind: 'governance/propose', title: 'try', messages })
  return (data as { readonly proposal: number }).proposal
}

const vote = (account: Account, proposal: number, choice: VoteChoice) =>
  transaction(account, { kind: 'governance/vote', proposal, choice })

const view = (proposal: number) => node.query(`governance/show/${proposal}`) as Record<string, JsonValue>

async function decided(proposal: number): Promise<Record<string, JsonValue>> {
  while (view(proposal)['state'] === 'voting') await node.block()
  return view(proposal)
}

type Round = readonly [situation: string, votes: readonly VoteChoice[], state: string, reason: string | null]

const rounds: readonly Round[] = [
  ['nobody votes', [], 'rejected', 'governance/no-quorum'],
  ['one of three votes', ['yes'], 'rejected', 'governance/no-quorum'],
  ['two of three say yes', ['yes', 'yes'], 'done', null],
  ['one says yes and one no', ['yes', 'no'], 'rejected', 'governance/refused'],
  ['two say yes and one no', ['yes', 'yes', 'no'], 'done', null],
  ['one says yes and two abstain', ['yes', 'abstain', 'abstain'], 'done', null],
  ['all abstain', ['abstain', 'abstain', 'abstain'], 'rejected', 'governance/refused'],
  ['two say yes and one has a veto', ['yes', 'yes', 'veto'], 'done', null],
  ['one says yes and one has a veto', ['yes', 'veto'], 'rejected', 'governance/vetoed'],
]
for (const [situation, votes, state, reason] of rounds)
  test(`Gov1: ${situation}`, async () => {
    const before = node.balance(bob)
    const proposal = await propose(mint)
    await node.block(...votes.map((choice, at) => vote([carol, alice, bob][at] ?? alice, proposal, choice)))
    const cost = votes.length === 3 ? 1n : 0n
    const result = await decided(proposal)
    assert.deepEqual([result['state'], result['reason']], [state, reason])
    assert.equal(node.balance(bob), before - cost + (state === 'done' ? 1n : 0n))
  })

test('a vote is changed while the vote is open, counts once, and is refused afterwards', async () => {
  const proposal = await propose(mint)
  await node.block(vote(alice, proposal, 'yes'), vote(bob, proposal, 'yes'), vote(alice, proposal, 'no'))
  await node.block(vote(bob, proposal, 'no'))
  assert.equal((await decided(proposal))['reason'], 'governance/refused')
  const { results } = await node.block(vote(alice, proposal, 'yes'), vote(alice, 999, 'yes'))
  assert.deepEqual(results.map(({ code }) => code), ['governance/closed', 'governance/no-proposal'])
})

test('who is not a member neither proposes nor votes', async () => {
  const proposal = await propose(mint)
  const { results } = await node.block(
    transaction(dave, { kind: 'governance/propose', title: '', messages: [mint] }),
    vote(dave, proposal, 'yes'),
  )
  assert.deepEqual(results.map(({ code }) => code), ['governance/not-a-member', 'governance/not-a-member'])
  await decided(proposal)
})

test('Mem1: members that are removed, added and changed while a vote is open do not change its count', async () => {
  const change = await propose({
    kind: 'governance/set-members',
    members: [
      { address: carol.address, weight: 0 },
      { address: dave.address, weight: 100 },
      { address: bob.address, weight: 5 },
    ],
  })
  await node.block(vote(alice, change, 'yes'), vote(bob, change, 'yes'))
  const proposal = await propose(mint)
  assert.equal((await decided(change))['state'], 'done')
  const { results } = await node.block(
    vote(carol, proposal, 'yes'),
    vote(alice, proposal, 'yes'),
    vote(dave, proposal, 'no'),
    transaction(dave, { kind: 'governance/propose', title: 'mine', messages: [mint] }),
    transaction(carol, { kind: 'governance/propose', title: 'no more', messages: [mint] }),
  )
  assert.deepEqual(results.map(({ code }) => code), [
    'ok',
    'ok',
    'governance/not-a-member',
    'ok',
    'governance/not-a-member',
  ])
  assert.equal((await decided(proposal))['state'], 'done')
  const back = await propose({
    kind: 'governance/set-members',
    members: [
      { address: carol.address, weight: 1 },
      { address: dave.address, weight: 0 },
      { address: bob.address, weight: 1 },
    ],
  })
  await node.block(vote(dave, back, 'yes'))
  assert.equal((await decided(back))['state'], 'done')
})

test('the last member cannot be removed', async () => {
  const members = [alice, bob, carol].map(({ address }) => ({ address, weight: 0 }))
  const proposal = await propose({ kind: 'governance/set-members', members })
  await node.block(vote(alice, proposal, 'yes'), vote(bob, proposal, 'yes'))
  const { state, reason } = await decided(proposal)
  assert.deepEqual([state, reason], ['failed', 'governance/no-members'])
})

test('Gov2: of messages of which one is refused none has an effect', async () => {
  const before = node.balance(bob)
  const proposal = await propose(mint, { kind: 'parameters/set', name: 'block.bytes', value: 1 }, mint)
  await node.block(vote(alice, proposal, 'yes'), vote(carol, proposal, 'yes'))
  const { state, reason } = await decided(proposal)
  assert.deepEqual([state, reason], ['failed', 'parameters/invalid'])
  assert.equal(node.balance(bob), before)
  const unknown = await propose({ kind: 'parameters/set', name: 'nothing', value: 1 })
  await node.block(vote(alice, unknown, 'yes'), vote(carol, unknown, 'yes'))
  assert.equal((await decided(unknown))['reason'], 'parameters/unknown')
})

test('Gov3: a proposal is executing until the kernel has answered, and fails with the first operation that fails', async () => {
  const suspending = { kind: 'kernel/suspend', vat: 'mirror', reason: 'a test' }
  const proposal = await propose(
    suspending,
    { kind: 'kernel/resume', vat: 'mirror' },
    { kind: 'kernel/run-plan', plan: { id: 'nonsense' } },
    { kind: 'kernel/terminate', vat: 'mirror', reason: 'not reached' },
  )
  await node.block(vote(alice, proposal, 'yes'), vote(carol, proposal, 'yes'))
  const { state, reason } = await decided(proposal)
  assert.deepEqual([state, reason], ['failed', 'plan/malformed'])
  await node.block()
  assert.equal((await node.ask('version'))['value'], 1)
})

test('as many proposals as a parameter allows are open at once', async () => {
  const limit = await propose({ kind: 'parameters/set', name: 'governance.open', value: 2 })
  await node.block(vote(alice, limit, 'yes'), vote(carol, limit, 'yes'))
  assert.equal((await decided(limit))['state'], 'done')
  const all = [1, 2, 3].map(() => transaction(alice, { kind: 'governance/propose', title: '', messages: [mint] }))
  const { results } = await node.block(...all)
  assert.deepEqual(results.map(({ code }) => code), ['ok', 'ok', 'governance/too-many'])
})

test('queries of proposals that do not exist', () => {
  assert.throws(() => node.query('governance/show/12345'), { code: 'node/no-query' })
  assert.throws(() => node.query('governance/show/x'), { code: 'node/bad-query' })
  assert.throws(() => node.query('governance/nothing'), { code: 'node/no-query' })
  assert.throws(() => node.query('constructor/show'), { code: 'node/no-query' })
  assert.throws(() => node.query('governance/toString'), { code: 'node/no-query' })
})
