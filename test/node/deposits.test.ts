/** Deposits of proposals: what is paid in, who has it afterwards, and what vats hear of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { depositAccount } from '../../src/node/modules/governance/deposits.ts'
import { feeAccount } from '../../src/node/modules/ledger/balances.ts'
import { numberId } from '../../src/node/state/table.ts'
import type { JsonValue, VoteChoice } from '../../src/protocol/node/fields.ts'
import { forTheFile } from '../kit/world.ts'
import { alice, bob, carol, dave, sending, TestNode, transaction, transfer, type Account } from './kit.ts'

const parameters = { 'governance.period': 2, 'governance.deposit': 500, 'fees.host': 0, 'fees.kernel': 0 }
const node = await TestNode.open(forTheFile, { genesis: { parameters } })
for (const account of [alice, bob, carol]) await node.ask('open', account.address, 1_000_000n)

const deposits: Account = { ...dave, address: depositAccount }
const fees: Account = { ...dave, address: feeAccount }

const mint: JsonValue = { kind: 'ledger/mint', to: dave.address, amount: '1' }
const wrong: JsonValue = { kind: 'parameters/set', name: 'nothing', value: 1 }

const proposing = (account: Account, ...messages: JsonValue[]): Uint8Array =>
  transaction(account, { kind: 'governance/propose', title: 'try', messages })

const voting = (proposal: number, ...choices: readonly VoteChoice[]): Uint8Array[] =>
  choices.map((choice, at) =>
    transaction([alice, carol, bob][at] ?? alice, { kind: 'governance/vote', proposal, choice }),
  )

async function propose(account: Account, ...messages: JsonValue[]): Promise<number> {
  const { results } = await node.block(proposing(account, ...messages))
  assert.equal(results[0]?.code, 'ok', results[0]?.log)
  return (results[0].data as { readonly proposal: number }).proposal
}

const view = (proposal: number) => node.query(`governance/show/${proposal}`) as Record<string, JsonValue>

async function decided(proposal: number): Promise<Record<string, JsonValue>> {
  while (view(proposal)['state'] === 'voting') await node.block()
  return view(proposal)
}

const total = (): bigint => BigInt((node.query('ledger/total') as { readonly total: string }).total)

/** What the vat that mirrors the ledger has for the account. */
const mirrored = async ({ address }: Account): Promise<bigint> =>
  BigInt(String((await node.ask('balance', address))['value']).replace('+', ''))

async function assertMirrored(): Promise<void> {
  await node.block()
  for (const account of [alice, bob, carol, deposits, fees])
    assert.equal(await mirrored(account), node.balance(account), `the vat knows what ${account.address} has`)
}

interface Round {
  readonly situation: string
  readonly messages: readonly JsonValue[]
  readonly votes: readonly VoteChoice[]
  readonly state: string
  readonly deposit: 'returned' | 'forfeited'
}

const rounds: readonly Round[] = [
  { situation: 'passed and done', messages: [mint], votes: ['yes', 'yes'], state: 'done', deposit: 'returned' },
  { situation: 'passed and failed', messages: [wrong], votes: ['yes', 'yes'], state: 'failed', deposit: 'returned' },
  { situation: 'refused', messages: [mint], votes: ['no', 'no'], state: 'rejected', deposit: 'returned' },
  { situation: 'without quorum', messages: [mint], votes: ['yes'], state: 'rejected', deposit: 'returned' },
  { situation: 'vetoed', messages: [mint], votes: ['yes', 'veto'], state: 'rejected', deposit: 'forfeited' },
]

test('Dep1, Dep2: a deposit goes back when the proposal is decided, unless it is vetoed', async () => {
  for (const { situation, messages, votes, state, deposit } of rounds) {
    const before = { bob: node.balance(bob), fees: node.balance(fees), total: total() }
    const proposal = await propose(bob, ...messages)
    assert.deepEqual(view(proposal)['deposit'], { amount: '500', state: 'locked' })
    assert.deepEqual(node.query('governance/deposits'), {
      address: depositAccount,
      locked: '500',
      deposits: [{ proposal, proposer: bob.address, amount: '500' }],
    })
    assert.deepEqual([node.balance(bob), node.balance(deposits)], [before.bob - 500n, 500n])
    assert.equal(total(), before.total, 'a deposit that is locked counts')
    await assertMirrored()
    const again = await propose(bob, ...messages)
    await node.block(...voting(again, ...votes))
    const { state: is, deposit: left } = await decided(again)
    assert.deepEqual([is, left], [state, { amount: '500', state: deposit }], situation)
    assert.equal((await decided(proposal))['reason'], 'governance/no-quorum')
    const lost = deposit === 'forfeited' ? 500n : 0n
    const balances = [bob, fees, deposits].map((account) => node.balance(account))
    assert.deepEqual(balances, [before.bob - lost, before.fees + lost, 0n], situation)
    assert.equal(total(), before.total + (state === 'done' ? 1n : 0n))
    await assertMirrored()
  }
})

