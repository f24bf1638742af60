/**
 * Rows of the kernel's space: texts under keys, interpreted by the tables.
 *
 * A missing row, or one whose text is not a value of its table, is damage (T2): the store checks that a row
 * is as it was written, and only the tables know what may be written. It is refused like a damaged row in the
 * store.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import { countOf, type Reading } from './values.ts'

/** Refuses the row as damaged (T2). */
export function refuseRow(key: string, why: string): never {
  refuse('store/corrupt-state', `The row ${key} of the kernel ${why}`, { space: 'kernel', key })
}

function readRow<Value>(key: string, text: string, reading: Reading<Value>): Value {
  return reading(text) ?? refuseRow(key, `is not as its table writes it: ${text.slice(0, 100)}`)
}

export class Rows {
  readonly #state: PlatformState
  /** The number of rows written since this was created, for steps of bounded work. */
  writes = 0

  constructor(state: PlatformState) {
    this.#state = state
  }

  /** Refuses the row as damaged: it contradicts other rows (T2). */
  refuse(key: string, why: string): never {
    return refuseRow(key, why)
  }

  get(key: string): string | undefined {
    return this.#state.get('kernel', key)
  }

  /** A row that must exist (T2). */
  need(key: string): string {
    return this.get(key) ?? refuseRow(key, 'is missing')
  }

  /** The value of a row, parsed by its table (T2). */
  find<Value>(key: string, reading: Reading<Value>): Value | undefined {
    const text = this.get(key)
    return text === undefined ? undefined : readRow(key, text, reading)
  }

  /** The value of a row that must exist (T2). */
  value<Value>(key: string, reading: Reading<Value>): Value {
    return readRow(key, this.need(key), reading)
  }

  /** Deletes the row and returns its value. */
  takeValue<Value>(key: string, reading: Reading<Value>): Value {
    return readRow(key, this.take(key), reading)
  }

  set(key: string, value: string): void {
    this.writes += 1
    this.#state.set('kernel', key, value)
  }

  delete(key: string): void {
    this.writes += 1
    this.#state.delete('kernel', key)
  }

  /** Deletes and returns the row. */
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
   * The numbers after the prefix in each key that begins with it, in numeric order, not key order: `kp9`
   * comes before `kp10`. Keys may be removed during the iteration.
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
        // `~` is greater than all digits: one longer key per common beginning is enough.
        key = this.#state.nextKey(
          'kernel',
          prefix,
          number.length > digits ? `${prefix}${number.slice(0, digits)}~` : key,
        )
      }
    }
  }

  /**
   * The suffixes of the keys that begin with the prefix, in order, after `after`. Keys may be removed during
   * the iteration.
   */
  *each(prefix: string, after = ''): Generator<string> {
    let key = this.#state.nextKey('kernel', prefix, prefix + after)
    while (key !== undefined) {
      yield key.slice(prefix.length)
      key = this.#state.nextKey('kernel', prefix, key)
    }
  }

  /** The first results of `each`, at most `max`. */
  some(prefix: string, max: number): string[] {
    const found: string[] = []
    for (const rest of this.each(prefix)) if (found.push(rest) === max) break
    return found
  }

  /** Numbers from 1 on, each issued once. */
  count(counter: string): number {
    const key = `next.${counter}`
    const number = this.find(key, countOf) ?? 1
    assert(number < Number.MAX_SAFE_INTEGER, 'a counter has a next number')
    this.set(key, String(number + 1))
    return number
  }
}

/**
 * A cache of parsed values by their text, for rows that are read in every crank and change rarely. Since the
 * text is the key, the cache cannot get out of step with the state.
 */
export class Parsed<Value> {
  readonly #values = new Map<string, Value>()
  readonly #maxValues: number
  readonly #reading: Reading<Value>

  constructor(maxValues: number, reading: Reading<Value>) {
    assert(maxValues >= 1, 'a cache holds at least one value')
    this.#maxValues = maxValues
    this.#reading = reading
  }

  /** The value of the row with this key and text. */
  of(key: string, text: string): Value {
    const known = this.#values.get(text)
    if (known !== undefined) return known
    if (this.#values.size >= this.#maxValues) this.#values.clear()
    const value = readRow(key, text, this.#reading)
    this.#values.set(text, value)
    return value
  }
}
