/** Durable counters, and a root that answers at once. */
import { Far, defineKind, type BuildRootObject, type Context } from 'heirloom/vat'

interface State {
  count: bigint
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const make = defineKind(baggage, 'Counter', (count: bigint): State => ({ count }), {
    add({ state }: Context<State, object>, by: bigint) {
      state.count += by
      return state.count
    },
  })
  return Far('maker', {
    make: (count: bigint) => make(count),
    makeMany(number: number) {
      const made = []
      for (let index = 0; index < number; index += 1) made.push(make(0n))
      return harden(made)
    },
    echo: (value: unknown) => value,
  })
}
