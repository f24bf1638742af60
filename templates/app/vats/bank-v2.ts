/**
 * The bank, version 2. Accounts count their payments, and all accounts that exist get the new methods: the kind
 * has the same name, and `migrate` turns the state of version 1 into that of version 2.
 */
import { E, Far, defineKind } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'
import type { Account as AccountOfVersion1, Payee } from './bank.ts'

export interface Account extends AccountOfVersion1 {
  payments(): bigint
}

export interface Bank {
  open(owner: string, balance: bigint): Account
}

interface State {
  owner: string
  balance: bigint
  payments: bigint
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const makeAccount = defineKind(
    baggage,
    'Account',
    (owner: string, balance: bigint): State => ({ owner, balance, payments: 0n }),
    {
      balance: ({ state }) => state.balance,
      payments: ({ state }) => state.payments,
      async pay({ state }, amount: bigint, payee: Payee) {
        if (amount < 1n || amount > state.balance) throw RangeError(`${state.owner} cannot pay ${amount}`)
        state.balance -= amount
        state.payments += 1n
        return E(payee).paid(state.owner, amount)
      },
    },
    {
      stateVersion: 2,
      migrate: { 1: (old: { owner: string; balance: bigint }): State => ({ ...old, payments: 0n }) },
    },
  )
  return Far('bank', { open: (owner: string, balance: bigint) => makeAccount(owner, balance) })
}
