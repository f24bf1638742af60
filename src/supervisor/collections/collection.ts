/**
 * A stored collection: entries of scalar keys with values, in the vat's space.
 *
 * It implements maps, sets and their weak variants, which differ in their methods (`stores.ts`); a set's
 * values are empty texts.
 *
 * Col1. An operation that throws has changed nothing.
 * Col2. Each slot of a value counts once as a reference, and so does a remotable key of a strong collection.
 *       A weak one recognises its remotable keys.
 * Col3. Keys are visited in their rank order; remotables in the order of insertion.
 * Col4. During a walk over the collection entries may be removed and changed, which the walk sees; adding a
 *       key ends the walk with an error at its next step.
 */
import { assert } from '../../base/errors.ts'
import { isObject } from '../../base/guards.ts'
import {
  allocatorOf,
  namesObject,
  parseStored,
  type Durability,
  type ObjectVref,
  type Vref,
} from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { classifyPassable } from '../../codec/passable.ts'
import type { Codec } from '../values/codec.ts'
import type { References } from '../memory/references.ts'
import { notDurable, notDurableCode, offenceOf, withCode } from '../values/notDurable.ts'
import { interfaceOf } from '../values/remotable.ts'
import { show } from '../values/show.ts'
import type { Slots } from '../wire/slots.ts'
import { takeRoom, takeRoomForEntry } from '../memory/quota.ts'
import { dataOf, keys, read, readInOrder, readNew, remove, textOf, write } from '../memory/store.ts'
import { messageOf } from '../values/thrown.ts'
import { Cursor } from '../memory/cursor.ts'
import { decodeScalar, encodeScalar, findScalar } from '../../codec/scalarKeys.ts'
import { isRemotableKey, remotableIn, remotableText, type Strength } from './keys.ts'
import { pathToOffender } from './offender.ts'
import { checkPattern, coverOf, makeCheck, makeFilter, type Check } from './shapes.ts'

/** The maximum length of a key's text: with the name of its collection it fits the kernel's limit. */
export const maxKeyLength = 440

export interface CollectionParts {
  readonly slots: Slots
  readonly references: References
  readonly codec: Codec
}

/** The stored description of a collection, written at its creation. */
export interface Schema {
  readonly label: string
  readonly keyShape: unknown
  readonly valueShape: unknown
}

export class Collection {
  readonly vref: ObjectVref
  readonly strength: Strength
  /** The vat's object for it: a walk keeps it in the heap, so that both count the same additions (Col4). */
  store: object | undefined
  readonly #parts: CollectionParts
  readonly #durability: Durability
  readonly #entries: string
  readonly #end: string
  readonly #size: string
  #schema: Schema | undefined
  #checks: { readonly key: Check; readonly value: Check } | undefined
  /** The number of keys added (Col4). */
  #additions = 0

  constructor(parts: CollectionParts, vref: ObjectVref, strength: Strength, schema?: Schema) {
    this.#parts = parts
    this.vref = vref
    this.strength = strength
    this.#durability = parseStored(vref).durability
    this.#entries = keys.entries(vref)
    this.#end = keys.entriesEnd(vref)
    this.#size = keys.size(vref)
    this.#schema = schema
  }

