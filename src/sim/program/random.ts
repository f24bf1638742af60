/**
 * The random numbers of the simulation. A seed always yields the same sequence.
 *
 * Ra1. A split generator depends on the seed and the name only, not on earlier numbers: so the beginning of a
 *      script does not change when it becomes longer.
 */
import { assert } from '../../base/errors.ts'

/** Mulberry32, with named splits. */
export class Random {
  readonly #seed: number
  #state: number

  constructor(seed: number, name = '') {
    let state = seed | 0
    for (const character of name) state = mix(state ^ (character.codePointAt(0) ?? 0))
    this.#seed = mix(state)
    this.#state = this.#seed
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    assert(limit > 0, 'there is a number below the limit')
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  /** True with this probability, in percent. */
  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  /** A random item. */
  pick<Item>(items: readonly Item[]): Item {
    assert(items.length > 0, 'there is an item to pick')
    return items[this.below(items.length)] as Item
  }

  /** A random name, in proportion to its weight. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let rest = this.below(names.reduce((sum, name) => sum + weights[name], 0))
    for (const name of names) {
      if (rest < weights[name]) return name
      rest -= weights[name]
    }
    return names[0] as Name
  }

  /** A generator of its own for this name (Ra1). */
  split(name: string): Random {
    return new Random(this.#seed, name)
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) | 0
}
