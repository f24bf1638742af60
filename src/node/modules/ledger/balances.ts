/** Balances: how much each account has. Whole units, never below 0. */
import type { Draft, StateReader } from '../../state/hostState.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'

const table = 'balance'
const limit = 2n ** 128n

/** Where fees go. */
export const feeAccount = `h1${'0'.repeat(40)}`

export const balanceOf = (state: StateReader, address: string): bigint => BigInt(state.get(table, address) ?? '0')

/** Takes an amount from an account that has it. */
export function debit(state: Draft, address: string, amount: bigint): void {
  const balance = balanceOf(state, address)
  if (balance < amount)
    refuseTransaction('ledger/insufficient', `${address} has ${balance} units, and needs ${amount}`)
  setBalance(state, address, balance - amount)
}

/** Gives an amount to an account. */
export function credit(state: Draft, address: string, amount: bigint): void {
  const balance = balanceOf(state, address) + amount
  if (balance >= limit) refuseTransaction('ledger/overflow', `${address} would have more than 2^128 units`)
  setBalance(state, address, balance)
}

function setBalance(state: Draft, address: string, balance: bigint): void {
  state.set(table, address, balance === 0n ? undefined : String(balance))
}

/** The sum of all balances. */
export const totalOf = (state: StateReader): bigint =>
  state.ids(table).reduce((sum, address) => sum + balanceOf(state, address), 0n)
