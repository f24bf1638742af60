/**
 * Refusals to store values that would not outlive their incarnation.
 *
 * Their messages begin like SwingSet's, since libraries check them, and continue with the place of the value
 * and the reason. They are plain errors with the code `value/not-durable`.
 */

/** A description of the value's destination. */
export interface Place {
  /** `value`, `value for "held"`. */
  readonly what: string
  /** `[map].get("k").purses[0]`, `Purse.state.held`. */
  readonly where: string
}

interface Offence {
  /** The index of the offender among the references of the value. */
  readonly slot: number
  readonly reason: string
}

export const notDurableCode = 'value/not-durable'

const offences = new WeakMap<object, Offence>()
const nowhere: Place = { what: 'value', where: 'the value' }

export function notDurable(offence: Offence, { what, where }: Place = nowhere): Error {
  const error = withCode(
    new Error(`${what} is not durable: slot ${offence.slot} of ${where}: ${offence.reason}`),
    notDurableCode,
  )
  offences.set(error, offence)
  return error
}

/** Why this error refuses a value; undefined when it is an unrelated error. */
export function offenceOf(error: unknown): Offence | undefined {
  return typeof error === 'object' && error !== null ? offences.get(error) : undefined
}

/** Adds a code to an error that travels with it. */
export function withCode(error: Error, code: string): Error {
  return Object.defineProperty(error, 'code', { value: code })
}
