/** Many durable objects and a large durable map, and one message for each kind of work on them. */
import {
  Far,
  defineKind,
  makeMapStore,
  provide,
  type BuildRootObject,
  type Context,
  type Facet,
} from 'heirloom/vat'

interface State {
  count: bigint
}
const methods = {
  add({ state }: Context<State, object>, by: bigint) {
    state.count += by
    return state.count
  },
  count: ({ state }: Context<State, object>) => state.count,
}
type Counter = Facet<typeof methods>

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const make = defineKind(baggage, 'Counter', (count: bigint): State => ({ count }), methods)
  const map = provide(baggage, 'map', () => makeMapStore<number, object>('map', { durable: true }))
  const counters = provide(baggage, 'counters', () =>
    makeMapStore<number, Counter>('counters', { durable: true }),
  )
  let held: Counter[] = []

  return Far('estate', {
    /** Makes objects that nothing refers to. */
    make(objects: number) {
      for (let index = 0; index < objects; index += 1) make(0n)
    },
    /** Makes objects that the estate keeps. */
    keep(from: number, to: number) {
      for (let index = from; index < to; index += 1) counters.init(index, make(0n))
    },
    update(objects: number) {
      for (let index = 0; index < objects; index += 1) counters.get(index).add(1n)
    },
    read(objects: number) {
      let sum = 0n
      for (let index = 0; index < objects; index += 1) sum += counters.get(index).count()
      return sum
    },
    insert(from: number, to: number) {
      for (let index = from; index < to; index += 1) map.init(index, harden({ index }))
    },
    iterate() {
      let entries = 0
      for (const _entry of map.entries()) entries += 1
      return entries
    },
    /** Holds objects in the heap, or lets go of them. */
    hold(objects: number) {
      held = Array.from({ length: objects }, () => make(0n))
    },
    drop(objects: number) {
      held = held.slice(objects)
    },
  })
}
