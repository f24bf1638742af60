/**
 * Durable kinds: tables of objects whose state is in the store and whose behaviour each
 * incarnation supplies anew.
 *
 * K1. A durable object's name (`o+d7/12`) never changes; its kind and its instance are in it.
 * K2. State is read when it is first touched in a crank and written back when the crank ends.
 * K3. State refers only to what outlives the incarnation; a value that does not is refused when it
 *     is assigned, and the assignment has not happened.
 * K4. By the end of `buildRootObject` every kind of the estate is defined again.
 * K5. One object has at most one representative in the heap at a time, so `===` is its identity.
 * K6. A method runs only on an object of its own kind.
 */
import { parseStored, storedObject } from '../base/ids.ts'
import type { ObjectVref, Vref } from '../base/ids.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import { kindNumbers } from './kindNumbers.ts'
import { remotablePrototype } from './remotable.ts'
import type { Codec } from './codec.ts'
import type { Slots } from './slots.ts'
import type { Keeper, References } from './references.ts'
import { keys, keysFrom, read, remove, write } from './store.ts'

const { handle: handleKind, firstOfUsers: firstUserKind } = kindNumbers

type StateValues = Readonly<Record<string, unknown>>
export interface Context {
  readonly state: Record<string, unknown>
  readonly self: object
}
type Method = (context: Context, ...args: unknown[]) => unknown
export type Behaviour = Readonly<Record<string, Method>>
export interface KindOptions {
  /** Called with the context right after an object was made. */
  readonly finish?: (context: Context) => void
}

/** What the store knows of a kind. */
interface KindRecord {
  readonly tag: string
}

/** A kind as this incarnation defined it. */
interface Kind {
  readonly id: number
  readonly tag: string
  readonly prototype: object
  readonly statePrototypes: Map<string, object>
}

/** A durable object's state while a crank uses it (K2). */
interface StateRecord {
  readonly fields: Record<string, CapData<Vref>>
  readonly decoded: Map<string, unknown>
  dirty: boolean
}

export class Kinds {
  readonly #slots: Slots
  readonly #references: References
  readonly #codec: () => Codec
  readonly #defined = new Map<number, Kind>()
  readonly #tags = new Map<number, string>()
  readonly #contexts = new WeakMap<object, Context>()
  /** Of representatives. */
  readonly #owners = new WeakMap<object, ObjectVref>()
  /** Of state objects; apart, so that whoever has an object cannot pass it off as its state. */
  readonly #stateOwners = new WeakMap<object, ObjectVref>()
  readonly #states = new Map<ObjectVref, StateRecord>()
  /** The next instance of each kind that made one in this crank. */
  readonly #nextInstances = new Map<number, number>()

