/** The bank: accounts, and payments from them. Version 1; `bank-v2.ts` replaces it. */
import { E, Far, defineKind } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

/** Who is paid: an object of any vat. */
export interface Payee {
  paid(payer: string, amount: bigint): string
}

export interface Account {
  balance(): bigint
  pay(amount: bigint, payee: Payee): Promise<string>
}

export interface Bank {
  open(owner: string, balance: bigint): Account
}

interface State {
  owner: string
  balance: bigint
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  // Accounts are objects of a durable kind: their identity and their state outlive this code.
  const makeAccount = defineKind(
    baggage,
    'Account',
    (owner: string, balance: bigint): State => ({ owner, balance }),
    {
      balance: ({ state }) => state.balance,
      async pay({ state }, amount: bigint, payee: Payee) {
        if (amount < 1n || amount > state.balance) throw RangeError(`${state.owner} cannot pay ${amount}`)
        state.balance -= amount
        // A message to another vat. The answer is the receipt.
        return E(payee).paid(state.owner, amount)
      },
    },
  )
  return Far('bank', { open: (owner: string, balance: bigint) => makeAccount(owner, balance) })
}
