/**
 * Reading ahead: keys that are likely to be read in sequence are requested together, since a question costs
 * more than its answer.
 *
 * Ah1. Values read ahead equal those that separate questions would return. Reading ahead changes the number
 *      of questions, and nothing that user code could see.
 * Ah2. The amount read ahead doubles each time the reading continues where it left off, and is zero when it
 *      does not; so little more is read in vain than was used.
 * Ah3. It is limited to one crank, and nothing in it depends on what the engine collected.
 */
import { assert } from '../../base/errors.ts'

/** The most that is read ahead at a time. */
const maxReadAhead = 256

/** Keys that are likely to be read in this order: records of the objects referenced by a run of entries. */
interface Sequence {
  readonly keys: readonly string[]
  /** The end of the part already read. */
  next: number
  size: number
}

export class Sequences {
  readonly #byKey = new Map<string, Sequence>()
  #last: Sequence | undefined

  /** A sequence continues the previous one, if that was read to its end. */
  expect(keys: readonly string[]): void {
    if (keys.length < 2) return
    const last = this.#last
    const sequence: Sequence = {
      keys,
      next: 0,
      size: last !== undefined && last.next >= last.keys.length ? last.size : 0,
    }
    this.#last = sequence
    for (const key of keys) this.#byKey.set(key, sequence)
  }

  /** The keys to read when this one is needed, in order: often the key alone. */
  with(key: string): readonly string[] | undefined {
    const sequence = this.#byKey.get(key)
    if (sequence === undefined) return undefined
    const at = sequence.keys[sequence.next] === key ? sequence.next : sequence.keys.indexOf(key)
    assert(at >= 0, 'Ah1: a key is expected in a sequence that it is not part of')
    sequence.size = at === sequence.next ? Math.min(2 * sequence.size + 1, maxReadAhead) : 1
    sequence.next = at + sequence.size
    return sequence.size === 1 ? undefined : sequence.keys.slice(at, sequence.next)
  }

  clear(): void {
    if (this.#byKey.size === 0) return
    this.#byKey.clear()
    this.#last = undefined
  }
}

/** The reading position in a range of keys. */
interface Walk {
  after: string
  size: number
  /** The number of keys to read individually before the next attempt. */
  pause: number
  /** The previous value of that number, which doubles each time. */
  patience: number
}

/** For ranges, by their end: whether their keys are read in order. */
export class Walks {
  readonly #walks = new Map<string, Walk>()

  /** How to read the key: alone, or with those that follow `after`, if it is the first of them. */
  step(key: string, end: string): { readonly after: string; readonly limit: number } | undefined {
    const walk = this.#walks.get(end)
    if (walk === undefined) {
      this.#walks.set(end, { after: key, size: 1, pause: 0, patience: 1 })
      return undefined
    }
    if (walk.pause === 0 && key > walk.after)
      return { after: walk.after, limit: Math.min(2 * walk.size, maxReadAhead) }
    if (walk.pause > 0) walk.pause -= 1
    walk.after = key
    return undefined
  }

  /** Records the keys found to follow, in order. */
  stepped(key: string, end: string, first: string | undefined, last: string | undefined): void {
    const walk = this.#walks.get(end)
    assert(walk !== undefined, 'a range was read that no walk asked for')
    assert(first === undefined || first > walk.after, 'Ah1: keys are read ahead that were read before')
    if (first === key && last !== undefined) {
      walk.size = Math.min(2 * walk.size, maxReadAhead)
      walk.after = last
      return
    }
    walk.size = 1
    walk.patience *= 2
    walk.pause = walk.patience
    walk.after = key
  }

  clear(): void {
    if (this.#walks.size > 0) this.#walks.clear()
  }
}
