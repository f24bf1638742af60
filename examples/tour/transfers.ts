/** The transfers of the tour, and what they must come to: computed here, far from any vat. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Transfer {
  readonly from: bigint
  readonly to: bigint
  readonly amount: bigint
}

/** The sizes of the tour's world. */
export const world = {
  wallets: 50,
  purses: 1_000,
  pursesEach: 20n,
  openingBalance: 1_000_000n,
  blockSize: 100,
} as const

export function readTransfers(): Transfer[] {
  const text = readFileSync(join(import.meta.dirname, '..', 'data', 'transfers.csv'), 'utf8')
  const [, ...lines] = text.trim().split('\n')
  return lines.map((line) => {
    const [from, to, amount] = line.split(',').map(BigInt)
    if (from === undefined || to === undefined || amount === undefined)
      throw new Error(`not a transfer: ${line}`)
    return { from, to, amount }
  })
}

/** Balances by purse after the transfers. The fee is 3 in 1,000, rounded up, in every version. */
export function applyTransfers(balances: readonly bigint[], transfers: readonly Transfer[]): bigint[] {
  const after = [...balances]
  for (const { from, to, amount } of transfers) {
    const fee = (amount * 3n + 999n) / 1000n
    after[Number(from)] = (after[Number(from)] ?? 0n) - amount
    after[Number(to)] = (after[Number(to)] ?? 0n) + amount - fee
  }
  return after
}

export const openingBalances = (): bigint[] =>
  Array.from({ length: world.purses }, () => world.openingBalance)

export const sum = (numbers: readonly bigint[]): bigint =>
  numbers.reduce((total, number) => total + number, 0n)
