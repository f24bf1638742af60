/** How often each address asks: a bucket of tokens per address, refilled with time. */

interface Bucket {
  tokens: number
  /** Seconds. */
  filled: number
}

const maxAddresses = 10_000

export class Rates {
  readonly #perSecond: number
  readonly #burst: number
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** `now`: seconds of a clock that does not go back. */
  constructor(perSecond: number, burst: number, now: () => number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#now = now
  }

  /** Takes a token of the address. Returns 0, or the seconds until there is one. */
  take(address: string): number {
    const now = this.#now()
    const old = this.#buckets.get(address)
    const refilled = old === undefined ? this.#burst : old.tokens + (now - old.filled) * this.#perSecond
    const tokens = Math.min(this.#burst, refilled)
    const isTaken = tokens >= 1
    // The map is in the order of use, so that the address that was silent longest is forgotten first.
    this.#buckets.delete(address)
    this.#buckets.set(address, { tokens: isTaken ? tokens - 1 : tokens, filled: now })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > maxAddresses && oldest !== undefined) this.#buckets.delete(oldest)
    return isTaken ? 0 : (1 - tokens) / this.#perSecond
  }
}
