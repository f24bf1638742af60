/**
 * Refusals to store what would not outlive its incarnation.
 *
 * Their texts begin as those of SwingSet do, since libraries look at them, and go on with where the value is and
 * why. They are plain errors with the code `value/not-durable`.
 */

/** What is to be said of the place where the value was to go. */
export interface Place {
  /** `value`, `value for "held"`. */
  readonly what: string
  /** `[map].get("k").purses[0]`, `Purse.state.held`. */
  readonly where: string
}

interface Offence {
  /** The place of the offender among those that the value refers to. */
  readonly slot: number
  readonly reason: string
}

export const notDurableCode = 'value/not-durable'

const offences = new WeakMap<object, Offence>()
const nowhere: Place = { what: 'value', where: 'the value' }

export function notDurable(offence: Offence, { what, where }: Place = nowhere): Error {
  const error = withCode(new Error(`${what} is not durable: slot ${offence.slot} of ${where}: ${offence.reason}`), notDurableCode)
  offences.set(error, offence)
  return error
}

/** Why a value is refused that this error refuses; undefined when it refuses something else. */
export function offenceOf(error: unknown): Offence | undefined {
  return typeof error === 'object' && error !== null ? offences.get(error) : undefined
}

/** Gives an error a code that travels with it. */
export function withCode(error: Error, code: string): Error {
  return Object.defineProperty(error, 'code', { value: code })
}
