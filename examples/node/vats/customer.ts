/** A customer: holds an account of the bank, as other vats hold objects of a vat that is upgraded. */
import { E, Far, harden } from 'heirloom/vat'
import type { BuildRootObject } from 'heirloom/vat'

interface Account {
  statement(): unknown
}
interface Bank {
  account(address: string): Account
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) =>
  Far('customer', {
    meet: (bank: Bank) => baggage.init('bank', bank),
    /** Takes the account, and keeps it. */
    async hold(address: string) {
      baggage.init('account', await E(baggage.get('bank') as Bank).account(address))
    },
    /** What the account answers that was kept, and whether the bank gives the same one still. */
    async compare(address: string) {
      const held = baggage.get('account') as Account
      const given = await E(baggage.get('bank') as Bank).account(address)
      return harden({ isSame: held === given, statement: await E(held).statement() })
    },
  })
