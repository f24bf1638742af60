/** The rows of one vat's space, as a sweep reads them. */
import { kindPrefix, type KindRecord } from '../../../protocol/worker/estate.ts'
import { isRecord } from '../../../base/guards.ts'
import type { VatId } from '../../../base/ids.ts'
import { orderedNumber } from '../../../base/ordered.ts'
import type { PlatformState } from '../../../protocol/kernel/platform.ts'
import { durableSections, parsed } from './durableRows.ts'
import { spaceOf } from '../estates.ts'

export interface VatRow {
  readonly key: string
  readonly text: string
}

export class VatRows {
  readonly #state: PlatformState
  readonly #space: ReturnType<typeof spaceOf>
  readonly #kinds = new Map<number, KindRecord | 'corrupt' | undefined>()

  constructor(state: PlatformState, vat: VatId) {
    this.#state = state
    this.#space = spaceOf(vat)
  }

  get(key: string): string | undefined {
    return this.#state.get(this.#space, key)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, text: string | null): void {
    if (text === null) this.#state.delete(this.#space, key)
    else this.#state.set(this.#space, key, text)
  }

  nextKey(prefix: string, after: string): string | undefined {
    return this.#state.nextKey(this.#space, prefix, after)
  }

  /** The keys after `after` that begin with the prefix, in order. */
  *keys(prefix: string, after = prefix): Generator<string> {
    for (let key = this.nextKey(prefix, after); key !== undefined; key = this.nextKey(prefix, key)) yield key
  }

  /** The keys of durable data after this one, section by section; null: all of them. */
  *durableKeys(after: string | null): Generator<string> {
    const first = after === null ? 0 : durableSections.findIndex((prefix) => after.startsWith(prefix))
    for (const [index, prefix] of durableSections.entries()) {
      if (index < first) continue
      yield* this.keys(prefix, index === first && after !== null ? after : prefix)
    }
  }

  /** `corrupt`: its row is not that of a kind. Undefined: there is none. */
  kind(number: number): KindRecord | 'corrupt' | undefined {
    if (!this.#kinds.has(number)) this.#kinds.set(number, this.#readKind(number))
    return this.#kinds.get(number)
  }

  #readKind(number: number): KindRecord | 'corrupt' | undefined {
    const text = this.get(kindPrefix + orderedNumber(number))
    if (text === undefined) return undefined
    const record = parsed(text)
    return isKindRecord(record) ? record : 'corrupt'
  }
}

function isKindRecord(record: unknown): record is KindRecord {
  if (!isRecord(record) || typeof record['tag'] !== 'string') return false
  const { definition } = record
  if (definition === null) return true
  if (!isRecord(definition)) return false
  const { version, oldest, facets, shape } = definition
  return (
    typeof version === 'number' &&
    typeof oldest === 'number' &&
    (facets === null || Array.isArray(facets)) &&
    (shape === null || isRecord(shape))
  )
}
