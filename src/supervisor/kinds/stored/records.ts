/**
 * Records: the state of stored objects, while a crank uses it.
 *
 * Rcd1. A record is read when it is first touched in a crank and written when the crank ends.
 * Rcd2. A field holds what can be stored and what the kind's shape allows; any other value is refused at the
 *       assignment, which then has no effect. From its assignment on, a field reads as the stored copy.
 * Rcd3. Code always sees a record in the code's version. When its migration fails, the access fails and the
 *       record is unchanged.
 * Rcd4. Every slot in a record is counted as a reference, once for each occurrence (Ref1).
 * Rcd5. A record is stored as lines: its state version, then for each field its name and its value as stored
 *       text, neither of which contains a line break (a name with one is quoted). An engine parses and builds
 *       that in a third of the time of JSON.
 */
import { assert } from '../../../base/errors.ts'
import { storedObject, type ObjectVref, type Vref } from '../../../base/ids.ts'
import type { CapData } from '../../../protocol/capdata.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { Codec } from '../../values/codec.ts'
import { takeRoom, takeRoomForEntry } from '../../memory/quota.ts'
import { notDurable, offenceOf } from '../../values/notDurable.ts'
import type { References } from '../../memory/references.ts'
import { dataOf, keys, read, remove, textOf, write } from '../../memory/store.ts'
import { messageOf } from '../../values/thrown.ts'
import type { Kind } from './cohort.ts'
import { migrate } from './migration.ts'
import type { StateValues } from './options.ts'
import type { StateShape } from './shape.ts'

/** Field → its value as stored text, without a prototype, so that any name can be a field. */
type Fields = Record<string, string>

interface Entry {
  readonly base: ObjectVref
  version: number
  fields: Fields
  /** Values of fields that were read in this crank, and assigned ones that are their own copy. */
  decoded: Record<string, unknown>
  /** Whether the end of the crank writes it. */
  dirty: boolean
}

const { create, keys: namesOf } = Object

export class Records {
  readonly #codec: () => Codec
  readonly #references: References
  readonly #entries = new Map<ObjectVref, Entry>()
  /** The entries changed in this crank, in order of change. */
  #changed: Entry[] = []
  /** Records with a migration in progress. */
  readonly #migrating = new Set<ObjectVref>()

  constructor(codec: () => Codec, references: References) {
    this.#codec = codec
    this.#references = references
  }

  create(kind: Kind, base: ObjectVref, values: StateValues): void {
    const entry = this.#make(kind, base, values, noFields)
    this.#entries.set(base, entry)
    this.#change(entry)
  }

  /** The names of the fields, in creation order. */
  names(kind: Kind, base: ObjectVref): readonly string[] {
    return namesOf(this.#current(kind, base).fields)
  }

  get(kind: Kind, base: ObjectVref, name: string): unknown {
    const { decoded, fields } = this.#current(kind, base)
    if (!(name in decoded)) decoded[name] = this.#decode(fields[name])
    return decoded[name]
  }

  set(kind: Kind, base: ObjectVref, name: string, value: unknown): void {
    const entry = this.#current(kind, base)
    const text = this.#encodeField(kind, name, value)
    const before = entry.fields[name]
    takeRoom(text.length - (before?.length ?? 0))
    this.#recount(slotsOfText(text), before === undefined ? none : slotsOfText(before))
    entry.fields[name] = text
    remember(entry.decoded, name, value)
    this.#change(entry)
  }

  /** Whether the record needs a migration. */
  isOld(kind: Kind, base: ObjectVref): boolean {
    return this.#entry(kind, base).version < kind.version
  }

  /** Migrates the record to the code's version (Rcd3). */
  update(kind: Kind, base: ObjectVref): void {
    this.#current(kind, base)
  }

  /** Returns the slots that the record referred to. */
  delete(kind: Kind, base: ObjectVref): readonly Vref[] {
    const entry = this.#entry(kind, base)
    entry.dirty = false
    this.#entries.delete(base)
    remove(keys.object(base))
    return slotsOf(entry.fields)
  }

  /** Rcd1. */
  flush(): void {
    if (this.#entries.size === 0) return
    assert(this.#migrating.size === 0, 'Rcd3: a migration outlasts its access')
    for (const entry of this.#changed) {
      // A record deleted after a change is not written.
      if (entry.dirty) write(keys.object(entry.base), recordText(entry.version, entry.fields))
    }
    this.#changed = []
    this.#entries.clear()
  }

  #change(entry: Entry): void {
    if (entry.dirty) return
    entry.dirty = true
    this.#changed.push(entry)
  }

  #entry(kind: Kind, base: ObjectVref): Entry {
    const known = this.#entries.get(base)
    if (known !== undefined) return known
    const text = read(keys.object(base))
    if (text === undefined) throw new Error(`the ${kind.tag} has no state`)
    const entry = parseRecord(base, text)
    this.#entries.set(base, entry)
    return entry
  }

  #current(kind: Kind, base: ObjectVref): Entry {
    const entry = this.#entry(kind, base)
    if (entry.version !== kind.version) this.#migrate(kind, base, entry)
    return entry
  }

