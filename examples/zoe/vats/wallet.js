/**
 * A user of Zoe: purses, and seats by the labels under which offers were made.
 * Everything is in the baggage, so that the wallet finds it after an upgrade.
 */
import { provideDurableMapStore } from '@agoric/vat-data'
import { E, Far } from '@endo/far'

export function buildRootObject(_powers, _parameters, baggage) {
  const purses = provideDurableMapStore(baggage, 'purses')
  const seats = provideDurableMapStore(baggage, 'seats')
  const withdraw = async (amount) => E(purses.get(amount.brand)).withdraw(amount)
  const deposit = async (payment) => {
    const brand = await E(payment).getAllegedBrand()
    return E(purses.get(brand)).deposit(payment)
  }
  /** A record of the same keywords. */
  const mapRecord = async (record, change) =>
    harden(Object.fromEntries(await Promise.all(Object.entries(await record).map(async ([keyword, value]) => [keyword, await change(await value)]))))

  return Far('wallet', {
    /** Opens an empty purse of a currency. */
    open: async ({ issuer, brand }) => {
      purses.init(brand, await E(issuer).makeEmptyPurse())
    },
    deposit,
    balance: async (brand) => (await E(purses.get(brand)).getCurrentAmount()).value,
    /** Makes an offer with payments from the purses, and keeps its seat. */
    offer: async (label, zoe, invitation, proposal) => {
      const payments = await mapRecord(proposal.give ?? {}, withdraw)
      const seat = await E(zoe).offer(invitation, proposal, payments)
      seats.init(label, seat)
      return seat
    },
    seat: (label) => seats.get(label),
    result: (label) => E(seats.get(label)).getOfferResult(),
    hasExited: (label) => E(seats.get(label)).hasExited(),
    exit: (label) => E(seats.get(label)).tryExit(),
    /** Deposits the payouts of an offer; the amounts by keyword. */
    collect: async (label) => mapRecord(E(seats.get(label)).getPayouts(), deposit),
  })
}