test('Dep2: a parameter has proposals without quorum forfeit their deposits', async () => {
  const strict = await propose(alice, { kind: 'parameters/set', name: 'governance.forfeit-no-quorum', value: 1 })
  await node.block(...voting(strict, 'yes', 'yes'))
  assert.equal((await decided(strict))['state'], 'done')
  const before = node.balance(fees)
  const proposal = await propose(bob, mint)
  const { reason, deposit } = await decided(proposal)
  assert.deepEqual([reason, deposit], ['governance/no-quorum', { amount: '500', state: 'forfeited' }])
  assert.equal(node.balance(fees), before + 500n)
  const back = await propose(alice, { kind: 'parameters/set', name: 'governance.forfeit-no-quorum', value: 0 })
  await node.block(...voting(back, 'yes', 'yes'))
  assert.equal((await decided(back))['state'], 'done')
})

test('who has less than the deposit does not propose, and pays the fee only', async () => {
  const rich = node.balance(carol)
  await node.good(carol, transfer(dave, rich - 999n))
  const { results, events } = await node.block(proposing(carol, mint), proposing(carol, mint))
  assert.deepEqual(results.map(({ code }) => code), ['ok', 'governance/cannot-deposit'])
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'transfer').map(({ data }) => data),
    [{ from: carol.address, to: depositAccount, amount: '500', memo: `deposit of proposal ${last()}` }],
  )
  assert.equal(node.balance(carol), 499n)
  await decided(last())
  assert.equal(node.balance(carol), 999n)
})

/** The number of the last proposal. */
const last = (): number => (node.query('governance/list') as readonly { readonly id: number }[]).at(-1)?.id ?? 0

test('Dep2: a deposit is that of the block of its proposal, not that of the decision', async () => {
  const change = await propose(alice, { kind: 'parameters/set', name: 'governance.deposit', value: 0 })
  await node.block(...voting(change, 'yes', 'yes'))
  const { results } = await node.block(proposing(bob, mint))
  assert.equal(results[0]?.code, 'ok')
  const proposal = last()
  assert.equal((await decided(change))['state'], 'done')
  assert.deepEqual(view(proposal)['deposit'], { amount: '500', state: 'locked' })
  const before = node.balance(bob)
  assert.deepEqual((await decided(proposal))['deposit'], { amount: '500', state: 'returned' })
  assert.equal(node.balance(bob), before + 500n)
})

test('without a deposit, rows are as they were before there were deposits, and are read', async () => {
  const { events } = await node.block(proposing(bob, mint))
  assert.deepEqual(events.map(({ kind }) => kind), ['proposed'])
  const row = JSON.parse(node.app.state.get('proposal', numberId(last())) ?? '') as object
  assert.equal(Object.keys(row).join(), earlierFields)
  assert.equal(view(last())['deposit'], null)
  assert.deepEqual(node.query('governance/deposits'), { address: depositAccount, locked: '0', deposits: [] })
  await decided(last())
})

/** The fields of a row of 0.3.0 before deposits, in their order. */
const earlierFields = 'id,title,proposer,messages,began,ends,members,state,reason,operations,report'

test('Dep3: a deposit that its proposer cannot hold stays with the account, and blocks go on', async () => {
  const again = await propose(alice, { kind: 'parameters/set', name: 'governance.deposit', value: 500 })
  await node.block(...voting(again, 'yes', 'yes'))
  assert.equal((await decided(again))['state'], 'done')
  const room = 2n ** 128n - 1n - node.balance(bob) + 500n
  const full = { kind: 'ledger/mint', to: bob.address, amount: String(room) }
  const { results } = await node.block(proposing(alice, full), proposing(bob, mint))
  assert.deepEqual(results.map(({ code }) => code), ['ok', 'ok'])
  await node.block(...voting(last() - 1, 'yes', 'yes'))
  assert.equal((await decided(last() - 1))['state'], 'done')
  const { reason, deposit } = await decided(last())
  assert.deepEqual([reason, deposit], ['governance/no-quorum', { amount: '500', state: 'kept' }])
  assert.equal(node.balance(bob), 2n ** 128n - 1n)
  assert.equal(node.balance(deposits), 500n)
  assert.equal((await node.block(transaction(alice, sending('heard')))).results[0]?.code, 'ok')
  await assertMirrored()
})
