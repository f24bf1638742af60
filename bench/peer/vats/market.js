/** Moves money between wallets that take turns. */
import { E, Far } from '@endo/far'

export const buildRootObject = () => {
  let wallets
  let done = 0
  return Far('market', {
    async meet([issuer, ...others]) {
      wallets = others
      for (const wallet of wallets) await E(wallet).open(issuer, 1_000_000)
    },
    async transfer(number) {
      const [from, to] = [number % wallets.length, (number * 7 + 1) % wallets.length]
      const payment = await E(wallets[from]).pay(number)
      await E(wallets[to]).receive(payment)
      done += 1
    },
    done: () => done,
    async balances() {
      let sum = 0
      for (const wallet of wallets) sum += await E(wallet).balance()
      return sum
    },
  })
}
