/**
 * Baggage: the durable map from which an heir finds its estate.
 *
 * Its methods are those of a map store; its keys are strings. Values obey the rule of durable data
 * (`codec.ts`): they refer only to what outlives this incarnation.
 */
import type { Vref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { Codec } from './codec.ts'
import type { References } from './references.ts'
import { remotablePrototype } from './remotable.ts'
import { keys, keysFrom, longestKey, read, remove, write } from './store.ts'

function storeKey(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`a key of the baggage is a string, not ${typeof name}`)
  const key = keys.baggage(name)
  if (key.length > longestKey) throw new RangeError(`a key of the baggage has at most ${longestKey} characters when it is written down, not ${key.length}`)
  return key
}

export class Baggage {
  readonly #codec: Codec
  readonly #references: References

  constructor(codec: Codec, references: References) {
    this.#codec = codec
    this.#references = references
  }

  has(name: string): boolean {
    return read(storeKey(name)) !== undefined
  }

  get(name: string): unknown {
    const text = read(storeKey(name))
    if (text === undefined) throw new Error(`key ${JSON.stringify(name)} not found in the baggage`)
    return this.#codec.decode(JSON.parse(text) as CapData)
  }

  init(name: string, value: unknown): void {
    if (this.has(name)) throw new Error(`key ${JSON.stringify(name)} already in the baggage`)
    this.#put(name, value)
  }

  set(name: string, value: unknown): void {
    if (!this.has(name)) throw new Error(`key ${JSON.stringify(name)} not found in the baggage`)
    this.#put(name, value)
  }

  delete(name: string): void {
    if (!this.has(name)) throw new Error(`key ${JSON.stringify(name)} not found in the baggage`)
    this.#references.changed([], this.#slots(name))
    remove(storeKey(name))
  }

  *keys(): Generator<string> {
    for (const key of keysFrom(keys.baggagePrefix)) yield keys.baggageName(key)
  }

  *values(): Generator<unknown> {
    for (const name of this.keys()) yield this.get(name)
  }

  *entries(): Generator<[string, unknown]> {
    for (const name of this.keys()) yield [name, this.get(name)]
  }

  getSize(): number {
    let size = 0
    for (const _key of keysFrom(keys.baggagePrefix)) size += 1
    return size
  }

  #slots(name: string): readonly Vref[] {
    const text = read(storeKey(name))
    return text === undefined ? [] : (JSON.parse(text) as CapData<Vref>).slots
  }

  #put(name: string, value: unknown): void {
    let data: CapData<Vref>
    try {
      data = this.#codec.encodeStored(value, 'durable')
    } catch (error) {
      throw new TypeError(`baggage.${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#references.changed(data.slots, this.#slots(name))
    write(storeKey(name), JSON.stringify(data))
  }
}

/** The object that `buildRootObject` gets: the map's methods and nothing to reach its inside by. */
export function makeBaggage(codec: Codec, references: References): object {
  const map = new Baggage(codec, references)
  return Object.freeze(
    Object.create(
      remotablePrototype('Alleged: baggage', {
        has: (name: string) => map.has(name),
        get: (name: string) => map.get(name),
        init: (name: string, value: unknown) => map.init(name, value),
        set: (name: string, value: unknown) => map.set(name, value),
        delete: (name: string) => map.delete(name),
        keys: () => map.keys(),
        values: () => map.values(),
        entries: () => map.entries(),
        getSize: () => map.getSize(),
      }),
    ) as object,
  )
}
