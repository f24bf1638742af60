/**
 * A set of keys in order (UTF-16 code units), for inserting one at a time and seeking.
 *
 * Sorted chunks of bounded length, in order; so an insertion moves one chunk's keys however large the set is.
 */
const chunkLength = 512

export class SortedKeys {
  readonly #chunks: string[][] = []

  constructor(keys: Iterable<string>) {
    const sorted = [...new Set(keys)].sort(byCodeUnits)
    for (let start = 0; start < sorted.length; start += chunkLength / 2) {
      this.#chunks.push(sorted.slice(start, start + chunkLength / 2))
    }
  }

  /** Idempotent. */
  add(key: string): void {
    if (this.#chunks.length === 0) this.#chunks.push([])
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1)
    const chunk = this.#chunks[at] as string[]
    const index = lowerBound(chunk, key)
    if (chunk[index] === key) return
    chunk.splice(index, 0, key)
    if (chunk.length > chunkLength) this.#chunks.splice(at + 1, 0, chunk.splice(chunkLength / 2))
  }

  /** The first key not below `from`. */
  firstFrom(from: string): string | undefined {
    const chunk = this.#chunks[this.#chunkOf(from)]
    return chunk?.[lowerBound(chunk, from)]
  }

  /** The first chunk whose last key is not below. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const last = this.#chunks[middle]?.at(-1)
      if (last !== undefined && last < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const byCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** The index of the first key not below `from`. */
export function lowerBound(keys: readonly string[], from: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < from) low = middle + 1
    else high = middle
  }
  return low
}

/** The least key greater than this one: keys have no character below U+0001, so none is between. */
export const successor = (key: string): string => `${key}\u0000`
