/** The sizes of the demonstration, its keys, and the transfers that it makes: all of it the same in each run. */
import { addressOf, keyOfSeed, type Key } from 'heirloom/client'

export const world = {
  chain: 'demo',
  accounts: 20,
  openingBalance: 1_000_000n,
  /** The first accounts are the members of the governance. */
  weights: [4, 3, 2, 1],
  transfers: 2_000,
  /** How many transactions a client has under way at once. */
  inFlight: 400,
  /** For how many blocks a vote is open. */
  period: 20,
  /** Milliseconds. */
  blockTime: 50,
  idleTime: 120,
} as const

export const keys: readonly Key[] = Array.from({ length: world.accounts }, (_, number) =>
  keyOfSeed((number + 1).toString(16).padStart(64, '0')),
)

export const addresses: readonly string[] = keys.map(addressOf)

export const keyAt = (number: number): Key => keys[number % keys.length] as Key
export const addressAt = (number: number): string => addresses[number % addresses.length] as string

/** The account of the host that receives the fees. */
export const feeAccount = `h1${'0'.repeat(40)}`

export interface Transfer {
  readonly from: number
  readonly to: number
  readonly amount: bigint
}

/** A generator of numbers below 2^31 that are the same each time. */
export function* numbers(seed: number): Generator<number, never> {
  for (let value = seed; ; ) {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
    yield Math.floor(value / 8)
  }
}

/** Transfers among the accounts; each account makes the same number of them. */
export function transfersOf(count: number, seed: number): readonly Transfer[] {
  const drawn = numbers(seed)
  const draw = (below: number): number => drawn.next().value % below
  return Array.from({ length: count }, (_, index) => {
    const from = index % world.accounts
    const to = (from + 1 + draw(world.accounts - 1)) % world.accounts
    return { from, to, amount: BigInt(1 + draw(300)) }
  })
}

/** The same items in another order. */
export function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const drawn = numbers(seed)
  const order = items.map((item) => ({ item, place: drawn.next().value }))
  return order.sort((one, other) => one.place - other.place).map(({ item }) => item)
}
