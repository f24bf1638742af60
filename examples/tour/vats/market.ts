/** The market: moves money between purses that it does not hold itself. */
import { E, Far } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

interface Wallet {
  pay(purse: bigint, amount: bigint): object
  receive(purse: bigint, payment: object): bigint
}

export const buildRootObject: BuildRootObject = () => {
  let wallets: readonly Wallet[] = []
  let pursesEach = 1n
  let failed = 0

  const walletOf = (purse: bigint): Wallet => {
    const wallet = wallets[Number(purse / pursesEach)]
    if (wallet === undefined) throw new RangeError(`nobody has a purse ${purse}`)
    return wallet
  }

  return Far('market', {
    open(participants: readonly Wallet[], purses: bigint) {
      wallets = participants
      pursesEach = purses
    },
    async transfer(from: bigint, to: bigint, amount: bigint) {
      try {
        const payment = await E(walletOf(from)).pay(from, amount)
        await E(walletOf(to)).receive(to, payment)
      } catch (error) {
        failed += 1
        throw error
      }
    },
    failed: () => failed,
  })
}
