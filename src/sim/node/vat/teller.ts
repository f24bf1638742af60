/**
 * The vat of the simulated chains: it hears of the ledger, asks for transfers, works, and keeps a journal of
 * all of it, in its own durable store.
 *
 * | line                        | meaning                                                    |
 * |-----------------------------|------------------------------------------------------------|
 * | `['v', version]`            | an incarnation begins                                      |
 * | `['n', number, method]`     | the message of the transaction with this number was received |
 * | `['p', number, to, amount]` | and asked the ledger for a transfer                        |
 * | `['h', number, item]`       | an item of the host was heard at the port                  |
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

/** Replaced in the code of later versions. */
const version = 'version-1'
/** Characters of a page of the journal. */
const pageSize = 60_000

export const buildRootObject: BuildRootObject = (_vatPowers, _parameters, baggage: Baggage) => {
  if (version.endsWith('broken')) throw new Error('this version cannot start')
  const lines = provide(baggage, 'lines', () =>
    makeMapStore<number, string>('lines', { durable: true }),
  ) as MapStore<number, string>
  const write = (...line: readonly unknown[]): void => lines.init(lines.getSize(), JSON.stringify(line))
  write('v', version)
  const makeReceiver = defineDurableKind(provideKindHandle(baggage, 'receiver'), () => ({}), {
    receive: (_context, item: unknown, number: number) => write('h', number, item),
  })
  const port = (name: string): Port => baggage.get(name) as Port
  const received = (n: number, method: string): void => write('n', n, method)
  return Far('teller', {
    async bootstrap(_vats: unknown, _devices: unknown, { ports }: { readonly ports: Record<string, Port> }) {
      for (const [name, each] of Object.entries(ports)) baggage.init(name, each)
      await E(port('ledger')).onReceive(provide(baggage, 'the receiver', makeReceiver))
    },
    note(n: number, value: unknown) {
      received(n, 'note')
      return value
    },
    provoke(n: number) {
      received(n, 'provoke')
      return n
    },
    fail(n: number) {
      received(n, 'fail')
      throw new Error(`message ${n} fails`)
    },
    burn(n: number, times: number) {
      received(n, 'burn')
      let sum = 0
      for (let at = 0; at < times; at += 1) sum = (sum + at) % 1_000
      return sum
    },
    pay(n: number, to: string, amount: string) {
      received(n, 'pay')
      if (!baggage.has('ledger')) return n
      write('p', n, to, amount)
      void E(port('ledger')).send({ kind: 'transfer', to, amount })
      return n
    },
    publish(n: number, name: string, value: unknown) {
      received(n, 'publish')
      if (!baggage.has('publish')) return n
      void E(port('publish')).send({ name, value })
      return n
    },
    /** A page of the journal from a line on, as texts. */
    report(n: number, from: number) {
      received(n, 'report')
      const page: string[] = []
      let size = 0
      for (let at = from; at < lines.getSize() && size < pageSize; at += 1) {
        const line = lines.get(at)
        page.push(line)
        size += line.length
      }
      return page
    },
  })
}