  constructor(slots: Slots, references: References, codec: () => Codec) {
    this.#slots = slots
    this.#references = references
    references.keep(handleKind, this.#handles())
    references.keepNot((id) => { throw new Error(`the durable kind ${JSON.stringify(this.#tagOf(id))} is not defined yet`) })
    this.#codec = codec
  }

  makeKindHandle(tag: string): object {
    if (typeof tag !== 'string') throw new TypeError('the tag of a kind is a string')
    const id = Number(read(keys.nextKind) ?? firstUserKind)
    write(keys.nextKind, String(id + 1))
    write(keys.kind(id), JSON.stringify({ tag } satisfies KindRecord))
    return this.#handle(id, tag)
  }

  defineDurableKind(
    handle: object,
    init: (...args: unknown[]) => StateValues,
    behaviour: Behaviour,
    options: KindOptions = {},
  ): (...args: unknown[]) => object {
    const kind = this.#define(handle, behaviour)
    return harden((...args: unknown[]) => {
      const values = init(...args)
      const vref = storedObject('durable', kind.id, this.#takeInstance(kind.id))
      this.#states.set(vref, this.#newState(kind, values))
      const context = this.#contextOf(this.#makeRepresentative(kind, vref))
      options.finish?.(context)
      return context.self
    })
  }

  /** Tags of the kinds of the estate that this incarnation has not defined (K4). */
  missing(): string[] {
    const tags: string[] = []
    for (const key of keysFrom(keys.kindPrefix)) {
      const id = kindOfKey(key)
      if (!this.#defined.has(id)) tags.push(this.#tagOf(id))
    }
    return tags
  }

  /** Writes what the crank changed and forgets what it read (K2). */
  flush(): void {
    for (const [id, next] of this.#nextInstances) write(keys.nextInstance(id), String(next))
    this.#nextInstances.clear()
    for (const [vref, record] of this.#states) {
      if (record.dirty) write(keys.object(vref), JSON.stringify(record.fields))
    }
    this.#states.clear()
  }

  #define(handle: object, behaviour: Behaviour): Kind {
    const vref = this.#slots.vrefOf(handle)
    const named = vref === undefined ? undefined : parseStored(vref as ObjectVref)
    if (named === undefined || named.kind !== handleKind) throw new TypeError('the first argument is not a kind handle')
    const id = named.instance
    const tag = this.#tagOf(id)
    if (this.#defined.has(id)) {
      return refuse('kind/defined-twice', `the durable kind ${JSON.stringify(tag)} is defined already`, { tag })
    }
    const kind: Kind = { id, tag, prototype: this.#prototype(id, tag, behaviour), statePrototypes: new Map() }
    this.#defined.set(id, kind)
    this.#references.keep(id, this.#keeper(kind))
    return kind
  }

  /** Kind handles are for ever. */
  #handles(): Keeper {
    return {
      representative: (vref) => this.#handle(parseStored(vref).instance, this.#tagOf(parseStored(vref).instance)),
      facets: (base) => [base],
      delete: () => [],
    }
  }

  #keeper(kind: Kind): Keeper {
    return {
      representative: (vref) => this.#makeRepresentative(kind, vref),
      facets: (base) => [base],
      delete: (base) => this.#deleteState(base),
    }
  }

  #deleteState(base: ObjectVref): readonly Vref[] {
    const { fields } = this.#state(base)
    this.#states.delete(base)
    remove(keys.object(base))
    return Object.values(fields).flatMap((field) => field.slots)
  }

  #prototype(id: number, tag: string, behaviour: Behaviour): object {
    const methods: Record<PropertyKey, unknown> = {}
    for (const name of Reflect.ownKeys(behaviour)) {
      const method: unknown = Reflect.get(behaviour, name)
      if (typeof method !== 'function') throw new TypeError(`${tag}.${String(name)} is not a function`)
      methods[name] = this.#bind(id, tag, String(name), harden(method) as Method)
    }
    return remotablePrototype(`Alleged: ${tag}`, methods)
  }

  /** A method that finds the context of its receiver (K6). */
  #bind(id: number, tag: string, name: string, method: Method): unknown {
    const kinds = this
    return {
      method(this: object, ...args: unknown[]): unknown {
        const owner = kinds.#owners.get(this)
        if (owner === undefined || parseStored(owner).kind !== id) {
          throw new TypeError(`${tag}.${name} was called on something that is not a ${tag}`)
        }
        return method(kinds.#contextOf(this), ...args)
      },
    }.method
  }