  /** Rcd3. */
  #migrate(kind: Kind, base: ObjectVref, entry: Entry): void {
    const { tag } = kind
    const from = entry.version
    assert(from < kind.version, 'Rcd3: a record is newer than the code')
    if (this.#migrating.has(base))
      throw new Error(`a migration of ${tag} touched the object that it is to bring up to date`)
    this.#migrating.add(base)
    try {
      entry.fields = this.#make(kind, base, migrate(kind, from, this.#plain(entry)), entry.fields).fields
    } catch (error) {
      return refuse(
        'kind/migration-failed',
        `${tag}: the migration from state version ${from} to ${kind.version} failed: ${messageOf(error)}`,
        { tag, from },
      )
    } finally {
      this.#migrating.delete(base)
    }
    entry.version = kind.version
    entry.decoded = create(null) as Record<string, unknown>
    this.#change(entry)
  }

  #plain(entry: Entry): StateValues {
    const values = {}
    for (const name of namesOf(entry.fields)) {
      Object.defineProperty(values, name, {
        value: this.#decode(entry.fields[name]),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return values
  }

  /** A field missing in an older shape is undefined. */
  #decode(field: string | undefined): unknown {
    return field === undefined ? undefined : this.#codec().decode(dataOf(field))
  }

  /** Stores the record with these values, replacing the previous one. */
  #make(kind: Kind, base: ObjectVref, values: StateValues, before: Fields): Entry {
    const fields = create(null) as Fields
    const decoded = create(null) as Record<string, unknown>
    for (const name of namesOf(values)) {
      const value = values[name]
      fields[name] = this.#encodeField(kind, name, value)
      remember(decoded, name, value)
    }
    if (kind.shape !== undefined) checkComplete(kind.tag, kind.shape, fields)
    // A migration may use the reserve: otherwise a vat without room could not reach its own objects.
    if (before === noFields)
      takeRoomForEntry(keys.object(base).length + recordText(kind.version, fields).length)
    this.#recount(slotsOf(fields), slotsOf(before))
    return { base, version: kind.version, fields, decoded, dirty: false }
  }

  /** Rcd4. Most values refer to nothing. */
  #recount(added: readonly Vref[], removed: readonly Vref[]): void {
    if (added.length > 0 || removed.length > 0) this.#references.updateCounts(added, removed)
  }

  /** Rcd2. */
  #encodeField(kind: Kind, name: string, value: unknown): string {
    const where = `${kind.tag}.state.${name}`
    try {
      kind.shape?.check(name, harden(value))
      return textOf(this.#codec().encodeStored(value, kind.durability))
    } catch (error) {
      const offence = offenceOf(error)
      throw offence === undefined
        ? new Error(`${where}: ${messageOf(error)}`)
        : notDurable(offence, { what: `value for ${JSON.stringify(name)}`, where })
    }
  }
}

/** Rcd2. All but the simplest values are decoded from their stored text on reading. */
function remember(decoded: Record<string, unknown>, name: string, value: unknown): void {
  if (typeof value === 'object' || typeof value === 'function') delete decoded[name]
  // -0 is stored as 0.
  else decoded[name] = value === 0 ? 0 : value
}

function checkComplete(tag: string, shape: StateShape, fields: Fields): void {
  for (const name of shape.names) {
    if (!(name in fields) && !shape.isOptional(name))
      throw new TypeError(
        `${tag}.state.${name}: there is no such field in the state, and the stateShape wants one`,
      )
  }
}

// --- as text (Rcd5)

function recordText(version: number, fields: Fields): string {
  let text = '' + version
  for (const name of namesOf(fields))
    text += '\n' + (needsQuotes(name) ? JSON.stringify(name) : name) + '\n' + fields[name]
  return text
}

const needsQuotes = (name: string): boolean => name[0] === '"' || name.includes('\n')

function parseRecord(base: ObjectVref, text: string): Entry {
  if (text[0] === '[') return parseOldRecord(base, text)
  const lines = text.split('\n')
  const fields = create(null) as Fields
  for (let at = 1; at < lines.length; at += 2) {
    const name = lines[at] as string
    fields[name[0] === '"' ? (JSON.parse(name) as string) : name] = lines[at + 1] as string
  }
  return entryOf(base, Number(lines[0]), fields)
}

/** The format of release 0.1.0: JSON of `[version, field → capdata]`. */
function parseOldRecord(base: ObjectVref, text: string): Entry {
  const [version, stored] = JSON.parse(text) as readonly [number, Record<string, CapData<Vref>>]
  const fields = create(null) as Fields
  for (const name of namesOf(stored)) fields[name] = textOf(stored[name] as CapData<Vref>)
  return entryOf(base, version, fields)
}

function entryOf(base: ObjectVref, version: number, fields: Fields): Entry {
  return { base, version, fields, decoded: create(null) as Record<string, unknown>, dirty: false }
}

/** The slots in a stored record. */
export const slotsOfRecord = (base: ObjectVref, text: string): readonly Vref[] =>
  slotsOf(parseRecord(base, text).fields)

const none: readonly Vref[] = []
const noFields = create(null) as Fields

function slotsOf(fields: Fields): readonly Vref[] {
  let slots = none
  for (const name of namesOf(fields)) {
    const more = slotsOfText(fields[name] as string)
    if (more.length > 0) slots = [...slots, ...more]
  }
  return slots
}

const slotsOfText = (text: string): readonly Vref[] => (text[0] === '#' ? none : dataOf(text).slots)

/** The name of a new object. */
export const nameOf = (kind: Kind, instance: number): ObjectVref =>
  storedObject(kind.durability, kind.id, instance)
