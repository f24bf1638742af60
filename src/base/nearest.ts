/** Finds the word that was probably meant. */

/** The candidate with the fewest changed letters, if they are few; the first of equals. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const maxDistance = Math.max(1, Math.floor(word.replace(/^-+/, '').length / 2))
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const distance = distanceOf(word, candidate)
    if (distance <= maxDistance && distance < (best?.distance ?? Infinity)) best = { candidate, distance }
  }
  return best?.candidate
}

/** `; did you mean bank?`, to append to a message, or empty when no candidate is close. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const close = word.length > maxWordLength ? undefined : nearest(word, candidates.slice(0, maxCandidates))
  return close === undefined ? '' : `; did you mean ${close}?`
}

/** Longer words are not misspelt names; of too many candidates only the first are compared. */
const [maxWordLength, maxCandidates] = [100, 10_000]

/** Letters added, removed, replaced, or swapped with their neighbour. */
function distanceOf(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const replaced = at(last, column - 1) + (same ? 0 : 1)
      const exchanged =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next.push(
        Math.min(
          replaced,
          at(last, column) + 1,
          at(next, column - 1) + 1,
          exchanged ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      )
    }
    beforeLast = last
    last = next
  }
  return at(last, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
