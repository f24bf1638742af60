/** A wallet: holds purses that the issuer made, in the same way a user of any service holds a reference. */
import { E, Far, harden } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

interface Payment {
  amount(): bigint
}
interface Purse {
  balance(): bigint
  withdraw(amount: bigint): Payment
  deposit(payment: Payment): bigint
}
interface Receipt {
  confirms(): string
}
interface Issuer {
  dividend(): unknown
}

/** How a promise ended, as data. */
type Ended = { readonly outcome: 'pending' } | { readonly outcome: 'rejected'; readonly reason: unknown }

export const buildRootObject: BuildRootObject = () => {
  const purses = new Map<bigint, Purse>()
  let receipt: Receipt | undefined
  let dividend: Ended = { outcome: 'pending' }

  const purse = (number: bigint): Purse => {
    const found = purses.get(number)
    if (found === undefined) throw new RangeError(`this wallet has no purse ${number}`)
    return found
  }

  return Far('wallet', {
    hold(first: bigint, more: readonly Purse[], proof: Receipt) {
      more.forEach((one, index) => purses.set(first + BigInt(index), one))
      receipt = proof
    },
    purses: () => harden([...purses.values()]),
    pay: (number: bigint, amount: bigint) => E(purse(number)).withdraw(amount),
    receive: (number: bigint, payment: Payment) => E(purse(number)).deposit(payment),
    balances: () => Promise.all([...purses.values()].map((one) => E(one).balance())).then(harden),
    /** Asks the issuer for something that it will be slow to give. */
    expectDividend(issuer: Issuer) {
      E(issuer).dividend().then(
        () => {},
        (reason: unknown) => { dividend = { outcome: 'rejected', reason } },
      )
    },
    dividend: () => harden(dividend),
    checkReceipt: () => E(receipt as Receipt).confirms(),
  })
}
