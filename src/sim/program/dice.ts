/**
 * Dice: all chance of the simulation. The same seed gives the same rolls for ever.
 *
 * Di1. Dice that are split off depend on the seed and the name only, not on what was rolled before: so the
 *      beginning of a script does not change when more is appended to it.
 */
export class Dice {
  readonly #seed: number
  #state: number

  constructor(seed: number, name = '') {
    let state = seed | 0
    for (const character of name) state = mix(state ^ (character.codePointAt(0) ?? 0))
    this.#seed = mix(state)
    this.#state = this.#seed
  }

  /** From 0 up to, not including, `sides`. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }

  /** True in so many of a hundred rolls. */
  chance(percent: number): boolean {
    return this.roll(100) < percent
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.roll(items.length)] as Item
  }

  /** A name of the table, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let rest = this.roll(names.reduce((sum, name) => sum + weights[name], 0))
    for (const name of names) {
      if (rest < weights[name]) return name
      rest -= weights[name]
    }
    return names[0] as Name
  }

  /** Dice of its own for what has this name (Di1). */
  split(name: string): Dice {
    return new Dice(this.#seed, name)
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) | 0
}
