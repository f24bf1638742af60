/**
 * Kinds that this incarnation did not define: missing kinds, and kinds that have ended.
 *
 * No code can block its heirs by creating a kind and losing its handle, so that no heir finds it in the
 * baggage: a kind without objects need not be defined, an heir can request a handle by its tag (`kinds.ts`),
 * and an upgrade can name tags whose kinds end if the heir does not define them.
 *
 * Ab1. A kind that has ended keeps its row, marked as abandoned, while anything refers to its objects: such a
 *      reference reads as a remotable without methods, so that the data around it stay readable.
 * Ab2. The kernel removes the kind's exports from the vat when the start has succeeded
 *      (`protocol/worker/vatstore.ts`). The records are deleted in steps, during collections, and release
 *      their
 *      references.
 */
import { assert } from '../../../base/errors.ts'
import { facetVref, storedObject, type ObjectVref } from '../../../base/ids.ts'
import type { Definition, KindRecord } from '../../../protocol/worker/estate.ts'
import { refusalLimits } from '../../../protocol/limits.ts'
import type { KindLeft } from '../../../protocol/results.ts'
import { Cursor } from '../../memory/cursor.ts'
import type { GarbageSource } from '../../memory/garbageSources.ts'
import { isBudgetSpent } from '../../memory/workBudget.ts'
import { kindNumbers } from '../../memory/kindNumbers.ts'
import type { Keeper, References } from '../../memory/references.ts'
import { remotablePrototype } from '../../values/remotable.ts'
import type { Slots } from '../../wire/slots.ts'
import { keys, nextKey, read, readRange, remove } from '../../memory/store.ts'
import { writeKind } from './estate.ts'
import { slotsOfRecord } from './records.ts'
import { slotsOf } from './shape.ts'

/** The kinds that the start of an incarnation left undefined. */
export interface UndefinedKinds {
  /** Tags of kinds that have objects; the first of them. */
  readonly missing: readonly string[]
  /** Kinds that may end now. */
  readonly ending: readonly EndingKind[]
  /** Numbers of kinds that ended in an earlier incarnation, with their rows. */
  readonly ended: ReadonlyMap<number, KindRecord>
}

/** A kind that may end: whether it ever had objects, and its row. */
interface EndingKind extends KindLeft {
  readonly use: 'used' | 'unused'
  readonly record: KindRecord
}

/** A tag in reports, as an upgrade names it. */
export const reportedTag = (tag: string): string =>
  tag.length <= refusalLimits.name ? tag : tag.slice(0, refusalLimits.name).toWellFormed()

/** The rows of all durable kinds, in creation order. */
export function* kindRows(): Generator<readonly [id: number, record: KindRecord]> {
  const cursor = new Cursor(keys.kindPrefix, keys.kindsEnd)
  while (cursor.advance()) yield [keys.kindNumber(cursor.row), JSON.parse(cursor.text) as KindRecord]
}

export function findUndefined(isDefined: (id: number) => boolean, tags: readonly string[]): UndefinedKinds {
  const missing: string[] = []
  const ending: EndingKind[] = []
  const ended = new Map<number, KindRecord>()
  const mayEnd = new Set(tags)
  let known: ReadonlySet<number> | undefined
  const isUsed = (id: number): boolean => (known ??= usedKinds()).has(id)
  for (const [id, record] of kindRows()) {
    if (isDefined(id)) continue
    const tag = reportedTag(record.tag)
    if (record.abandoned === true) ended.set(id, record)
    else if (mayEnd.has(tag)) ending.push({ tag, kind: id, use: isUsed(id) ? 'used' : 'unused', record })
    else if (isUsed(id) && hasObjects(id) && missing.push(tag) === refusalLimits.names) break
  }
  return { missing, ending, ended }
}

/** Kinds that ever had objects, found with one question for many of them. */
function usedKinds(): ReadonlySet<number> {
  const used = new Set<number>()
  const cursor = new Cursor(keys.instancesFrom, keys.instancesEnd)
  while (cursor.advance()) used.add(keys.instancesKind(cursor.row))
  return used
}

const hasAny = (prefix: string): boolean => nextKey(prefix, prefix) !== undefined
const hasObjects = (id: number): boolean => hasAny(keys.durableObjects(id))

/** Ends a kind (Ab1). */
export function endKind(
  references: References,
  { kind, use, record: { tag, definition, abandoned } }: EndingKind,
): KindRecord {
  assert(abandoned !== true, 'Ab1: a kind ends once')
  references.updateCounts([], slotsOf(definition?.shape ?? null))
  if (use === 'used') endWatcher(references, kind)
  const ended: KindRecord = {
    tag,
    definition: definition === null ? null : { ...definition, shape: null },
    abandoned: true,
  }
  writeKind(kind, ended)
  return ended
}

/** The kind's promise watcher, if it has one (`watchers.ts`). */
function endWatcher(references: References, kind: number): void {
  const key = keys.watcherOf(storedObject('durable', kindNumbers.handle, kind))
  const watcher = read(key)
  if (watcher === undefined) return
  references.updateCounts([], [watcher as ObjectVref])
  remove(key)
}

/** The keeper of the remaining objects of a kind that has ended (Ab1). */
export function abandonedKeeper(slots: Slots, tag: string, definition: Definition | null): Keeper {
  const prototype = remotablePrototype(`Alleged: ${tag} (abandoned)`)
  const facets = definition?.facets ?? null
  return {
    representative: (vref) => {
      const object = Object.freeze(Object.create(prototype) as object)
      slots.holdWeakly(vref, object)
      return object
    },
    facets: (base) => (facets === null ? [base] : facets.map((_name, index) => facetVref(base, index))),
    delete: (base) => {
      const text = read(keys.object(base))
      if (text === undefined) return []
      remove(keys.object(base))
      return slotsOfRecord(base, text)
    },
  }
}

/** The number of objects that are read together. */
const atOnce = 100

/** The records of kinds that have ended (Ab2). */
export class AbandonedRecords implements GarbageSource {
  readonly #references: References
  /** Kinds with records still to delete. */
  #kinds: readonly number[] = []

  constructor(references: References) {
    this.#references = references
  }

  begin(kinds: readonly number[]): void {
    assert(this.#kinds.length === 0, 'Ab2: a start abandons kinds once')
    this.#kinds = kinds
  }

  step(): boolean {
    const [kind, ...others] = this.#kinds
    if (kind === undefined) return false
    const rows = readRange(keys.durableObjects(kind), keys.durableObjectsOfKindEnd(kind), atOnce)
    for (let at = 0; at < rows.length && !isBudgetSpent(); at += 2)
      this.#delete(keys.objectVref(rows[at] as string), rows[at + 1] as string)
    if (rows.length > 0) return true
    forgetKind(kind)
    this.#kinds = others
    return true
  }

  #delete(base: ObjectVref, text: string): void {
    remove(keys.object(base))
    this.#references.updateCounts([], slotsOfRecord(base, text))
    this.#references.suspect(base)
  }
}

/** Removes the row of a kind whose objects and handle are unreferenced (Ab1). */
function forgetKind(id: number): void {
  const handle = storedObject('durable', kindNumbers.handle, id)
  if (hasAny(keys.countsOfKind(id)) || hasAny(keys.exportsOfKind(id))) return
  if (read(keys.count(handle)) !== undefined || read(keys.exported(handle)) !== undefined) return
  for (const key of [keys.kind(id), keys.nextInstance(id), keys.sweep(id)]) remove(key)
}
