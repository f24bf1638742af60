/** Purses and payments, both durable. */
/* global VatData */
import { Far } from '@endo/far'

const { defineDurableKind, makeKindHandle } = VatData

export const buildRootObject = () => {
  const makePayment = defineDurableKind(makeKindHandle('Payment'), (amount) => ({ amount }), {
    take({ state }) {
      const { amount } = state
      state.amount = 0
      return amount
    },
  })
  const makePurse = defineDurableKind(makeKindHandle('Purse'), (balance) => ({ balance }), {
    balance: ({ state }) => state.balance,
    withdraw({ state }, amount) {
      state.balance -= amount
      return makePayment(amount)
    },
    deposit({ state }, payment) {
      const amount = payment.take()
      state.balance += amount
      return amount
    },
  })
  return Far('issuer', { open: (balance) => makePurse(balance) })
}
