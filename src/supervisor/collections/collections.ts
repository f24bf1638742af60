/**
 * All collections of a vat: creating them, restoring them to the heap, and deleting them.
 *
 * A collection is a stored object (`references.ts`). Its kind says what it is, its name whether it is
 * durable, and its schema is stored with it; so it needs no definition in the next incarnation. When a
 * collection ends, its entries are deleted in steps, over several deliveries if needed; until the last is
 * deleted a row marks it as *dying*. Virtual collections of an ended incarnation are deleted likewise.
 */
import { assert } from '../../base/errors.ts'
import {
  allocatorOf,
  isDurableVref,
  parseStored,
  storedObject,
  type ObjectVref,
  type Vref,
} from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { GarbageSource } from '../memory/garbageSources.ts'
import { kindNumbers } from '../memory/kindNumbers.ts'
import { keys, nextKey, read, remove, write } from '../memory/store.ts'
import { Collection, type CollectionParts, type Schema } from './collection.ts'
import { deleteDescription, deleteEntries, deleteWeakEntry } from './deletion.ts'
import type { Strength } from './keys.ts'
import { makeMapStore, makeSetStore, makeWeakMapStore, makeWeakSetStore } from './stores.ts'

/** The options of a new collection. */
export interface CollectionOptions {
  readonly durable?: boolean
  readonly keyShape?: unknown
  readonly valueShape?: unknown
}

interface Family {
  readonly kind: number
  readonly strength: Strength
  readonly label: string
  readonly makeStore: (collection: Collection) => object
}

const families = {
  map: { kind: kindNumbers.map, strength: 'strong', label: 'map', makeStore: makeMapStore },
  weakMap: { kind: kindNumbers.weakMap, strength: 'weak', label: 'weakMap', makeStore: makeWeakMapStore },
  set: { kind: kindNumbers.set, strength: 'strong', label: 'set', makeStore: makeSetStore },
  weakSet: { kind: kindNumbers.weakSet, strength: 'weak', label: 'weakSet', makeStore: makeWeakSetStore },
} as const satisfies Record<string, Family>

export type FamilyName = keyof typeof families

/** The baggage is the first durable map of the vat. */
const baggageVref = storedObject('durable', kindNumbers.map, 1)

/** The position of the search for virtual collections of earlier incarnations. */
interface Search {
  readonly family: Family
  after: string
}

export class Collections implements GarbageSource {
  readonly #parts: CollectionParts
  /** The first instance of this incarnation, by kind, if there was an earlier incarnation. */
  readonly #firstOwn = new Map<number, number>()
  #searches: readonly Search[] = []
  #mayHaveDying = false

