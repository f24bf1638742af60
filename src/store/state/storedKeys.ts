/**
 * The keys of one space that SQLite holds, read ahead in stretches.
 *
 * Nothing is written to SQLite inside a block, so a stretch of keys once read stays valid until the commit. A
 * seek that continues where a stretch ended makes it longer: an iteration costs one query for hundreds of
 * keys, a single lookup one query for one key. A few stretches are kept, since several iterations and lookups
 * take turns.
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

/** All stored keys from `from` to the last of `keys`, or to the last of all. */
interface Stretch {
  from: string
  keys: string[]
  isEnd: boolean
  /** How many keys the next read returns at most. */
  limit: number
}

/** No key is stored from `from` on and before `to`; undefined: none after it either. */
interface Gap {
  readonly from: string
  readonly to: string | undefined
}

const maxStretches = 8
const maxGaps = 8

export class StoredKeys {
  readonly #read: ReadKeys
  /** The last one used is the first. */
  #stretches: Stretch[] = []
  /** Those found last are the first. */
  #gaps: Gap[] = []

  constructor(read: ReadKeys) {
    this.#read = read
  }

  /** The first stored key not below `from`. */
  firstFrom(from: string): string | undefined {
    const known = this.#find((stretch) => covers(stretch, from))
    if (known !== undefined) return known.keys[lowerBound(known.keys, from)]
    return this.#fetch(from).keys[0]
  }

  /** Whether the key is known not to be stored, without a read. */
  isKnownAbsent(key: string): boolean {
    return (
      this.#gaps.some(({ from, to }) => from <= key && (to === undefined || key < to)) ||
      this.#stretches.some(
        (stretch) => covers(stretch, key) && stretch.keys[lowerBound(stretch.keys, key)] !== key,
      )
    )
  }

  /** A lookup of `from` has found that `next` is the first key stored after it. */
  noteGap(from: string, next: string | undefined): void {
    this.#gaps.unshift({ from, to: next })
    if (this.#gaps.length > maxGaps) this.#gaps.pop()
  }

  forget(): void {
    this.#stretches = []
    this.#gaps = []
  }

  #find(isWanted: (stretch: Stretch) => boolean): Stretch | undefined {
    const at = this.#stretches.findIndex(isWanted)
    const found = this.#stretches[at]
    if (found === undefined || at === 0) return found
    this.#stretches.splice(at, 1)
    this.#stretches.unshift(found)
    return found
  }

  #fetch(from: string): Stretch {
    const isContinued = ({ keys }: Stretch): boolean => keys.length > 0 && from === successor(keys.at(-1) ?? '')
    const stretch = this.#find(isContinued) ?? this.#newStretch()
    const { keys, characters, end } = this.#read(from, stretch.limit)
    assert(keys.length <= stretch.limit, 'a read returns at most as many keys as were asked for')
    stretch.from = from
    stretch.keys = keys
    stretch.isEnd = end === 'last'
    if (characters < limits.readAheadCharacters) stretch.limit = Math.min(stretch.limit * 4, limits.readAhead)
    return stretch
  }

  #newStretch(): Stretch {
    const stretch = { from: '', keys: [], isEnd: false, limit: 1 }
    this.#stretches.unshift(stretch)
    if (this.#stretches.length > maxStretches) this.#stretches.pop()
    return stretch
  }
}

function covers({ from, keys, isEnd }: Stretch, key: string): boolean {
  if (key < from) return false
  const last = keys.at(-1)
  return isEnd || (last !== undefined && key <= last)
}
