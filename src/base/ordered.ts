/**
 * Numbers as text whose order as text is their numeric order.
 *
 * The state is ordered by key. A counter in a key is its digits after a letter that counts them (`a` for one
 * digit, `b` for two, …): 7 → `a7`, 12 → `b12`, 100 → `c100`.
 */
export function orderedNumber(number: number | bigint): string {
  const digits = String(number)
  return String.fromCharCode(96 + digits.length) + digits
}

/** The inverse of `orderedNumber`. */
export function fromOrderedNumber(text: string): number {
  return Number(text.slice(1))
}
