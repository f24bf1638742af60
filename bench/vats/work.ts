/**
 * One method for each kind of work whose computrons are counted; each does the work as often as it is told.
 */
import { E, Far, defineKind, makeMapStore, provide, type BuildRootObject, type Context } from 'heirloom/vat'

interface State {
  count: bigint
}
interface Echo {
  echo(value: unknown): unknown
}
interface Globals {
  evaluate(source: string): unknown
}
declare const Compartment: new (options: object) => Globals

const text = 'order 17-apples shipped; '.repeat(400)
const record = {
  name: 'order',
  lines: Array.from({ length: 200 }, (_, index) => ({ index, label: `line ${index}`, price: index * 3 })),
}
const json = JSON.stringify(record)
const numbers = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 1_009)

export const buildRootObject: BuildRootObject = ({ D }, _parameters, baggage) => {
  const make = defineKind(baggage, 'Counter', (count: bigint): State => ({ count }), {
    add({ state }: Context<State, object>) {
      state.count += 1n
    },
  })
  const map = provide(baggage, 'map', () => makeMapStore<number, unknown>('map', { durable: true }))
  const kept = Array.from({ length: 101 }, () => make(0n))
  let next = 0
  const times = (count: number, work: (index: number) => unknown): void => {
    for (let index = 0; index < count; index += 1) work(index)
  }
  return Far('work', {
    nothing: () => {},
    echo: (value: unknown) => value,
    ask: (other: Echo) => E(other).echo(1n),
    loop: (count: number) => times(count, () => {}),
    make: (count: number) => times(count, () => make(0n)),
    update: (count: number) => times(count, (index) => kept[index]?.add()),
    insert: (count: number) => times(count, () => map.init(next++, 'value')),
    get: (count: number) => times(count, (index) => map.get(index)),
    harden: (count: number) => times(count, (index) => harden({ index, list: [1, 2, 3] })),
    sort: (count: number) => times(count, () => numbers.toSorted()),
    sortBy: (count: number) => times(count, () => numbers.toSorted((a, b) => a - b)),
    match: (count: number) => times(count, () => [...text.matchAll(/(\d+)-(\w+) shipped/g)].length),
    parse: (count: number) => times(count, () => JSON.parse(json) as unknown),
    stringify: (count: number) => times(count, () => JSON.stringify(record)),
    big: (count: number) => times(count, () => 3n ** 10_000n),
    evaluate: (count: number, source: string) =>
      times(count, () => new Compartment({ globals: {}, __options__: true }).evaluate(source)),
    read: (count: number, cap: unknown) => times(count, () => D(cap).getBundle()),
  })
}