  constructor(parts: CollectionParts) {
    this.#parts = parts
    const { references } = parts
    for (const family of Object.values(families)) {
      references.registerKeeper(family.kind, {
        representative: (vref) => this.#represent(family, this.#find(family, vref)),
        facets: (base) => [base],
        delete: (base) => this.#end(family, base),
      })
      if (family.strength === 'weak')
        references.registerWeakKeeper(family.kind, (vref, key) => this.#forget(vref, key))
    }
  }

  /** Called at the very start of a later incarnation: all existing virtual data is now unreachable. */
  abandonVirtual(): void {
    assert(this.#firstOwn.size === 0, 'an incarnation begins once')
    for (const { kind } of Object.values(families))
      this.#firstOwn.set(kind, Number(read(keys.nextInstance(kind)) ?? '1'))
    this.#searches = Object.values(families).map((family) => ({
      family,
      after: keys.virtualCollections(family.kind),
    }))
    this.#mayHaveDying = true
  }

  /** Continues with dying collections, then with those that earlier incarnations left behind. */
  step(): boolean {
    return this.#shrinkDying() || this.#endOld()
  }

  #shrinkDying(): boolean {
    if (!this.#mayHaveDying) return false
    const key = nextKey(keys.dyingPrefix, keys.dyingPrefix)
    if (key === undefined) {
      this.#mayHaveDying = false
      return false
    }
    const vref = keys.dyingVref(key)
    if (this.#shrink(familyOf(vref), vref) === 'empty') remove(key)
    return true
  }

  /** Ends the next virtual collection of an earlier incarnation. */
  #endOld(): boolean {
    const [search, ...others] = this.#searches
    if (search === undefined) return false
    const key = nextKey(keys.virtualCollections(search.family.kind), search.after)
    if (key === undefined) this.#searches = others
    else {
      search.after = key
      this.#endIfOld(search.family, keys.collectionVref(key))
    }
    return true
  }

  #endIfOld(family: Family, vref: ObjectVref): void {
    if (!this.#isOld(vref)) return
    for (const row of [keys.count(vref), keys.exported(vref)]) remove(row)
    this.#releaseOf(vref)(this.#end(family, vref))
  }

  /**
   * Deletes a collection's description at once, and as many of its entries as allowed. Returns the other
   * references that it held.
   */
  #end(family: Family, vref: ObjectVref): readonly Vref[] {
    const slots = deleteDescription(vref)
    if (this.#shrink(family, vref) === 'entries left') {
      write(keys.dying(vref), '')
      this.#mayHaveDying = true
    }
    return slots
  }

  #shrink(family: Family, vref: ObjectVref): 'empty' | 'entries left' {
    const release = this.#releaseOf(vref)
    return deleteEntries(vref, family.strength, this.#parts.references, release)
  }

  /** References of an ended incarnation are not counted. */
  #releaseOf(vref: ObjectVref): (slots: readonly Vref[]) => void {
    const { references } = this.#parts
    if (!this.#isOld(vref)) return (slots) => references.updateCounts([], slots)
    return (slots) =>
      references.updateCounts(
        [],
        slots.filter((slot) => allocatorOf(slot) === 'kernel' || isDurableVref(slot)),
      )
  }

  #isOld(vref: ObjectVref): boolean {
    const { durability, kind, instance } = parseStored(vref)
    return durability === 'virtual' && instance < (this.#firstOwn.get(kind) ?? 1)
  }

  /** The name under which an old collection has an entry may denote another object by now. */
  #forget(vref: ObjectVref, key: ObjectVref): void {
    if (!this.#isOld(vref)) deleteWeakEntry(vref, key, this.#parts.references)
  }

  make(name: FamilyName, label: string = families[name].label, options: CollectionOptions = {}): object {
    const { durable = false, keyShape, valueShape } = options
    const family: Family = families[name]
    const counter = keys.nextInstance(family.kind)
    // The first durable map is the baggage, which exists before any other.
    const instance = Number(read(counter) ?? '1')
    assert(Number.isSafeInteger(instance) && instance >= 1, 'collections of a kind are numbered from 1')
    const collection = this.#create(
      family,
      storedObject(durable ? 'durable' : 'virtual', family.kind, instance),
      { label, keyShape, valueShape },
    )
    write(counter, String(instance + 1))
    this.#parts.references.noteCreated(collection.vref)
    return this.#represent(family, collection)
  }

  /** The durable map from which an heir finds its estate: created with the vat, and never deleted. */
  baggage(keyShape: unknown): object {
    if (read(keys.collection(baggageVref)) !== undefined) return this.#parts.codec.reference(baggageVref)
    const collection = this.#create(families.map, baggageVref, {
      label: 'baggage',
      keyShape,
      valueShape: undefined,
    })
    write(keys.nextInstance(kindNumbers.map), '2')
    this.#parts.references.updateCounts([baggageVref], [])
    return this.#represent(families.map, collection)
  }

  /** Stores an already encoded entry, replacing any under its key. */
  putIntoBaggage(key: string, data: CapData<Vref>): void {
    this.#find(families.map, baggageVref).put(key, data)
  }

  #create(family: Family, vref: ObjectVref, schema: Schema): Collection {
    const collection = new Collection(this.#parts, vref, family.strength)
    collection.create(schema)
    return collection
  }

  #find(family: Family, vref: ObjectVref): Collection {
    return new Collection(this.#parts, vref, family.strength)
  }

  #represent(family: Family, collection: Collection): object {
    const store = family.makeStore(collection)
    collection.store = store
    this.#parts.slots.holdWeakly(collection.vref, store)
    return store
  }
}

function familyOf(vref: ObjectVref): Family {
  const { kind } = parseStored(vref)
  const family = Object.values(families).find((one) => one.kind === kind)
  if (family === undefined) throw new Error(`${vref} is not a collection`)
  return family
}

/** The collection functions of the global `VatData`. */
export function collectionMakers(collections: Collections): object {
  const maker = (name: FamilyName) => (label?: string, options?: CollectionOptions) =>
    collections.make(name, label, options)
  return {
    makeScalarBigMapStore: maker('map'),
    makeScalarBigWeakMapStore: maker('weakMap'),
    makeScalarBigSetStore: maker('set'),
    makeScalarBigWeakSetStore: maker('weakSet'),
  }
}
