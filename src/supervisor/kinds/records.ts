/**
 * Records: the state of stored objects, while a crank uses it.
 *
 * R1. A record is read when it is first touched in a crank and written when the crank ends.
 * R2. A field is what may be stored, and what the kind's shape allows; what is not is refused when
 *     it is assigned, and the assignment has not happened.
 * R3. Whoever sees a record sees it as the code's version has it. When it cannot be brought there,
 *     the access fails and the record is as it was.
 * R4. References know of every slot in a record, once for each time it stands there (V1).
 */
import { storedObject } from '../../base/ids.ts'
import type { ObjectVref, Vref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Codec } from '../codec.ts'
import type { References } from '../references.ts'
import { keys, read, remove, write } from '../store.ts'
import type { Kind } from './cohort.ts'
import { migrate } from './migration.ts'
import type { StateValues } from './options.ts'

type Fields = Record<string, CapData<Vref>>

/** The value under `object.` vref. */
type StoredRecord = readonly [version: number, fields: Fields]

interface Entry {
  version: number
  fields: Fields
  readonly decoded: Map<string, unknown>
  dirty: boolean
}

export class Records {
  readonly #codec: () => Codec
  readonly #references: References
  readonly #entries = new Map<ObjectVref, Entry>()
  /** Records that a migration is at work on. */
  readonly #migrating = new Set<ObjectVref>()

  constructor(codec: () => Codec, references: References) {
    this.#codec = codec
    this.#references = references
  }

  create(kind: Kind, base: ObjectVref, values: StateValues): void {
    const fields = this.#encode(kind, values)
    this.#references.changed(slotsOf(fields), [])
    this.#entries.set(base, { version: kind.version, fields, decoded: new Map(Object.entries(values)), dirty: true })
  }

  /** The names of the fields, in the order in which they were made. */
  names(kind: Kind, base: ObjectVref): readonly string[] {
    return Object.keys(this.#current(kind, base).fields)
  }

  get(kind: Kind, base: ObjectVref, name: string): unknown {
    const entry = this.#current(kind, base)
    if (!entry.decoded.has(name)) entry.decoded.set(name, this.#decode(entry, name))
    return entry.decoded.get(name)
  }

  set(kind: Kind, base: ObjectVref, name: string, value: unknown): void {
    const entry = this.#current(kind, base)
    const data = this.#encodeField(kind, name, value)
    this.#references.changed(data.slots, entry.fields[name]?.slots ?? [])
    entry.fields[name] = data
    entry.decoded.set(name, value)
    entry.dirty = true
  }

  /** Whether the record waits for a migration. */
  isOld(kind: Kind, base: ObjectVref): boolean {
    return this.#entry(kind, base).version < kind.version
  }

  /** Brings the record to the code's version (R3). */
  update(kind: Kind, base: ObjectVref): void {
    this.#current(kind, base)
  }

  /** Gives the slots that the record referred to. */
  delete(kind: Kind, base: ObjectVref): readonly Vref[] {
    const { fields } = this.#entry(kind, base)
    this.#entries.delete(base)
    remove(keys.object(base))
    return slotsOf(fields)
  }

  /** R1. */
  flush(): void {
    for (const [base, { version, fields, dirty }] of this.#entries) {
      if (dirty) write(keys.object(base), JSON.stringify([version, fields] satisfies StoredRecord))
    }
    this.#entries.clear()
  }

  #entry(kind: Kind, base: ObjectVref): Entry {
    const known = this.#entries.get(base)
    if (known !== undefined) return known
    const text = read(keys.object(base))
    if (text === undefined) throw new Error(`the ${kind.tag} has no state`)
    const [version, fields] = JSON.parse(text) as StoredRecord
    // Without a prototype, so that every name is a field's.
    const entry: Entry = { version, fields: Object.setPrototypeOf(fields, null) as Fields, decoded: new Map(), dirty: false }
    this.#entries.set(base, entry)
    return entry
  }

  #current(kind: Kind, base: ObjectVref): Entry {
    const entry = this.#entry(kind, base)
    if (entry.version !== kind.version) this.#migrate(kind, base, entry)
    return entry
  }

  /** R3. */
  #migrate(kind: Kind, base: ObjectVref, entry: Entry): void {
    const { tag } = kind
    const from = entry.version
    if (this.#migrating.has(base)) throw new Error(`a migration of ${tag} touched the object that it is to bring up to date`)
    this.#migrating.add(base)
    try {
      const values = migrate(kind, from, this.#plain(entry))
      const fields = this.#encode(kind, values)
      this.#references.changed(slotsOf(fields), slotsOf(entry.fields))
      entry.fields = fields
    } catch (error) {
      return refuse('kind/migration-failed', `${tag}: the migration from state version ${from} to ${kind.version} failed: ${textOf(error)}`, { tag, from })
    } finally {
      this.#migrating.delete(base)
    }
    entry.version = kind.version
    entry.decoded.clear()
    entry.dirty = true
  }

  #plain(entry: Entry): StateValues {
    const values = {}
    for (const name of Object.keys(entry.fields)) {
      Object.defineProperty(values, name, { value: this.#decode(entry, name), enumerable: true, writable: true, configurable: true })
    }
    return values
  }

  /** A field that an older shape did not have yet is undefined. */
  #decode(entry: Entry, name: string): unknown {
    const field = entry.fields[name]
    return field === undefined ? undefined : this.#codec().decode(field)
  }

  #encode(kind: Kind, values: StateValues): Fields {
    const fields = Object.create(null) as Fields
    for (const name of Object.keys(values)) fields[name] = this.#encodeField(kind, name, values[name])
    for (const name of kind.shape?.names ?? []) {
      if (!(name in fields) && kind.shape?.isOptional(name) !== true) throw new TypeError(`${kind.tag}.state.${name}: there is no such field in the state, and the stateShape wants one`)
    }
    return fields
  }

  /** R2. */
  #encodeField(kind: Kind, name: string, value: unknown): CapData<Vref> {
    try {
      kind.shape?.check(name, harden(value))
      return this.#codec().encodeStored(value, kind.durability)
    } catch (error) {
      throw new TypeError(`${kind.tag}.state.${name}: ${textOf(error)}`)
    }
  }
}

/** The name of a new object. */
export const nameOf = (kind: Kind, instance: number): ObjectVref => storedObject(kind.durability, kind.id, instance)

const slotsOf = (fields: Fields): readonly Vref[] => Object.values(fields).flatMap(({ slots }) => slots)
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