  /** Writes the schema, once. */
  create({ label, keyShape, valueShape }: Schema): void {
    assert(this.#schema === undefined, 'a collection has one schema')
    if (typeof label !== 'string') throw new TypeError('the label of a collection is a string')
    checkPattern(keyShape)
    checkPattern(valueShape)
    const data = this.#parts.codec.encodeStored(harden([label, keyShape, valueShape]), this.#durability)
    takeRoomForEntry(this.vref.length + textOf(data).length)
    this.#parts.references.updateCounts(data.slots, [])
    write(keys.collection(this.vref), textOf(data))
    this.#schema = { label, keyShape, valueShape }
  }

  // --- one entry

  has(key: unknown): boolean {
    const row = this.#rowOf(key)
    return row !== undefined && read(row) !== undefined
  }

  get(key: unknown): unknown {
    const text = readInOrder(this.#existing(key), this.#end)
    return text === undefined ? this.#missing(key) : this.#parts.codec.decode(dataOf(text))
  }

  init(key: unknown, value: unknown): void {
    const data = this.#prepare(key, value)
    if (data === undefined)
      throw new Error(`key ${show(key)} already registered in collection ${this.#quoted()}`)
    this.#put(data.row, textOf(data.value), data.value.slots)
  }

  /** For sets: no value; an existing key stays. */
  add(key: unknown): void {
    const row = this.#prepareKey(key)
    if (row !== undefined) this.#put(row, '', [])
  }

  set(key: unknown, value: unknown): void {
    const row = this.#existing(key)
    const before = read(row)
    if (before === undefined) return this.#missing(key)
    this.#checksOf().value(value)
    const data = this.#encode(key, value)
    takeRoom(textOf(data).length - before.length)
    this.#recount(data.slots, dataOf(before).slots)
    write(row, textOf(data))
  }

  /** For data that cannot be decoded yet: stores them under the text of a scalar key, replacing any entry. */
  put(key: string, data: CapData<Vref>): void {
    const row = this.#entries + encodeScalar(key)
    const before = read(row)
    if (before === undefined) return this.#put(row, textOf(data), data.slots, 'reserve')
    this.#recount(data.slots, dataOf(before).slots)
    write(row, textOf(data))
  }

  delete(key: unknown): void {
    const row = this.#existing(key)
    const text = read(row)
    if (text === undefined) return this.#missing(key)
    this.#remove(row, text)
  }

  // --- many entries

  /** The matching entries; values are decoded only when they are requested or compared. */
  *walk<Item>(
    keyPattern: unknown,
    valuePattern: unknown,
    item: (key: () => unknown, value: () => unknown) => Item,
  ): Generator<Item> {
    const fitsKey = makeFilter(keyPattern)
    const fitsValue = makeFilter(valuePattern)
    const cursor = this.#cursor(keyPattern)
    const { codec } = this.#parts
    const key = (): unknown => this.#keyOf(cursor.row)
    const value = (): unknown => (cursor.text === '' ? null : codec.decode(dataOf(cursor.text)))
    const additions = this.#additions
    while (this.#advance(cursor, additions)) {
      if (fitsKey !== undefined && !fitsKey(key())) continue
      if (fitsValue !== undefined && !fitsValue(value())) continue
      yield item(key, value)
    }
  }

  getSize(keyPattern: unknown, valuePattern: unknown): number {
    if (makeFilter(keyPattern) === undefined && makeFilter(valuePattern) === undefined) return this.#count()
    let size = 0
    for (const _one of this.walk(keyPattern, valuePattern, () => undefined)) size += 1
    return size
  }

  clear(keyPattern: unknown, valuePattern: unknown): void {
    const fitsKey = makeFilter(keyPattern)
    const fitsValue = makeFilter(valuePattern)
    const cursor = this.#cursor(keyPattern)
    while (cursor.advance()) {
      const { row, text } = cursor
      if (fitsKey !== undefined && !fitsKey(this.#keyOf(row))) continue
      if (fitsValue !== undefined && !fitsValue(text === '' ? null : this.#parts.codec.decode(dataOf(text))))
        continue
      this.#remove(row, text)
    }
  }

  // --- keys

  /** The row of the key, whether or not it exists; undefined when there cannot be one. Never throws. */
  #rowOf(key: unknown): string | undefined {
    const text = isObject(key) ? this.#textOfObject(key) : findScalar(key)
    return text === undefined || text.length > maxKeyLength ? undefined : this.#entries + text
  }

  #textOfObject(key: object): string | undefined {
    const vref = this.#parts.slots.vrefOf(key)
    if (vref === undefined) return undefined
    if (this.strength === 'weak') return `r${vref}`
    const ordinal = read(keys.ordinal(this.vref) + vref)
    return ordinal === undefined ? undefined : remotableText(Number.parseInt(ordinal), vref)
  }

  #existing(key: unknown): string {
    return this.#rowOf(key) ?? this.#missing(key)
  }

  #missing(key: unknown): never {
    this.#checkKey(key)
    throw new Error(`key ${show(key)} not found in collection ${this.#quoted()}`)
  }

  #checkKey(key: unknown): void {
    if (isObject(key) && !this.#isKey(key)) {
      throw new Error(`invalid key type for collection ${this.#quoted()}: a key is a scalar or a remotable`)
    }
    this.#checksOf().key(key)
  }

  #isKey(key: object): boolean {
    const vref = this.#parts.slots.vrefOf(key)
    return vref === undefined ? isRemotableKey(key) : namesObject(vref)
  }