  #handle(id: number, tag: string): object {
    const vref = storedObject('durable', handleKind, id)
    const known = this.#slots.valueOf(vref)
    if (known !== undefined) return known
    this.#tags.set(id, tag)
    const handle = Object.freeze(Object.create(remotablePrototype('Alleged: kind')) as object)
    this.#slots.holdWeakly(vref, handle)
    return handle
  }

  #tagOf(id: number): string {
    const known = this.#tags.get(id)
    if (known !== undefined) return known
    const text = read(keys.kind(id))
    if (text === undefined) throw new Error(`there is no durable kind ${id}`)
    const { tag } = JSON.parse(text) as KindRecord
    this.#tags.set(id, tag)
    return tag
  }

  #takeInstance(id: number): number {
    const next = this.#nextInstances.get(id) ?? Number(read(keys.nextInstance(id)) ?? 1)
    this.#nextInstances.set(id, next + 1)
    return next
  }

  #makeRepresentative(kind: Kind, vref: ObjectVref): object {
    const self = Object.freeze(Object.create(kind.prototype) as object)
    this.#owners.set(self, vref)
    this.#slots.holdWeakly(vref, self)
    return self
  }

  #contextOf(self: object): Context {
    const known = this.#contexts.get(self)
    if (known !== undefined) return known
    const vref = this.#owners.get(self)
    const kind = vref === undefined ? undefined : this.#defined.get(parseStored(vref).kind)
    if (vref === undefined || kind === undefined) throw new TypeError('not a durable object')
    const context = Object.freeze({ state: this.#stateObject(kind, vref), self })
    this.#contexts.set(self, context)
    return context
  }

  #newState(kind: Kind, values: StateValues): StateRecord {
    // Without a prototype, so that every name is a field's.
    const fields = Object.create(null) as Record<string, CapData<Vref>>
    const record: StateRecord = { fields, decoded: new Map(), dirty: true }
    for (const name of Object.keys(values)) this.#assign(kind, record, name, values[name])
    return record
  }

  #assign(kind: Kind, record: StateRecord, name: string, value: unknown): void {
    try {
      const before = record.fields[name]?.slots ?? []
      const data = this.#codec().encodeStored(value, 'durable')
      this.#references.changed(data.slots, before)
      record.fields[name] = data
    } catch (error) {
      throw new TypeError(`${kind.tag}.state.${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    record.decoded.set(name, value)
    record.dirty = true
  }

  #state(vref: ObjectVref): StateRecord {
    const known = this.#states.get(vref)
    if (known !== undefined) return known
    const text = read(keys.object(vref))
    if (text === undefined) throw new Error(`the durable object has no state`)
    const record: StateRecord = { fields: JSON.parse(text) as Record<string, CapData<Vref>>, decoded: new Map(), dirty: false }
    this.#states.set(vref, record)
    return record
  }

  #field(vref: ObjectVref, name: string): unknown {
    const record = this.#state(vref)
    if (record.decoded.has(name)) return record.decoded.get(name)
    const field = record.fields[name]
    if (field === undefined) return undefined
    const value = this.#codec().decode(field)
    record.decoded.set(name, value)
    return value
  }

  /** An object with an accessor for each field; objects of a kind with the same fields share them. */
  #stateObject(kind: Kind, vref: ObjectVref): Record<string, unknown> {
    const names = Object.keys(this.#state(vref).fields)
    const shape = JSON.stringify(names)
    let prototype = kind.statePrototypes.get(shape)
    if (prototype === undefined) {
      prototype = this.#statePrototype(kind, names)
      kind.statePrototypes.set(shape, prototype)
    }
    const state = Object.freeze(Object.create(prototype) as Record<string, unknown>)
    this.#stateOwners.set(state, vref)
    return state
  }

  #statePrototype(kind: Kind, names: readonly string[]): object {
    const kinds = this
    const ownerOf = (state: object): ObjectVref => {
      const vref = kinds.#stateOwners.get(state)
      if (vref === undefined) throw new TypeError(`not the state of a ${kind.tag}`)
      return vref
    }
    const prototype = Object.create(null) as object
    for (const name of names) {
      Object.defineProperty(prototype, name, {
        enumerable: true,
        get(this: object): unknown {
          return kinds.#field(ownerOf(this), name)
        },
        set(this: object, value: unknown) {
          kinds.#assign(kind, kinds.#state(ownerOf(this)), name, value)
        },
      })
    }
    return harden(prototype)
  }
}

const kindOfKey = (key: string): number => Number(key.slice(keys.kindPrefix.length + 1))
