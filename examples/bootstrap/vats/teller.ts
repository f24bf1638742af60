/**
 * A teller: takes payments that the host reports, passes what is over its limit on to its friend, and
 * tells the host every minute what it holds.
 */
import { E, Far, defineKind, provide } from 'heirloom/vat'
import type { BuildRootObject, Port, Timestamp } from 'heirloom/vat'

interface Parameters {
  readonly name: string
  readonly limit: number
}
interface Friend {
  take(amount: number, passedOn: boolean): void
}
interface State {
  held: number
  friend: Friend | undefined
  bank: Port | undefined
}

export const buildRootObject: BuildRootObject<Parameters> = (_powers, { name, limit }, baggage) => {
  const makeTeller = defineKind(
    baggage,
    'Teller',
    (): State => ({ held: 0, friend: undefined, bank: undefined }),
    {
      name: () => name,
      held: ({ state }) => state.held,
      meet({ state }, friend: Friend, bank: Port) {
        state.friend = friend
        state.bank = bank
      },
      receive({ state }, { amount }: { amount: number }) {
        return take(state, amount, false)
      },
      take: ({ state }, amount: number, passedOn: boolean) => take(state, amount, passedOn),
      async wake({ state }, { absValue: time }: Timestamp) {
        if (state.bank !== undefined) await E(state.bank).send({ time, name, held: state.held })
      },
    },
  )

  async function take(state: State, amount: number, passedOn: boolean): Promise<void> {
    const kept = Math.min(amount, limit - state.held)
    const { friend } = state
    if (kept < amount && (passedOn || friend === undefined)) throw RangeError(`nobody can take ${amount}`)
    // At once: while the friend is asked, more payments come.
    state.held += kept
    if (kept === amount || friend === undefined) return
    try {
      await E(friend).take(amount - kept, true)
    } catch (reason) {
      state.held -= kept
      throw reason
    }
  }

  const teller = provide(baggage, 'teller', makeTeller)
  return Far('root', { teller: () => teller })
}
