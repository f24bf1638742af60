/**
 * Version 2 of the bank: an account also knows its largest transfer. Accounts that version 1 has made stay what
 * they are, and their records are migrated when they are first used.
 */
import { defineKind, harden } from 'heirloom/vat'
import { bank, type Change } from './bank.ts'

interface Before {
  readonly address: string
  readonly balance: bigint
  readonly transfers: number
}

const made = (address: string, balance: bigint) => ({ address, balance, transfers: 0, largest: 0n })

export const buildRootObject = bank({
  number: 2,
  defineAccount: (baggage) =>
    defineKind(
      baggage,
      'Account',
      made,
      {
        change({ state }, { amount, counts }: Change) {
          state.balance += amount
          if (counts !== 'transfer') return
          state.transfers += 1
          const size = amount < 0n ? -amount : amount
          if (size > state.largest) state.largest = size
        },
        statement: ({ state: { balance, transfers, largest } }) => harden({ balance, transfers, largest }),
      },
      {
        stateVersion: 2,
        migrate: { 1: ({ address, balance, transfers }: Before) => ({ address, balance, transfers, largest: 0n }) },
      },
    ),
})
