/**
 * Deposits: what a proposer pays in, so that a proposal without support has a price.
 *
 * Dep1. A deposit is on the account of the deposits from the block of its proposal to the block of the
 *       decision. It moves by transfers of the ledger only: the total stays, and vats hear of them (Led2).
 * Dep2. The decision settles it once, by the amount of the proposal. A vetoed proposal forfeits it; so does
 *       one without quorum if `governance.forfeit-no-quorum` says so. Otherwise the proposer has it back.
 * Dep3. A decision never fails for a deposit: if the receiver cannot hold more, the amount stays where it is.
 */
import { hash } from 'node:crypto'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import { addressOfHash } from '../../../protocol/node/transaction.ts'
import { Draft, type StateReader } from '../../state/hostState.ts'
import { refuseTransaction, TransactionRefusal } from '../../transactions/refusal.ts'
import { balanceOf, feeAccount } from '../ledger/balances.ts'
import { transfer } from '../ledger/ledger.ts'
import type { Context } from '../module.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { openProposals, type Deposit, type Proposal } from './proposals.ts'
import type { Tally } from './tally.ts'

/** Where deposits are while members vote. No key leads to it. */
export const depositAccount = addressOfHash(hash('sha256', 'governance/deposits'))

/** Takes the deposit of a proposal from its proposer; null if the parameter asks for none. */
export function lockDeposit(context: Context, proposal: number, proposer: string): Deposit | null {
  const { state } = context
  const amount = BigInt(parameterOf(state, 'governance.deposit'))
  if (amount === 0n) return null
  const balance = balanceOf(state, proposer)
  if (balance < amount)
    refuseTransaction('governance/cannot-deposit', `the deposit is ${amount}, and ${proposer} has ${balance}`)
  const memo = `deposit of proposal ${proposal}`
  transfer(context, { from: proposer, to: depositAccount, amount, memo })
  return { amount: String(amount), state: 'locked' }
}

/** Dep2, Dep3. Returns the deposit as it is afterwards. */
export function settleDeposit(
  context: Context,
  { id, proposer, deposit }: Proposal,
  outcome: Tally['outcome'],
): Deposit | null {
  if (deposit === null) return null
  const as = isForfeited(context.state, outcome) ? 'forfeited' : 'returned'
  const to = as === 'forfeited' ? feeAccount : proposer
  const state = new Draft(context.state)
  const memo = `deposit of proposal ${id} ${as}`
  try {
    transfer({ ...context, state }, { from: depositAccount, to, amount: BigInt(deposit.amount), memo })
  } catch (error) {
    if (!(error instanceof TransactionRefusal) || error.code !== 'ledger/overflow') throw error
    return { ...deposit, state: 'kept' }
  }
  context.state.take(state.changes())
  return { ...deposit, state: as }
}

const isForfeited = (state: StateReader, outcome: Tally['outcome']): boolean =>
  outcome === 'vetoed' || (outcome === 'no-quorum' && parameterOf(state, 'governance.forfeit-no-quorum') === 1)

/** The deposits of the proposals that are voted on, and the account that has them. */
export function lockedDeposits(state: StateReader): JsonValue {
  const deposits = openProposals(state).flatMap(({ id, proposer, deposit }) =>
    deposit === null ? [] : [{ proposal: id, proposer, amount: deposit.amount }],
  )
  const locked = deposits.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return { address: depositAccount, locked: String(locked), deposits }
}
