/** Whether three that should agree do: the ledger of the host, the bank behind it, and the model. */
import type { Chain } from './chain.ts'
import { addresses, feeAccount, world } from './world.ts'

export interface Statement {
  readonly balance: bigint
  readonly transfers: number
  readonly largest?: bigint
}

export interface Comparison {
  readonly accounts: number
  /** How many accounts have the balance of the model in the ledger. */
  readonly asModelled: number
  /** How many have in the bank, to the unit, the balance of the ledger. */
  readonly inBank: number
  /** How many have in the bank the number of transfers of the model. */
  readonly counted: number
  readonly sum: bigint
  readonly total: bigint
  /** Transfers of the model. */
  readonly executed: number
  readonly bank: { readonly heard: number; readonly gaps: number; readonly transfers: number }
  readonly statements: ReadonlyMap<string, Statement>
}

/** Whether ledger, bank and model are the same, and nothing was lost or heard of twice. */
export const agrees = ({ accounts, asModelled, inBank, counted, sum, total, executed, bank }: Comparison): boolean =>
  [asModelled, inBank, counted].every((count) => count === accounts) &&
  sum === total &&
  total === BigInt(world.accounts) * world.openingBalance &&
  bank.transfers === executed &&
  bank.gaps === 0

/** Compares them, when the bank has heard everything. */
export async function compare(chain: Chain): Promise<Comparison> {
  const owed = async () => ((await chain.query('ledger/owed')) as { readonly waiting: number }).waiting
  await chain.until('the bank has got what it is owed', async () => (await owed()) === 0)
  await chain.blocks(2)
  const bank = (await chain.ask('bank', 'totals')) as Comparison['bank']
  const statements = new Map((await chain.ask('bank', 'statements')) as [string, Statement][])
  const all = [...addresses, feeAccount]
  const ledger = new Map<string, bigint>()
  for (const address of all) ledger.set(address, await balanceOf(chain, address))
  const { balances, transfers } = chain.model
  const count = (isSo: (address: string) => boolean): number => all.filter(isSo).length
  return {
    accounts: all.length,
    asModelled: count((address) => ledger.get(address) === balances.get(address)),
    inBank: count((address) => statements.get(address)?.balance === ledger.get(address)),
    counted: count((address) => statements.get(address)?.transfers === (transfers.get(address) ?? 0)),
    sum: [...ledger.values()].reduce((sum, balance) => sum + balance, 0n),
    total: BigInt(((await chain.query('ledger/total')) as { readonly total: string }).total),
    executed: chain.model.count,
    bank,
    statements,
  }
}

export async function balanceOf(chain: Chain, address: string): Promise<bigint> {
  const { balance } = (await chain.query(`ledger/balance/${address}`)) as { readonly balance: string }
  return BigInt(balance)
}
