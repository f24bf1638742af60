/**
 * The keys of one space that SQLite holds, read ahead.
 *
 * Nothing is written to SQLite inside a block, so a stretch of keys once read stays valid until the commit. A
 * seek that continues where the last stretch ended reads a longer one: an iteration costs one query for
 * hundreds of keys, a single lookup one query for one key.
 */
import { assert } from '../../base/errors.ts'
import { limits } from '../files/limits.ts'
import { lowerBound, successor } from './sorted.ts'

/** Consecutive keys in order. `last`: there are no others after them. */
export interface KeyRun {
  readonly keys: string[]
  readonly characters: number
  readonly end: 'more' | 'last'
}

/** Reads at most `limit` keys from `from` on, in order. */
export type ReadKeys = (from: string, limit: number) => KeyRun

export class StoredKeys {
  readonly #read: ReadKeys
  #from: string | undefined
  #keys: string[] = []
  #ended = false
  #limit = 1

  constructor(read: ReadKeys) {
    this.#read = read
  }

  /** The first stored key not below `from`. */
  firstFrom(from: string): string | undefined {
    if (this.#covers(from)) return this.#keys[lowerBound(this.#keys, from)]
    this.#fetch(from)
    return this.#keys[0]
  }

  forget(): void {
    this.#from = undefined
    this.#keys = []
    this.#limit = 1
  }

  #covers(from: string): boolean {
    if (this.#from === undefined || from < this.#from) return false
    const last = this.#keys.at(-1)
    return this.#ended || (last !== undefined && from <= last)
  }

  #fetch(from: string): void {
    const last = this.#keys.at(-1)
    if (last === undefined || from !== successor(last)) this.#limit = 1
    const { keys, characters, end } = this.#read(from, this.#limit)
    assert(keys.length <= this.#limit, 'a read returns at most as many keys as were asked for')
    this.#from = from
    this.#keys = keys
    this.#ended = end === 'last'
    if (characters < limits.readAheadCharacters) this.#limit = Math.min(this.#limit * 4, limits.readAhead)
  }
}
