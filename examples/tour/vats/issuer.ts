/**
 * The issuer: purses with money in them, and payments on their way from one purse to another.
 *
 * This file is what all its versions have in common. Purses and payments are *durable kinds*: each
 * object's identity and state are kept by the kernel; what its methods do is said here, anew in
 * each incarnation of the vat. Receipts are ordinary objects: they end when the code is replaced.
 */
import { defineKind, E, Far, harden, provide } from 'heirloom/vat'
import type { Baggage, BuildRootObject, Context, Facet } from 'heirloom/vat'

/** A fee as the payer is charged it, and as the treasury books it. They ought to be the same. */
export interface Fee {
  readonly charged: bigint
  readonly booked: bigint
}

export interface Version {
  readonly number: number
  feeOf(amount: bigint): Fee
  /** A version that forgets payments, to see what happens then. */
  readonly payments: 'kept' | 'forgotten'
}

interface PurseState {
  balance: bigint
}
interface PaymentState {
  amount: bigint
}
interface TreasuryState {
  issued: bigint
  fees: bigint
  notes: number
}

/** Only this vat has it; a payment opens for nobody else. */
const key = Far('key', {})

const paymentMethods = {
  amount: ({ state }: Context<PaymentState, object>) => state.amount,
  /** Empties the payment. */
  take({ state }: Context<PaymentState, object>, by: object): bigint {
    if (by !== key) throw new Error('a payment is deposited, not taken')
    const { amount } = state
    state.amount = 0n
    return amount
  },
}
type Payment = Facet<typeof paymentMethods>

const treasuryMethods = {
  issue({ state }: Context<TreasuryState, object>, amount: bigint) {
    state.issued += amount
  },
  book({ state }: Context<TreasuryState, object>, fee: bigint) {
    state.fees += fee
  },
  totals: ({ state }: Context<TreasuryState, object>) => harden({ issued: state.issued, fees: state.fees }),
  note({ state }: Context<TreasuryState, object>) {
    state.notes += 1
    return state.notes
  },
}

/** What somebody who gets purses must understand. */
interface Holder {
  hold(first: bigint, purses: readonly object[], receipt: object): void
}

function definePurses(
  baggage: Baggage,
  { feeOf }: Version,
  makePayment: (amount: bigint) => Payment,
  book: (fee: bigint) => void,
) {
  return defineKind(baggage, 'Purse', (balance: bigint): PurseState => ({ balance }), {
    balance: ({ state }: Context<PurseState, object>) => state.balance,
    withdraw({ state }: Context<PurseState, object>, amount: bigint): Payment {
      if (amount <= 0n || amount > state.balance)
        throw new RangeError(`cannot withdraw ${amount} of ${state.balance}`)
      state.balance -= amount
      return makePayment(amount)
    },
    deposit({ state }: Context<PurseState, object>, payment: Payment): bigint {
      const amount = payment.take(key)
      const { charged, booked } = feeOf(amount)
      state.balance += amount - charged
      book(booked)
      return amount - charged
    },
  })
}

/** The vat of one version. */
export function issuer(version: Version): BuildRootObject {
  return (_powers, _parameters, baggage) => {
    const makeTreasury = defineKind(
      baggage,
      'Treasury',
      (): TreasuryState => ({ issued: 0n, fees: 0n, notes: 0 }),
      treasuryMethods,
    )
    const treasury = provide(baggage, 'treasury', makeTreasury)
    const makePayment =
      version.payments === 'kept'
        ? defineKind(baggage, 'Payment', (amount: bigint): PaymentState => ({ amount }), paymentMethods)
        : () => { throw new Error('this version knows no payments') }
    const makePurse = definePurses(baggage, version, makePayment, (fee) => treasury.book(fee))

    return Far('issuer', {
      version: () => version.number,
      totals: () => treasury.totals(),
      /** Makes purses, keeps them in the baggage, and gives them to a holder together with a receipt. */
      open(holder: Holder, first: bigint, count: bigint, balance: bigint) {
        const purses = []
        for (let number = first; number < first + count; number += 1n) {
          const purse = makePurse(balance)
          treasury.issue(balance)
          baggage.init(`purse ${number}`, purse)
          purses.push(purse)
        }
        const receipt = Far('receipt', { confirms: () => `${count} purses from ${first} on` })
        return E(holder).hold(first, harden(purses), receipt)
      },
      purse: (number: bigint) => baggage.get(`purse ${number}`),
      /** Counts the notes it gets, and says which version got them. */
      note: (text: string) => harden({ text, number: treasury.note(), version: version.number }),
      /** A promise that this incarnation will never keep. */
      dividend: () => new Promise(() => {}),
    })
  }
}
