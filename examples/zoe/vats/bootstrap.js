/**
 * Builds Zoe in the vat `zoe`, opens the wallets of two users, and starts contracts for a host that knows names only:
 * instances, currencies and offers are plain text to it, and the objects stay in this vat's baggage.
 */
import { provideDurableMapStore } from '@agoric/vat-data'
import { E, Far } from '@endo/far'

const feeIssuerConfig = harden({ name: 'Fee', assetKind: 'nat', displayInfo: { decimalPlaces: 6, assetKind: 'nat' } })
const users = ['alice', 'bob']
const openingBalance = 100n

const mapValues = (record, change) => harden(Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)])))

export function buildRootObject(_powers, _parameters, baggage) {
  const roots = provideDurableMapStore(baggage, 'roots')
  const currencies = provideDurableMapStore(baggage, 'currencies')
  const instances = provideDurableMapStore(baggage, 'instances')
  const zoe = () => baggage.get('zoe')
  const amountOf = ([currency, value]) => harden({ brand: currencies.get(currency).brand, value })
  const namesOf = (amounts) => mapValues(amounts, ({ brand, value }) => [[...currencies.keys()].find((name) => currencies.get(name).brand === brand), value])

  /** `{ give: { Asset: ['Moola', 3n] }, want: …, exit: { afterDeadline: 10n } }`, with brands and the timer in place of names. */
  const proposalOf = ({ give = {}, want = {}, exit }) => {
    const { afterDeadline: deadline } = exit ?? {}
    const rule = deadline === undefined ? exit : { afterDeadline: { timer: roots.get('timer'), deadline } }
    return harden({ give: mapValues(give, amountOf), want: mapValues(want, amountOf), ...(rule && { exit: rule }) })
  }

  /** `{ instance, facet }`: the facet is asked for one. `{ creator }`: the one that the instance was started with. `{ user, label }`: what an offer was answered. */
  const invitationOf = ({ instance, facet, creator, user, label }) => {
    if (instance !== undefined) return E(instances.get(instance)[facet]).makeInvitation()
    if (creator !== undefined) return instances.get(creator).creatorInvitation
    return E(roots.get(user)).result(label)
  }

  return Far('bootstrap', {
    async bootstrap(vats) {
      for (const name of ['zoe', 'timer', ...users]) roots.init(name, vats[name])
      const { zoeService } = await E(vats.zoe).buildZoe(vats.vatAdmin, feeIssuerConfig, 'zcf')
      baggage.init('zoe', zoeService)
      for (const [name, currency] of Object.entries(await E(vats.mint).currencies())) {
        currencies.init(name, currency)
        for (const user of users) {
          await E(vats[user]).open(currency)
          await E(vats[user]).deposit(await E(vats.mint).mintPayment(name, openingBalance))
        }
      }
    },

    zoe,

    /** Starts an instance of the contract whose bundle is installed under the id; `issuers` has names of currencies by keyword. */
    async start(name, bundleId, issuers, terms) {
      const installation = await E(zoe()).installBundleID(bundleId, name)
      const kit = await E(zoe()).startInstance(installation, mapValues(issuers, (currency) => currencies.get(currency).issuer), terms, undefined, name)
      instances.init(name, kit)
    },
    /** Starts the contract of the instance again on the current ZCF. */
    restart: (name) => E(instances.get(name).adminFacet).restartContract(),
    /** Replaces the contract of the instance by that of another bundle. */
    upgrade: (name, bundleId) => E(instances.get(name).adminFacet).upgradeContract(bundleId),
    terminate: (name, reason) => E(instances.get(name).adminFacet).terminateContract(Error(reason)),
    /** Waits for the end of the instance. */
    ended: (name) => E(instances.get(name).adminFacet).getVatShutdownPromise(),
    ask: (name, facet, method, ...args) => E(instances.get(name)[facet])[method](...args),

    offer: async (user, label, source, proposal) => {
      await E(roots.get(user)).offer(label, zoe(), await invitationOf(source), proposalOf(proposal))
    },
    collect: async (user, label) => namesOf(await E(roots.get(user)).collect(label)),
    balances: async (user) => {
      const balances = [...currencies.entries()].map(async ([name, { brand }]) => [name, await E(roots.get(user)).balance(brand)])
      return harden(Object.fromEntries(await Promise.all(balances)))
    },

    /** The ZCF bundle on which contracts are started and restarted from now on. */
    useZcf: async (bundleId) => E(E(roots.get('zoe')).getZoeConfigFacet()).updateZcfBundleId(bundleId),
  })
}
