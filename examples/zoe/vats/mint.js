/** Mints of `@agoric/ertp`, durable: issuers, brands, purses and payments outlive the code of this vat. */
import { AssetKind, prepareIssuerKit } from '@agoric/ertp'
import { provideDurableMapStore } from '@agoric/vat-data'
import { Far } from '@endo/far'

const names = ['Moola', 'Simolean']

export function buildRootObject(_powers, _parameters, baggage) {
  const kits = new Map(names.map((name) => [name, prepareIssuerKit(provideDurableMapStore(baggage, name), name, AssetKind.NAT)]))
  return Far('mint', {
    /** The issuers and brands, by name. */
    currencies: () => harden(Object.fromEntries([...kits].map(([name, { issuer, brand }]) => [name, { issuer, brand }]))),
    mintPayment: (name, value) => kits.get(name).mint.mintPayment(harden({ brand: kits.get(name).brand, value })),
  })
}
