/** Durable objects and a durable map, by the globals of every vat. */
/* global VatData */
import { Far } from '@endo/far'

const { defineDurableKind, makeKindHandle, makeScalarBigMapStore } = VatData

const provide = (baggage, key, make) => {
  if (!baggage.has(key)) baggage.init(key, make())
  return baggage.get(key)
}

export const buildRootObject = (_powers, _parameters, baggage) => {
  const handle = provide(baggage, 'handle', () => makeKindHandle('Counter'))
  const make = defineDurableKind(handle, () => ({ count: 0 }), {
    add({ state }, by) {
      state.count += by
      return state.count
    },
    count: ({ state }) => state.count,
  })
  const store = (name) =>
    provide(baggage, name, () => makeScalarBigMapStore(name, { durable: true }))
  const counters = store('counters')
  const map = store('map')
  let held = []

  return Far('estate', {
    /** Makes objects that only the heap holds. */
    hold(count) {
      for (let index = 0; index < count; index += 1) held.push(make())
      return held.length
    },
    heldSum: () => held.reduce((sum, counter) => sum + counter.add(1), 0),
    drop() {
      held = []
    },
    /** Makes objects for others. */
    give: (count) => Array.from({ length: count }, () => make()),
    keep(from, to) {
      for (let index = from; index < to; index += 1) counters.init(index, make())
    },
    update(from, to) {
      for (let index = from; index < to; index += 1) counters.get(index).add(1)
    },
    read(from, to) {
      let sum = 0
      for (let index = from; index < to; index += 1) sum += counters.get(index).count()
      return sum
    },
    insert(from, to) {
      for (let index = from; index < to; index += 1) map.init(index, harden({ index }))
    },
    size: () => map.getSize(),
    iterate() {
      let sum = 0
      for (const [, { index }] of map.entries()) sum += index
      return sum
    },
  })
}
