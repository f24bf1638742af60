/** Holds a purse of the issuer's. */
import { E, Far } from '@endo/far'

export const buildRootObject = () => {
  let purse
  return Far('wallet', {
    async open(issuer, balance) {
      purse = await E(issuer).open(balance)
    },
    pay: (amount) => E(purse).withdraw(amount),
    receive: (payment) => E(purse).deposit(payment),
    balance: () => E(purse).balance(),
  })
}
