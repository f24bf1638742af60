/**
 * Rows of the kernel's space: texts under keys. The tables give them their meaning.
 */
import { assert } from '../../base/errors.ts'
import type { StatePort } from '../ports.ts'

export const parse = <Value>(text: string): Value => JSON.parse(text) as Value

export class Rows {
  readonly #state: StatePort
  /** How many rows were written since this was made: a step of bounded work counts by it. */
  writes = 0

  constructor(state: StatePort) {
    this.#state = state
  }

  get(key: string): string | undefined {
    return this.#state.get('kernel', key)
  }

  /** A row that must be there (T2). */
  need(key: string): string {
    const text = this.get(key)
    assert(text !== undefined, `the kernel's state has no ${key}`)
    return text
  }

  set(key: string, value: string): void {
    this.writes += 1
    this.#state.set('kernel', key, value)
  }

  delete(key: string): void {
    this.writes += 1
    this.#state.delete('kernel', key)
  }

  /** The row, and it is gone. */
  take(key: string): string {
    const text = this.need(key)
    this.delete(key)
    return text
  }

  /** The first key that begins with the prefix. */
  first(prefix: string): string | undefined {
    return this.#state.nextKey('kernel', prefix, prefix)
  }

  /**
   * The numbers that follow the prefix in each key that begins with it, in their order as numbers, which is not that
   * of the keys: `kp9` comes before `kp10`. Keys may be removed meanwhile.
   */
  *numbers(prefix: string): Generator<string> {
    let longer = true
    for (let digits = 1; longer; digits += 1) {
      longer = false
      let key = this.#state.nextKey('kernel', prefix, prefix)
      while (key !== undefined) {
        const number = key.slice(prefix.length)
        if (number.length === digits) yield number
        longer ||= number.length > digits
        // `~` is greater than all digits: of those that begin alike and are longer, one is enough.
        key = this.#state.nextKey('kernel', prefix, number.length > digits ? `${prefix}${number.slice(0, digits)}~` : key)
      }
    }
  }

  /** What follows the prefix in each key that begins with it, in order, from after `after` on. Keys may be removed meanwhile. */
  *each(prefix: string, after = ''): Generator<string> {
    let key = this.#state.nextKey('kernel', prefix, prefix + after)
    while (key !== undefined) {
      yield key.slice(prefix.length)
      key = this.#state.nextKey('kernel', prefix, key)
    }
  }

  /** The first that `each` gives, so many at most. */
  some(prefix: string, most: number): string[] {
    const found: string[] = []
    for (const rest of this.each(prefix)) if (found.push(rest) === most) break
    return found
  }

  /** Numbers from 1 on, each given once. */
  count(counter: string): number {
    const key = `next.${counter}`
    const number = Number(this.get(key) ?? '1')
    this.set(key, String(number + 1))
    return number
  }
}

/**
 * Values parsed before, found by their text: what is read in every crank and changes rarely is
 * parsed once. Since the text is the key, there is nothing to keep in step with the state.
 */
export class Parsed<Value> {
  readonly #values = new Map<string, Value>()
  readonly #most: number
  readonly #read: (text: string) => Value

  constructor(most: number, read: (text: string) => Value = parse) {
    this.#most = most
    this.#read = read
  }

  of(text: string): Value {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    if (this.#values.size >= this.#most) this.#values.clear()
    const value = this.#read(text)
    this.#values.set(text, value)
    return value
  }
}
