/**
 * Kinds: classes of objects whose state is in the store and whose behaviour is in the code.
 *
 * Knd1. An object's name (`o+d12/7`, or `o+d12/7:0` for a facet) never changes.
 * Knd2. Durable kinds outlive the incarnation, each of which supplies their behaviour anew; virtual kinds end
 *       with it.
 * Knd3. By the end of `buildRootObject` every durable kind of the estate that has objects is redefined, with
 *       all its facets and records (`estate.ts`), or ends (`abandoned.ts`). A definition that violates this
 *       refuses the start, however the code handles the error.
 * Knd4. Contexts are per crank: the view that code has of an object does not depend on collections between
 *       two cranks.
 */
import { assert } from '../../base/errors.ts'
import { baseOf, parseStored, type ObjectVref } from '../../base/ids.ts'
import { probeKey, type KindFields } from '../../protocol/worker/estate.ts'
import { abandonLimits } from '../../protocol/limits.ts'
import type { KindLeft, MigratedKind } from '../../protocol/results.ts'
import type { Codec } from '../values/codec.ts'
import { kindNumbers } from '../memory/kindNumbers.ts'
import type { Keeper, References } from '../memory/references.ts'
import { offenceOf, withCode } from '../values/notDurable.ts'
import { takeRoomForEntry } from '../memory/quota.ts'
import type { Slots } from '../wire/slots.ts'
import { keys, read, remove, write } from '../memory/store.ts'
import { AbandonedRecords, abandonedKeeper, endKind, findUndefined, kindRows } from './stored/abandoned.ts'
import { cohortOf, facetVrefs, makeCohort, type Cohort, type Kind } from './stored/cohort.ts'
import {
  KindCount,
  findKind,
  isFlaw,
  readKind,
  nextDefinition,
  allocateKindNumber,
  writeKind,
  type Flaw,
} from './stored/estate.ts'
import {
  versionsOf,
  type Context,
  type Facets,
  type Init,
  type KindOptions,
  type Methods,
  type StateValues,
} from './stored/options.ts'
import { recordFlaw } from './stored/plainRecord.ts'
import { facetNames, facetPrototypes, type Behaviour } from './facets.ts'
import { KindHandles } from './handles.ts'
import { fieldsFrom } from './probe.ts'
import { Records, nameOf } from './stored/records.ts'
import { StateShape, slotsOf } from './stored/shape.ts'
import { stateOf } from './stored/state.ts'
import { sweep, type SweepResult } from './stored/sweep.ts'

/** The result at the end of a start. */
export interface StartConclusion {
  readonly missing: readonly string[]
  readonly abandoned: readonly KindLeft[]
}

type Maker = (...args: unknown[]) => object

export class Kinds {
  readonly #slots: Slots
  readonly #references: References
  readonly #codec: () => Codec
  readonly #records: Records
  readonly #handles: KindHandles
  readonly #defined = new Map<number, Kind>()
  #flaw: Flaw | undefined
  readonly #migrated: MigratedKind[] = []
  readonly #count = new KindCount()
  readonly abandonedRecords: AbandonedRecords
  /** Of this crank (Knd4). */
  readonly #contexts = new Map<ObjectVref, Context>()
  readonly #facets = new Map<ObjectVref, Facets>()
  /** The `init` functions of durable kinds, in a start that records which fields records have. */
  #inits: Map<number, Init | undefined> | undefined
  /** The next instance of each durable kind that created one in this crank. */
  readonly #nextInstances = new Map<number, number>()

