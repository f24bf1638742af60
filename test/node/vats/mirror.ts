/**
 * A vat that mirrors the ledger: it hears of every change at the port, and keeps the balances that follow. It
 * can be asked to transfer, to publish, and to work.
 */
import {
  E,
  Far,
  defineDurableKind,
  makeMapStore,
  provide,
  provideKindHandle,
  type Baggage,
  type BuildRootObject,
  type MapStore,
  type Port,
} from 'heirloom/vat'

interface Change {
  readonly kind: 'transfer' | 'mint' | 'fees' | 'answer'
  readonly from?: string
  readonly to?: string
  readonly amount?: string
  readonly fees?: readonly { readonly from: string; readonly amount: string }[]
  readonly number?: number
  readonly outcome?: string
}

const feeAccount = `h1${'0'.repeat(40)}`

export const buildRootObject: BuildRootObject = (_vatPowers, _parameters, baggage: Baggage) => {
  const balances = provide(baggage, 'balances', () =>
    makeMapStore<string, bigint>('balances', { durable: true }),
  ) as MapStore<string, bigint>
  const notes = provide(baggage, 'notes', () => makeMapStore<string, unknown>('notes', { durable: true })) as MapStore<
    string,
    unknown
  >
  const add = (address: string, amount: bigint): void => {
    const balance = (balances.has(address) ? balances.get(address) : 0n) + amount
    if (balances.has(address)) balances.set(address, balance)
    else balances.init(address, balance)
  }
  const note = (key: string, value: unknown): void => {
    if (notes.has(key)) notes.set(key, value)
    else notes.init(key, value)
  }
  const count = (key: string): number => (notes.has(key) ? (notes.get(key) as number) : 0)
  /** Those who wait for an answer, by the number of its request. */
  const waiting = new Map<number, (outcome: unknown) => void>()
  const receiverHandle = provideKindHandle(baggage, 'receiver')
  const makeReceiver = defineDurableKind(receiverHandle, () => ({}), {
    receive(_context, item: Change, number: number) {
      if (number !== count('heard') + 1) note('gap', number)
      note('heard', number)
      if (item.kind === 'transfer') {
        add(item.from ?? '', -BigInt(item.amount ?? 0))
        add(item.to ?? '', BigInt(item.amount ?? 0))
      }
      if (item.kind === 'mint') add(item.to ?? '', BigInt(item.amount ?? 0))
      for (const { from, amount } of item.fees ?? []) {
        add(from, -BigInt(amount))
        add(feeAccount, BigInt(amount))
      }
      if (item.kind === 'answer') {
        note(`answer ${item.number}`, item.outcome)
        waiting.get(item.number ?? 0)?.(item.outcome)
      }
    },
  })
  const port = (name: string): Port => baggage.get(name) as Port
  return Far('mirror', {
    async bootstrap(_vats: unknown, _devices: unknown, { ports }: { readonly ports: Record<string, Port> }) {
      for (const [name, each] of Object.entries(ports)) baggage.init(name, each)
      const receiver = provide(baggage, 'the receiver', makeReceiver)
      await E(port('ledger')).onReceive(receiver)
    },
    /** Balances that were given before the first change. */
    open: (address: string, amount: bigint) => add(address, amount),
    balance: (address: string) => (balances.has(address) ? balances.get(address) : 0n),
    heard: () => [count('heard'), notes.has('gap')],
    answer: (number: number) => (notes.has(`answer ${number}`) ? notes.get(`answer ${number}`) : null),
    settled: (number: number) =>
      notes.has(`answer ${number}`)
        ? notes.get(`answer ${number}`)
        : new Promise((resolve) => void waiting.set(number, resolve)),
    pay: (to: string, amount: bigint) => E(port('ledger')).send({ kind: 'transfer', to, amount }),
    publish: (name: string, value: unknown) => E(port('publish')).send({ name, value }),
    echo: (value: unknown) => value,
    fail: (text: string) => {
      throw new Error(text)
    },
    spin: (times: number) => {
      let sum = 0
      for (let at = 0; at < times; at += 1) sum += at
      return sum
    },
    version: () => 1,
  })
}
