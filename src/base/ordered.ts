/**
 * Numbers as text whose order as text is their numeric order.
 *
 * The state is ordered by key. A counter in a key is its digits after a letter that counts them (`a` for one
 * digit, `b` for two, …): 7 → `a7`, 12 → `b12`, 100 → `c100`.
 */
import { assert } from './errors.ts'

export function orderedNumber(number: number | bigint): string {
  assert(number >= 0, 'only numbers from 0 on are ordered by their digits')
  const digits = String(number)
  return String.fromCharCode(96 + digits.length) + digits
}

/** The inverse of `orderedNumber`. */
export function fromOrderedNumber(text: string): number {
  assert(text.length === text.charCodeAt(0) - 95, 'the letter counts the digits')
  return Number(text.slice(1))
}
