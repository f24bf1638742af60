/**
 * The bank: it hears at the port `ledger` what the host's ledger does, and keeps an account for each address.
 *
 * This file is what its versions have in common. Accounts are objects of a *durable kind*, and so is the
 * receiver at the port: each version says anew what they do. After each block with fees the totals are published.
 */
import { defineKind, E, Far, harden, makeMapStore, provide } from 'heirloom/vat'
import type {
  Baggage,
  BootstrapDevices,
  BootstrapPowers,
  BootstrapVats,
  BuildRootObject,
  MapStore,
  Port,
} from 'heirloom/vat'

/** A transfer, or a fee, as an account sees it. */
export interface Change {
  readonly amount: bigint
  readonly counts: 'transfer' | 'other'
}

/** What the versions know of an account. */
export interface Account {
  change(change: Change): void
  statement(): { readonly balance: bigint; readonly transfers: number }
}

/** Items of the port `ledger`. */
type Item =
  | { readonly kind: 'transfer'; readonly from: string; readonly to: string; readonly amount: string }
  | { readonly kind: 'mint'; readonly to: string; readonly amount: string }
  | { readonly kind: 'fees'; readonly fees: readonly { readonly from: string; readonly amount: string }[] }

interface Totals {
  heard: number
  gaps: number
  transfers: number
}

/** The account of the host that receives the fees. */
const feeAccount = `h1${'0'.repeat(40)}`

export interface Version {
  readonly number: number
  defineAccount(baggage: Baggage): (address: string, balance: bigint) => Account
}

type Accounts = MapStore<string, Account>

/** Books an item, and counts it. */
function book(change: (address: string, what: Change) => void, totals: Totals, item: Item): void {
  const move = (from: string, to: string, amount: bigint, counts: Change['counts']): void => {
    change(from, { amount: -amount, counts })
    change(to, { amount, counts })
  }
  if (item.kind === 'transfer') {
    move(item.from, item.to, BigInt(item.amount), 'transfer')
    totals.transfers += 1
  }
  if (item.kind === 'mint') change(item.to, { amount: BigInt(item.amount), counts: 'other' })
  if (item.kind === 'fees')
    for (const { from, amount } of item.fees) move(from, feeAccount, BigInt(amount), 'other')
}

function openAccounts(baggage: Baggage, { defineAccount }: Version) {
  const makeAccount = defineAccount(baggage)
  const accounts: Accounts = provide(baggage, 'accounts', () => makeMapStore('accounts', { durable: true }))
  const open = (address: string, balance: bigint): void => accounts.init(address, makeAccount(address, balance))
  const accountOf = (address: string): Account => {
    if (!accounts.has(address)) open(address, 0n)
    return accounts.get(address)
  }
  return { accounts, open, accountOf }
}

/** The vat of one version. */
export function bank(version: Version): BuildRootObject {
  return (_powers, parameters, baggage) => {
    const { accounts, open, accountOf } = openAccounts(baggage, version)
    const port = (name: string): Port => baggage.get(name) as Port
    const makeReceiver = defineKind(baggage, 'Receiver', (): Totals => ({ heard: 0, gaps: 0, transfers: 0 }), {
      receive({ state }, item: Item, number: number) {
        if (number !== state.heard + 1) state.gaps += 1
        state.heard = number
        book((address, what) => accountOf(address).change(what), state, item)
        if (item.kind !== 'fees') return
        const value = { accounts: accounts.getSize(), transfers: state.transfers, version: version.number }
        E(port('publish')).send(harden({ name: 'totals', value }))
      },
      totals: ({ state: { heard, gaps, transfers } }) => harden({ heard, gaps, transfers }),
    })
    const receiver = provide(baggage, 'receiver', makeReceiver)

    return Far('bank', {
      async bootstrap(
        vats: BootstrapVats<{ customer: { meet(bank: unknown): void } }>,
        _devices: BootstrapDevices,
        { ports }: BootstrapPowers<'ledger' | 'publish'>,
      ) {
        const { opening } = parameters as { readonly opening: Readonly<Record<string, string>> }
        for (const [address, balance] of Object.entries(opening)) open(address, BigInt(balance))
        baggage.init('publish', ports.publish)
        await E(ports.ledger).onReceive(receiver)
        await E(vats.customer).meet(vats['bank' as never])
      },
      version: () => version.number,
      /** The account itself, for other vats. */
      account: (address: string) => accountOf(address),
      statement: (address: string) => accountOf(address).statement(),
      statements: () => harden([...accounts.keys()].map((address) => [address, accountOf(address).statement()])),
      totals: () => receiver.totals(),
    })
  }
}
