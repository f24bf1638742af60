/** The shop: opens accounts at the bank for its customers, has them pay, and is paid by the bank. */
import { E, Far, makeMapStore, provide } from 'heirloom/vat'
import type { BootstrapVats, BuildRootObject } from 'heirloom/vat'
import type { Account, Bank } from './bank.ts'

export interface Shop {
  welcome(customer: string): Promise<Account>
  buy(customer: string, price: bigint): Promise<string>
  takings(): bigint
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  // Durable maps: `provide` makes them the first time, and each later version of this code finds them again.
  const accounts = provide(baggage, 'accounts', () => makeMapStore<string, Account>('accounts', { durable: true }))
  const takings = provide(baggage, 'takings', () => makeMapStore<string, bigint>('takings', { durable: true }))

  const shop = Far('shop', {
    /** The first message of a new store: `config.json` names this vat as the one that receives it. */
    bootstrap({ bank }: BootstrapVats<{ bank: Bank }>) {
      baggage.init('bank', bank)
    },
    async welcome(customer: string) {
      const account = await E(baggage.get('bank') as Bank).open(customer, 100n)
      accounts.init(customer, account)
      return account
    },
    buy: (customer: string, price: bigint) => E(accounts.get(customer)).pay(price, shop),
    /** The bank calls this. */
    paid(payer: string, amount: bigint): string {
      if (takings.has(payer)) takings.set(payer, takings.get(payer) + amount)
      else takings.init(payer, amount)
      return `${payer} has paid ${amount}`
    },
    takings: () => [...takings.values()].reduce((sum, amount) => sum + amount, 0n),
  })
  return shop
}