  #keyOf(row: string): unknown {
    const name = this.#nameIn(row)
    return name === undefined ? decodeScalar(row.slice(this.#entries.length)) : this.#keyNamed(name)
  }

  /** A recreated presence keeps the interface name that it had at its insertion. */
  #keyNamed(name: ObjectVref): object {
    const { slots, codec } = this.#parts
    const known = slots.valueOf(name)
    if (known !== undefined || allocatorOf(name) === 'vat') return known ?? codec.reference(name)
    const [, ...interfaceName] = (read(keys.ordinal(this.vref) + name) ?? '').split(' ')
    return codec.reference(name, interfaceName.length === 0 ? undefined : interfaceName.join(' '))
  }

  /** The vref of a remotable key, from its row. */
  #nameIn(row: string): ObjectVref | undefined {
    return remotableIn(row, this.#entries.length, this.strength)
  }

  // --- writing

  /** The row and value of a new entry; undefined if it exists already. */
  #prepare(
    key: unknown,
    value: unknown,
  ): { readonly row: string; readonly value: CapData<Vref> } | undefined {
    const row = this.#prepareKey(key)
    if (row === undefined) return undefined
    this.#checksOf().value(value)
    return { row, value: this.#encode(key, value) }
  }

  /** The row of a new entry, or its suffix for a remotable; undefined if it exists already. */
  #prepareKey(key: unknown): string | undefined {
    this.#checkKey(key)
    const text = isObject(key) ? this.#newName(key) : encodeScalar(key)
    if (text === undefined) return undefined
    if (text.length > maxKeyLength) {
      const detail = { label: this.#label(), length: text.length, limit: maxKeyLength }
      return refuse(
        'key/too-long',
        `a key of collection ${this.#quoted()} has ${text.length} characters when it is written down; at most ${maxKeyLength} are possible`,
        detail,
      )
    }
    const row = this.#entries + text
    return readNew(row, this.#end) === undefined ? row : undefined
  }

  /** The text of a remotable key that is not in the collection; undefined otherwise. */
  #newName(key: object): string | undefined {
    const vref = this.#nameOf(key)
    if (this.strength === 'weak') return `r${vref}`
    if (read(keys.ordinal(this.vref) + vref) !== undefined) return undefined
    return remotableText(Number(read(keys.ordinals(this.vref)) ?? '1'), vref)
  }

  #nameOf(key: object): ObjectVref {
    try {
      return this.#parts.codec.storedSlot(key, this.#durability)
    } catch (error) {
      const offence = offenceOf(error)
      if (offence === undefined) throw new Error(`a key of ${this.#label()}: ${messageOf(error)}`)
      throw withCode(
        new Error(`key (${show(key)}) is not durable in collection ${this.#quoted()}: ${offence.reason}`),
        notDurableCode,
      )
    }
  }

  #encode(key: unknown, value: unknown): CapData<Vref> {
    const { codec } = this.#parts
    try {
      return codec.encodeStored(value, this.#durability)
    } catch (error) {
      const where = `[${this.#label()}].get(${show(key)})${pathToOffender(value, (object) => this.#isRefused(object))}`
      const offence = offenceOf(error)
      throw offence === undefined
        ? new TypeError(`${where}: ${messageOf(error)}`)
        : notDurable(offence, { what: 'value', where })
    }
  }

  #isRefused(value: object): boolean {
    if (
      !(value instanceof Promise) &&
      this.#parts.slots.vrefOf(value) === undefined &&
      classifyPassable(value) !== 'remotable'
    )
      return false
    try {
      this.#parts.codec.storedSlot(value, this.#durability)
      return false
    } catch {
      return true
    }
  }

  /** Adds an entry (Col2, Col4), in the room of the vat's code or in the supervisor's reserve. */
  #put(row: string, text: string, slots: readonly Vref[], from: 'room' | 'reserve' = 'room'): void {
    if (from === 'room') takeRoomForEntry(row.length + text.length)
    this.#additions += 1
    this.#recount(slots, [])
    const name = this.#nameIn(row)
    if (name !== undefined) this.#keep(name)
    write(row, text)
    this.#resize(1)
  }

  #keep(name: ObjectVref): void {
    const { references } = this.#parts
    if (this.strength === 'weak') return references.recognizeStored(name, this.vref)
    const ordinals = keys.ordinals(this.vref)
    const ordinal = Number(read(ordinals) ?? '1')
    assert(Number.isSafeInteger(ordinal) && ordinal >= 1, 'Col3: remotable keys are numbered from 1')
    references.updateCounts([name], [])
    write(keys.ordinal(this.vref) + name, this.#ordinalText(ordinal, name))
    write(ordinals, String(ordinal + 1))
  }

  #ordinalText(ordinal: number, name: ObjectVref): string {
    const key = allocatorOf(name) === 'kernel' ? this.#parts.slots.valueOf(name) : undefined
    const interfaceName = key === undefined ? undefined : interfaceOf(key)
    return interfaceName === undefined ? String(ordinal) : `${ordinal} ${interfaceName}`
  }

  #remove(row: string, text: string): void {
    const { references } = this.#parts
    const name = this.#nameIn(row)
    if (name !== undefined && this.strength === 'weak') references.unrecognizeStored(name, this.vref)
    if (name !== undefined && this.strength === 'strong') references.updateCounts([], [name])
    this.#recount([], dataOf(text).slots)
    this.#removeRow(row)
    this.#resize(-1)
  }

  #removeRow(row: string): void {
    const name = this.#nameIn(row)
    if (name !== undefined && this.strength === 'strong') remove(keys.ordinal(this.vref) + name)
    remove(row)
  }

  #recount(added: readonly Vref[], removed: readonly Vref[]): void {
    if (added.length > 0 || removed.length > 0) this.#parts.references.updateCounts(added, removed)
  }

  /** Weak collections do not report their size. */
  #resize(change: number): void {
    if (this.strength === 'weak') return
    const size = this.#count() + change
    assert(size >= 0, 'a collection loses an entry that it did not have')
    write(this.#size, String(size))
  }

  #count(): number {
    return Number(read(this.#size) ?? '0')
  }

  // --- walking

  #cursor(keyPattern: unknown): Cursor {
    const cover = coverOf(keyPattern, (key) => {
      const text = isObject(key) ? this.#textOfObject(key) : encodeScalar(key)
      // After all remotables: no keys are there.
      return text ?? 'r~'
    })
    return new Cursor(this.#entries + cover.from, this.#entries + cover.to)
  }

  #advance(cursor: Cursor, additions: number): boolean {
    if (this.#additions !== additions) throw new Error('keys in store cannot be added to during iteration')
    return cursor.advance()
  }

  // --- what it is

  #schemaOf(): Schema {
    if (this.#schema !== undefined) return this.#schema
    const text = read(keys.collection(this.vref))
    if (text === undefined) throw new Error(`there is no collection ${this.vref}`)
    const [label, keyShape, valueShape] = this.#parts.codec.decode(dataOf(text)) as [string, unknown, unknown]
    this.#schema = { label, keyShape, valueShape }
    return this.#schema
  }

  #checksOf(): { readonly key: Check; readonly value: Check } {
    if (this.#checks !== undefined) return this.#checks
    const { keyShape, valueShape } = this.#schemaOf()
    this.#checks = {
      key: makeCheck(keyShape, `invalid key type for collection ${this.#quoted()}`),
      value: makeCheck(valueShape, `invalid value type for collection ${this.#quoted()}`),
    }
    return this.#checks
  }

  #label(): string {
    return this.#schemaOf().label
  }

  #quoted(): string {
    return JSON.stringify(this.#label())
  }
}
