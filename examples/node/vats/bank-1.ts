/** Version 1 of the bank: an account has a balance, and counts its transfers. */
import { defineKind, harden } from 'heirloom/vat'
import { bank, type Change } from './bank.ts'

export const buildRootObject = bank({
  number: 1,
  defineAccount: (baggage) =>
    defineKind(baggage, 'Account', (address: string, balance: bigint) => ({ address, balance, transfers: 0 }), {
      change({ state }, { amount, counts }: Change) {
        state.balance += amount
        if (counts === 'transfer') state.transfers += 1
      },
      statement: ({ state: { balance, transfers } }) => harden({ balance, transfers }),
    }),
})
