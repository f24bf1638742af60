/**
 * How much of the vat's space a crank has touched, so that a collection can stop in time.
 *
 * Ef1. It counts the traffic between supervisor and kernel, which is nearly the whole cost of a collection:
 *      each question, each row written or removed, and the length of answers.
 * Ef2. It covers one crank only.
 */

/**
 * The limit of one collection. A unit takes some five thousand computrons: with the search for garbage in the
 * heap a delivery stays well below 20 million, a fifth of a vat's default limit.
 */
export const maxWork = 1_500

/** This many characters of an answer count as much as a row. */
const charactersPerUnit = 256

let spent = 0

export function spend(units: number): void {
  spent += units
}

export function spendOnAnswer(characters: number): void {
  spent += 1 + Math.floor(characters / charactersPerUnit)
}

/** The work that one collection may still do. */
export const workLeft = (): number => maxWork - spent

export const isBudgetSpent = (): boolean => spent >= maxWork

export function resetWorkBudget(): void {
  spent = 0
}
