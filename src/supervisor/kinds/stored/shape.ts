/**
 * The shape of a kind's state: its fields, and a pattern for each. A field is optional when its pattern
 * accepts `undefined`.
 */
import type { Durability, Vref } from '../../../base/ids.ts'
import type { CapData } from '../../../protocol/capdata.ts'
import type { StoredShape } from '../../../protocol/worker/estate.ts'
import { claimsTagged } from '../../../codec/passable.ts'
import type { Codec } from '../../values/codec.ts'
import { assertPattern, matches, mustMatch } from './patterns.ts'

export class StateShape {
  readonly #patterns: ReadonlyMap<string, unknown>
  readonly names: readonly string[]

  constructor(tag: string, shape: unknown) {
    if (typeof shape !== 'object' || shape === null || Array.isArray(shape) || claimsTagged(shape)) {
      throw new TypeError(`${tag}: stateShape is a record of patterns`)
    }
    assertPattern(harden(shape))
    this.#patterns = new Map(Object.entries(shape))
    this.names = Object.freeze([...this.#patterns.keys()])
  }

  /** Throws when the field may not have the value. */
  check(name: string, value: unknown): void {
    if (!this.#patterns.has(name))
      throw new TypeError(`the stateShape has no such field, but ${this.names.join(', ')}`)
    mustMatch(value, this.#patterns.get(name))
  }

  isOptional(name: string): boolean {
    return matches(undefined, this.#patterns.get(name))
  }

  encode(codec: Codec, durability: Durability): StoredShape {
    const stored = Object.create(null) as Record<string, CapData<Vref>>
    for (const [name, pattern] of this.#patterns) stored[name] = codec.encodeStored(pattern, durability)
    return stored
  }
}

/**
 * The fields in which a shape is incompatible with the previous one: removed, changed, or new and not
 * optional.
 */
export function brokenFields(before: StoredShape, now: StoredShape, shape: StateShape): string[] {
  const changed = Object.keys(before).filter(
    (name) => !Object.hasOwn(now, name) || !isSame(before[name], now[name]),
  )
  const added = Object.keys(now).filter((name) => !Object.hasOwn(before, name) && !shape.isOptional(name))
  return [...changed, ...added]
}

const isSame = (one: CapData | undefined, other: CapData | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.body === other.body &&
  one.slots.join() === other.slots.join()

export const slotsOf = (shape: StoredShape | null): readonly Vref[] =>
  shape === null ? [] : Object.values(shape).flatMap(({ slots }) => slots)
