/**
 * A store with Zoe, as its host sees it: instances, users and offers have names, which the bootstrap vat
 * knows.
 */
import zcfBundle from '@agoric/zoe/bundles/bundle-contractFacet.js'
import { bundleVat, loadConfig, openController } from 'heirloom'
import type { BundledVat, Controller, EndoBundle, ResultHandle, Status } from 'heirloom'
import { join } from 'node:path'
import { bundleContract } from './contractBundle.ts'

const packages = join(import.meta.dirname, '..', '..', 'node_modules', '@agoric')

/** Contracts as Zoe publishes them, and one of this example. */
const contracts = {
  automaticRefund: join(packages, 'zoe/src/contracts/automaticRefund.js'),
  simpleExchange: join(packages, 'zoe/src/contracts/simpleExchange.js'),
  coveredCall: join(packages, 'zoe/src/contracts/coveredCall-durable.js'),
  coveredCallV2: join(import.meta.dirname, 'contracts/coveredCall-v2.js'),
}
export type Contract = keyof typeof contracts

/** The code of the vats that the store begins with: Zoe's as published. */
const vatSources = {
  zoe: join(packages, 'vats/src/vat-zoe.js'),
  bootstrap: join(import.meta.dirname, 'vats/bootstrap.js'),
  mint: join(import.meta.dirname, 'vats/mint.js'),
  alice: join(import.meta.dirname, 'vats/wallet.js'),
  bob: join(import.meta.dirname, 'vats/wallet.js'),
}
export type VatCode = keyof typeof vatSources

export type Currency = 'Moola' | 'Simolean'
export type User = 'alice' | 'bob'
export type Amounts = Readonly<Record<string, readonly [currency: Currency, value: bigint]>>

export interface Proposal {
  readonly give?: Amounts
  readonly want?: Amounts
  readonly exit?: { readonly onDemand: null } | { readonly waived: null } | { readonly afterDeadline: bigint }
}

/** Where an invitation comes from: a facet of an instance, or what an offer was answered. */
export type InvitationSource =
  | { readonly instance: string; readonly facet: 'publicFacet' | 'creatorFacet' }
  | { readonly user: User; readonly label: string }

const nextReleases = new Map<VatCode, Promise<BundledVat>>()

/** The code of a vat under another id: a release that changes nothing. */
function bundleNext(name: VatCode): Promise<BundledVat> {
  const bundle = nextReleases.get(name) ?? bundleWithSpace(vatSources[name])
  nextReleases.set(name, bundle)
  return bundle
}
async function bundleWithSpace(file: string): Promise<BundledVat> {
  const bundle = await bundleVat(file)
  const source = `${bundle.source} `
  return { ...bundle, source, bytes: new TextEncoder().encode(source) }
}

const config = await loadConfig(join(import.meta.dirname, 'config.json'))

export class Market {
  readonly controller: Controller

  constructor(controller: Controller) {
    this.controller = controller
  }

  /** Makes a store in which Zoe, a mint and the wallets of alice and bob are started. */
  static async make(directory: string): Promise<Market> {
    const controller = await openController({ directory, make: 'always', config })
    const market = new Market(controller)
    if (controller.bootstrapResult !== undefined)
      await market.#answer('bootstrap', controller.bootstrapResult)
    return market
  }

  static async open(directory: string): Promise<Market> {
    return new Market(await openController({ directory, make: 'never' }))
  }

  async close(): Promise<void> {
    await this.controller.commit()
    await this.controller.shutdown()
  }

  /** Asks the bootstrap vat, runs to the end, and gives the answer. */
  async ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#answer(method, await this.controller.send('bootstrap', method, args))
  }

  /** Runs to the end and says how the request ended. */
  async settle(request: ResultHandle): Promise<Status> {
    await this.controller.run()
    return this.controller.status(request)
  }

  /** Installs a contract and gives the id of its bundle. */
  async install(contract: Contract): Promise<string> {
    return (await this.controller.installBundle(await bundleContract(contracts[contract]), contract)).id
  }

  async start(name: string, contract: Contract, issuers: Readonly<Record<string, Currency>>): Promise<void> {
    await this.ask('start', name, await this.install(contract), issuers)
  }

  /** Makes an offer; the wallet of the user keeps its seat under the label. */
  async offer(user: User, label: string, source: InvitationSource, proposal: Proposal): Promise<void> {
    await this.ask('offer', user, label, source, proposal)
  }

  /** What the contract answered to an offer. */
  async result(user: User, label: string): Promise<unknown> {
    return this.#answer('result', await this.controller.send(user, 'result', [label]))
  }

  async hasExited(user: User, label: string): Promise<boolean> {
    return (await this.#answer('hasExited', await this.controller.send(user, 'hasExited', [label]))) === true
  }

  /** Deposits the payouts of an offer. */
  async collect(user: User, label: string): Promise<Amounts> {
    return (await this.ask('collect', user, label)) as Amounts
  }

  async balances(user: User): Promise<Readonly<Record<Currency, bigint>>> {
    return (await this.ask('balances', user)) as Record<Currency, bigint>
  }

  /** Replaces the code of a vat by its next release. */
  async upgradeVat(name: VatCode): Promise<void> {
    const { id } = await this.controller.installBundle(await bundleNext(name))
    await this.#answer(`upgrade of ${name}`, await this.controller.upgradeVat(name, id))
  }

  /**
   * Lets Zoe start and restart contracts on the bundle of ZCF that its package has; the id under which it is
   * published.
   */
  async upgradeZcf(): Promise<string> {
    const { id } = await this.controller.installBundle(zcfBundle as EndoBundle)
    await this.ask('useZcf', id)
    return id
  }

  async #answer(question: string, request: ResultHandle): Promise<unknown> {
    const status = await this.settle(request)
    if (status.kind === 'fulfilled') return status.value
    throw new Error(`${question}: no answer`, {
      cause: status.kind === 'rejected' ? status.reason : 'it is pending',
    })
  }
}
