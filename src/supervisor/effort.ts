/**
 * How much of the vat's space a crank has touched, so that bringing out the dead can stop in time.
 *
 * Ef1. It counts what goes to and fro between supervisor and kernel, which is nearly all that a collection
 *      costs: each question, each row written or removed, and the length of what was answered.
 * Ef2. It knows of one crank only.
 */

/**
 * What one collection may do. A unit takes some five thousand computrons: with the search for garbage
 * in the heap a delivery stays well below 20 million, a fifth of what a vat has by default.
 */
export const mostEffort = 1_500

/** So many characters of an answer are as much as a row. */
const charactersPerUnit = 256

let spent = 0

export function spend(units: number): void {
  spent += units
}

export function spendOnAnswer(characters: number): void {
  spent += 1 + Math.floor(characters / charactersPerUnit)
}

/** What is left of the effort of one collection. */
export const effortLeft = (): number => mostEffort - spent

export const isSpent = (): boolean => spent >= mostEffort

export function renewEffort(): void {
  spent = 0
}
