/** The heir of `estate.ts` that gives its objects another form: a second state version. */
import {
  Far,
  defineDurableKind,
  makeMapStore,
  provide,
  provideKindHandle,
  sweepKind,
  type BuildRootObject,
  type Context,
} from 'heirloom/vat'

interface State {
  amounts: readonly (readonly [unit: string, amount: bigint])[]
}
interface Counted {
  count(): bigint
}

export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
  const handle = provideKindHandle(baggage, 'Counter')
  defineDurableKind(
    handle,
    (): State => ({ amounts: [] }),
    {
      count: ({ state }: Context<State, object>) => state.amounts[0]?.[1] ?? 0n,
    },
    {
      stateVersion: 2,
      migrate: { 1: ({ count }: { readonly count: bigint }): State => ({ amounts: [['piece', count]] }) },
    },
  )
  const counters = provide(baggage, 'counters', () =>
    makeMapStore<number, Counted>('counters', { durable: true }),
  )

  return Far('estate', {
    read(from: number, to: number) {
      let sum = 0n
      for (let index = from; index < to; index += 1) sum += counters.get(index).count()
      return sum
    },
    sweep: (budget: number) => sweepKind(handle, budget),
  })
}