  constructor(slots: Slots, references: References, codec: () => Codec) {
    this.#slots = slots
    this.#references = references
    this.#codec = codec
    this.#records = new Records(codec, references)
    this.#handles = new KindHandles(slots)
    this.abandonedRecords = new AbandonedRecords(references)
    references.registerKeeper(kindNumbers.handle, this.#handles.keeper())
    references.onUnknownKind((id) => this.#keeperOfOther(id))
  }

  // --- defining

  makeKindHandle(tag: string): object {
    if (typeof tag !== 'string' || tag.length > abandonLimits.tag || !tag.isWellFormed()) {
      throw new TypeError(
        `the tag of a kind is a well-formed string of at most ${abandonLimits.tag} characters`,
      )
    }
    takeRoomForEntry(keys.kind(kindNumbers.firstOfUsers).length + tag.length)
    this.#count.add()
    const id = allocateKindNumber()
    writeKind(id, { tag, definition: null })
    return this.#handles.handleOf(id, tag)
  }

  /**
   * The handle of the oldest durable kind with this tag that this incarnation has not defined; undefined when
   * there is none.
   */
  findKindHandle(tag: string): object | undefined {
    if (typeof tag !== 'string') throw new TypeError('the tag of a kind is a string')
    for (const [id, record] of kindRows()) {
      if (record.tag === tag && record.abandoned !== true && !this.#defined.has(id))
        return this.#handles.handleOf(id, tag)
    }
    return undefined
  }

  defineKind(tag: string, init: Init | undefined, methods: Methods, options: KindOptions = {}): Maker {
    return this.#virtual(tag, init, { facets: undefined, methods }, options)
  }

  defineKindMulti(
    tag: string,
    init: Init | undefined,
    methods: Readonly<Record<string, Methods>>,
    options: KindOptions = {},
  ): Maker {
    return this.#virtual(tag, init, { facets: facetNames(tag, methods), methods }, options)
  }

  defineDurableKind(
    handle: object,
    init: Init | undefined,
    methods: Methods,
    options: KindOptions = {},
  ): Maker {
    const { id, tag } = this.#undefinedKindOf(handle)
    return this.#durable(id, tag, init, { facets: undefined, methods }, options)
  }

  defineDurableKindMulti(
    handle: object,
    init: Init | undefined,
    methods: Readonly<Record<string, Methods>>,
    options: KindOptions = {},
  ): Maker {
    const { id, tag } = this.#undefinedKindOf(handle)
    return this.#durable(id, tag, init, { facets: facetNames(tag, methods), methods }, options)
  }

  /** Whether a durable object could refer to the value. Throws when it is not even passable. */
  canBeDurable(value: unknown): boolean {
    try {
      this.#codec().encodeStored(value, 'durable')
      return true
    } catch (error) {
      if (offenceOf(error) !== undefined) return false
      throw error
    }
  }

  sweepKind(handle: object, budget: number): SweepResult {
    const kind = this.#defined.get(this.#handles.idOf(handle))
    if (kind === undefined) throw new Error('the kind is not defined in this incarnation')
    return Object.freeze(sweep(kind, this.#records, budget))
  }

  // --- the start and the crank

  /** Why the definitions so far are incompatible with the estate (Knd3). */
  flaw(): Flaw | undefined {
    return this.#flaw
  }

  /**
   * Ends a start (Knd3): ends the undefined kinds with one of the tags, and reports which others are missing.
   */
  conclude(tags: readonly string[]): StartConclusion {
    const { missing, ending, ended } = findUndefined((id) => this.#defined.has(id), tags)
    assert(this.#flaw === undefined, 'Knd3: a start with an incompatible definition is refused')
    if (missing.length > 0) return { missing, abandoned: [] }
    const rows = new Map(ended)
    for (const one of ending) rows.set(one.kind, endKind(this.#references, one))
    for (const [id, { tag, definition }] of rows)
      this.#references.registerKeeper(id, abandonedKeeper(this.#slots, tag, definition))
    this.abandonedRecords.begin([...rows.keys()])
    return { missing, abandoned: ending.map(({ tag, kind }) => ({ tag, kind })) }
  }

  /** Keeps the `init` functions of durable kinds from now on. */
  beginProbe(): void {
    assert(this.#defined.size === 0, 'Prb1: a probe begins before any kind is defined')
    this.#inits = new Map()
  }

  /** Stores which fields records would have, if requested. */
  endProbe(): void {
    for (const [id, init] of this.#inits ?? [])
      write(probeKey(id), JSON.stringify({ fields: fieldsFrom(init) } satisfies KindFields))
  }

  /** Durable kinds that this incarnation raises to a higher state version, in definition order. */
  migrated(): readonly MigratedKind[] {
    return this.#migrated
  }

  /** Writes the crank's changes and drops what it read. */
  flush(): void {
    if (this.#nextInstances.size > 0) this.#writeNextInstances()
    this.#records.flush()
    if (this.#contexts.size > 0) this.#contexts.clear()
    if (this.#facets.size > 0) this.#facets.clear()
  }

  #writeNextInstances(): void {
    for (const [id, next] of this.#nextInstances) write(keys.nextInstance(id), String(next))
    this.#nextInstances.clear()
  }

  // --- kinds

  #virtual(tag: string, init: Init | undefined, behaviour: Behaviour, options: KindOptions): Maker {
    if (typeof tag !== 'string') throw new TypeError('the tag of a kind is a string')
    if (options.stateVersion !== undefined || options.migrate !== undefined) {
      throw new TypeError(
        `${tag}: only a durable kind has state versions; a virtual one ends with its incarnation`,
      )
    }
    const shape = shapeOf(tag, options)
    const id = allocateKindNumber()
    const { facets } = behaviour
    const prototypes = facetPrototypes(tag, behaviour, facets, options, this.#contextFinder(id))
    const kind: Kind = {
      id,
      tag,
      durability: 'virtual',
      facets,
      prototypes,
      shape,
      version: 1,
      migrate: new Map(),
      stateForms: [],
    }
    let next = 1
    return this.#register(kind, init, options, () => next++)
  }

  #durable(
    id: number,
    tag: string,
    init: Init | undefined,
    behaviour: Behaviour,
    options: KindOptions,
  ): Maker {
    const versions = versionsOf(tag, options)
    const shape = shapeOf(tag, options)
    const facets = this.#recordDefinition(id, { tag, facets: behaviour.facets, shape, ...versions })
    const prototypes = facetPrototypes(tag, behaviour, facets, options, this.#contextFinder(id))
    const kind: Kind = {
      id,
      tag,
      durability: 'durable',
      facets,
      prototypes,
      shape,
      ...versions,
      stateForms: [],
    }
    this.#inits?.set(id, init)
    return this.#register(kind, init, options, () => this.#allocateInstance(id))
  }

  /**
   * Records the definition, if it is compatible with the estate (Knd3). Returns the facets in the order of
   * their numbers.
   */
  #recordDefinition(
    id: number,
    proposal: Pick<Kind, 'tag' | 'facets' | 'shape' | 'version' | 'migrate'>,
  ): readonly string[] | undefined {
    const { tag, shape } = proposal
    const before = readKind(id).definition
    const storedShape = shape?.encode(this.#codec(), 'durable') ?? null
    const hasRecords = this.#nextInstances.has(id) || read(keys.nextInstance(id)) !== undefined
    const definition = nextDefinition(before, { ...proposal, storedShape }, hasRecords)
    if (isFlaw(definition)) {
      this.#flaw ??= definition
      throw new Error(definition.message)
    }
    this.#references.updateCounts(slotsOf(storedShape), slotsOf(before?.shape ?? null))
    if (before !== null && before.version !== definition.version) {
      remove(keys.sweep(id))
      this.#migrated.push({ tag, from: before.version, to: definition.version })
    }
    writeKind(id, { tag, definition })
    return definition.facets ?? undefined
  }

  /** For the facet of each index: finds the context of a receiver, if that is this facet of the kind. */
  #contextFinder(id: number) {
    return (index: number) =>
      (self: object): Context | undefined => {
        const cohort = cohortOf(self)
        return cohort?.kind.id === id && cohort.members[index] === self ? this.#contextOf(cohort) : undefined
      }
  }

  /** Registers the kind from now on. */
  #register(kind: Kind, init: Init | undefined, options: KindOptions, takeInstance: () => number): Maker {
    assert(!this.#defined.has(kind.id), 'Knd2: an incarnation defines a kind twice')
    this.#defined.set(kind.id, kind)
    this.#references.registerKeeper(kind.id, this.#keeper(kind))
    this.#passTools(kind, options)
    const { finish } = options
    return harden((...args: unknown[]) => {
      const values = init === undefined ? {} : firstState(kind.tag, Reflect.apply(init, undefined, args))
      const base = nameOf(kind, takeInstance())
      this.#records.create(kind, base, values)
      this.#references.noteCreated(base)
      const cohort = makeCohort(this.#slots, kind, base)
      finish?.(this.#contextOf(cohort))
      return this.#resultOf(cohort)
    })
  }

  #passTools(kind: Kind, { receiveAmplifier, receiveInstanceTester }: KindOptions): void {
    const { tag, facets } = kind
    const isOurs = (cohort: Cohort | undefined): cohort is Cohort => cohort?.kind === kind
    if (receiveAmplifier !== undefined) {
      if (facets === undefined)
        throw new TypeError(`${tag}: only facets of a multi-facet kind can be amplified`)
      receiveAmplifier(
        harden((facet: unknown) => {
          const cohort = cohortOf(facet)
          if (!isOurs(cohort)) throw new TypeError(`only a facet of a ${tag} can be amplified`)
          return this.#facetsOf(cohort)
        }),
      )
    }
    receiveInstanceTester?.(harden((value: unknown, facet?: string) => {
      const cohort = cohortOf(value)
      if (facet === undefined) return isOurs(cohort)
      const index = facets?.indexOf(facet) ?? -1
      if (index === -1) throw new TypeError(`${tag} has no facet ${JSON.stringify(facet)}`)
      return isOurs(cohort) && cohort.members[index] === value
    }))
  }

  // --- objects

  /**
   * The keeper of a kind that this incarnation has not defined. A number without a row is that of a kind that
   * has ended.
   */
  #keeperOfOther(id: number): Keeper {
    const record = findKind(id)
    if (record !== undefined && record.abandoned !== true)
      throw new Error(`the durable kind ${JSON.stringify(record.tag)} is not defined yet`)
    const keeper = abandonedKeeper(this.#slots, record?.tag ?? 'kind', record?.definition ?? null)
    this.#references.registerKeeper(id, keeper)
    return keeper
  }

  #keeper(kind: Kind): Keeper {
    return {
      representative: (vref) => {
        const { facet = 0 } = parseStored(vref)
        const member = makeCohort(this.#slots, kind, baseOf(vref)).members[facet]
        if (member === undefined) throw new Error(`${kind.tag} has no facet ${facet}`)
        return member
      },
      facets: (base) => facetVrefs(kind, base),
      delete: (base) => this.#records.delete(kind, base),
    }
  }

  /** The return value of a maker: the object, or the record of its facets. */
  #resultOf(cohort: Cohort): object {
    return cohort.kind.facets === undefined ? (cohort.members[0] as object) : this.#facetsOf(cohort)
  }

  #facetsOf(cohort: Cohort): Facets {
    const known = this.#facets.get(cohort.base)
    if (known !== undefined) return known
    const entries = (cohort.kind.facets ?? []).map(
      (name, index) => [name, cohort.members[index] as object] as const,
    )
    const facets = Object.freeze(Object.fromEntries(entries))
    this.#facets.set(cohort.base, facets)
    return facets
  }

  #contextOf(cohort: Cohort): Context {
    const known = this.#contexts.get(cohort.base)
    if (known !== undefined) return known
    const state = stateOf(cohort, this.#records)
    const context: Context = Object.freeze(
      cohort.kind.facets === undefined
        ? { state, self: cohort.members[0] as object }
        : { state, facets: this.#facetsOf(cohort) },
    )
    this.#contexts.set(cohort.base, context)
    return context
  }

  #allocateInstance(id: number): number {
    const next = this.#nextInstances.get(id) ?? Number(read(keys.nextInstance(id)) ?? 1)
    assert(Number.isSafeInteger(next) && next >= 1, 'Knd1: instances of a kind are numbered from 1')
    this.#nextInstances.set(id, next + 1)
    return next
  }

  /** The kind of the handle, which this incarnation has not defined yet. */
  #undefinedKindOf(handle: object): { readonly id: number; readonly tag: string } {
    const id = this.#handles.idOf(handle)
    const tag = this.#handles.tagOf(id)
    if (readKind(id).abandoned === true)
      throw new TypeError(`the durable kind ${JSON.stringify(tag)} was abandoned; make a new handle`)
    if (this.#defined.has(id))
      throw withCode(new Error(`redefinition of durable kind ${JSON.stringify(tag)}`), 'kind/defined-twice')
    return { id, tag }
  }
}

/**
 * The result of `init`, if it is a record of fields: any other value would be an object that has lost its
 * state.
 */
function firstState(tag: string, values: unknown): StateValues {
  const flaw = recordFlaw(values)
  if (flaw === undefined) return values as StateValues
  const advice = values instanceof Promise ? '; init is synchronous: await first, then make the object' : ''
  throw new Error(`${tag}: init must return the first state as a plain record of fields: ${flaw}${advice}`)
}

function shapeOf(tag: string, { stateShape }: KindOptions): StateShape | undefined {
  return stateShape === undefined ? undefined : new StateShape(tag, stateShape)
}
