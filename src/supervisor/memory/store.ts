/**
 * The supervisor's access to the vat's durable data: text by key, kept by the kernel. Within a crank a key is
 * read from the kernel at most once, and written at most once, at its end.
 */
import { assert } from '../../base/errors.ts'
import { Sequences, Walks } from './readAhead.ts'
import { ask as askKernel, command } from '../wire/channel.ts'
import { resetWorkBudget, spend, spendOnAnswer } from './workBudget.ts'
import { baseOf, isStoredVref, type ObjectVref, type PromiseVref, type Vref } from '../../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { CapData } from '../../protocol/capdata.ts'
import {
  durableObjectsPrefix,
  kindPrefix,
  namedExportKey,
  namedExportLabel,
  namedExportPrefix,
  nextInstanceKey,
} from '../../protocol/worker/estate.ts'
import { rangeLimits } from '../../protocol/limits.ts'
import type { Answer, Question } from '../../protocol/worker/syscall.ts'
import { countKey, exportKey, watchKey, watchPrefix } from '../../protocol/worker/vatstore.ts'

/**
 * The layout of a vat's space, the only place where its keys are built:
 *
 * | key                      | value                                        |
 * |--------------------------|----------------------------------------------|
 * | `collection.` vref       | stored text of `[label, key shape, value shape]` |
 * | `entry.` vref `.` key    | the entry's value as stored text; empty in sets. The key is the text of `codec/scalarKeys.ts` |
 * | `size.` vref             | the number of entries; absent for weak ones  |
 * | `ordinals.` vref         | the ordinal of the next remotable key        |
 * | `ordinal.` vref `.` key's vref | the place of a remotable key in key order; for an import also a space and its interface name |
 * | `dying.` vref            | empty: the collection has ended, but entries remain |
 * | `kind.` id               | JSON of a `KindRecord` (`protocol/worker/estate.ts`) |
 * | `kinds.next`             | the number of the next kind                  |
 * | `next.` kind             | the number of the kind's next instance       |
 * | `object.` vref           | state version, and lines of fields (`kinds/stored/records.ts`) |
 * | `sweep.` kind            | the position of the kind's sweep             |
 * | `count.` vref            | the number of stored references to it (`protocol/worker/vatstore.ts`) |
 * | `loose.` vref            | empty: only the heap needs the durable object |
 * | `export.` vref           | `reachable` or `recognizable`                |
 * | `name.` label            | vref of the named export                     |
 * | `names.next`             | the number of the next named export          |
 * | `watch.` promise vref    | JSON of a list of capdata `[watcher, ...arguments]` (`protocol/worker/vatstore.ts`) |
 * | `watcher.` kind handle   | vref of the one watcher of the kind          |
 * | `uncollected`            | empty: durable objects may be unneeded, with no collection since |
 * | `weak.` vref `.` collection | empty: the collection has an entry under it |
 */
export const keys = {
  collection: (vref: ObjectVref): string => `collection.${vref}`,
  durableCollectionsFrom: 'collection.o+d',
  durableCollectionsEnd: 'collection.o+e',
  virtualCollections: (kind: number): string => `collection.o+v${kind}/`,
  collectionVref: (key: string): ObjectVref => key.slice('collection.'.length) as ObjectVref,
  dyingPrefix: 'dying.',
  dying: (vref: ObjectVref): string => `dying.${vref}`,
  dyingVref: (key: string): ObjectVref => key.slice('dying.'.length) as ObjectVref,
  entryPrefix: 'entry.',
  /** All entries of a collection are between this and `entriesEnd`. */
  entries: (vref: ObjectVref): string => `entry.${vref}.`,
  /** Greater than all entries, whose keys begin with a letter. */
  entriesEnd: (vref: ObjectVref): string => `entry.${vref}.{`,
  size: (vref: ObjectVref): string => `size.${vref}`,
  ordinals: (vref: ObjectVref): string => `ordinals.${vref}`,
  ordinal: (vref: ObjectVref): string => `ordinal.${vref}.`,
  kindPrefix,
  /** Greater than the keys of all kinds. */
  kindsEnd: 'kind/',
  kind: (kind: number): string => kindPrefix + orderedNumber(kind),
  kindNumber: (key: string): number => fromOrderedNumber(key.slice(kindPrefix.length)),
  nextKind: 'kinds.next',
  nextInstance: nextInstanceKey,
  instancesFrom: 'next.',
  instancesEnd: 'next/',
  instancesKind: (key: string): number => Number(key.slice('next.'.length)),
  object: (vref: ObjectVref): string => 'object.' + vref,
  durableObjectsFrom: 'object.o+d',
  durableObjectsEnd: 'object.o+e',
  /** Of all objects of a virtual kind. */
  virtualObjects: (kind: number): string => `object.o+v${kind}/`,
  /** The least text that is greater than all of them. */
  virtualObjectsEnd: (kind: number): string => `object.o+v${kind}0`,
  /** Of all objects of a durable kind. */
  durableObjects: durableObjectsPrefix,
  /** The least text that is greater than all of them. */
  durableObjectsOfKindEnd: (kind: number): string => `object.o+d${kind}0`,
  objectVref: (key: string): ObjectVref => key.slice('object.'.length) as ObjectVref,
  sweep: (kind: number): string => `sweep.${kind}`,
  count: countKey,
  countsOfKind: (kind: number): string => `count.o+d${kind}/`,
  exportsOfKind: (kind: number): string => `export.o+d${kind}/`,
  heapOnlyFrom: 'loose.',
  heapOnlyEnd: 'loose/',
  heapOnly: (vref: ObjectVref): string => `loose.${vref}`,
  heapOnlyVref: (key: string): ObjectVref => key.slice('loose.'.length) as ObjectVref,
  watchPrefix,
  /** Greater than the keys of all watches. */
  watchesEnd: 'watch/',
  watch: watchKey,
  furtherWatches: (vref: PromiseVref): string => `watches.${vref}.`,
  /** Greater than all of these. */
  furtherWatchesEnd: (vref: PromiseVref): string => `watches.${vref}/`,
  watcherOf: (handle: ObjectVref): string => `watcher.${handle}`,
  namedExportPrefix,
  /** Greater than the keys of all named exports. */
  namedExportsEnd: 'name/',
  namedExport: namedExportKey,
  namedExportLabel,
  nextNamedExport: 'names.next',
  uncollected: 'uncollected',
  exportedFrom: 'export.',
  exportedEnd: 'export/',
  exported: exportKey,
  exportedVref: (key: string): ObjectVref => key.slice('export.'.length) as ObjectVref,
  exportedFacets: (vref: ObjectVref): string => `export.${vref}:`,
  weakKey: (vref: ObjectVref, collection: ObjectVref): string => `weak.${vref}.${collection}`,
  weakKeyPrefix: (vref: ObjectVref): string => `weak.${vref}.`,
  /** Greater than all weak keys. */
  weakKeysEnd: 'weak/',
  weakKeyCollection: (vref: ObjectVref, key: string): ObjectVref =>
    key.slice(`weak.${vref}.`.length) as ObjectVref,
} as const

/** The longest key that the kernel takes (`docs/wires/syscall.md`). */
export const maxRowKeyLength = 512

/** The number of incidentally read values that are remembered until the end of the crank. */
const maxKnownKeys = 10_000

/** Keys in a range that was empty when the kernel was asked in this crank; newer ones are known. */
interface Gap {
  readonly from: string
  readonly to: string
}

/** The values read or written in this crank; undefined means that the key does not exist. */
const known = new Map<string, string | undefined>()
/** Keys whose value the kernel does not have yet, in the order of their first write. */
const unwritten = new Set<string>()
/** By the end of the requested range. */
const gaps = new Map<string, Gap>()
const sequences = new Sequences()
const walks = new Walks()
let cranks = 0

/** A number per crank, so that values read in one are not mistaken for valid in another. */
export const crankNumber = (): number => cranks

export function read(key: string): string | undefined {
  if (known.has(key)) return known.get(key)
  const together = sequences.with(key)
  if (together !== undefined) return readTogether(key, together)
  const value = ask({ kind: 'vatstoreGet', key }) ?? undefined
  known.set(key, value)
  return value
}

/** The kernel may answer for the first of them only, when their values are long. */
function readTogether(key: string, together: readonly string[]): string | undefined {
  const values = JSON.parse(ask({ kind: 'vatstoreGetSeveral', keys: together }) ?? '[]') as readonly (
    string | null
  )[]
  for (let at = 0; at < values.length; at += 1) learn(together[at] as string, values[at] ?? undefined)
  return known.get(key)
}

/** The crank's own writes are newer than the kernel's values. */
function learn(key: string, value: string | undefined): void {
  if (!known.has(key)) known.set(key, value)
}

/** Reads a key of a range before `end`, whose keys are often read in order. */
export function readInOrder(key: string, end: string): string | undefined {
  if (known.has(key)) return known.get(key)
  const step = walks.step(key, end)
  if (step === undefined) return read(key)
  // The least text that is greater: keys have printable ASCII only, of which the space is the first.
  const found = askRange(`${step.after} `, end, step.limit)
  walks.stepped(key, end, found[0], found.at(-2))
  for (let at = 0; at < found.length; at += 2) learn(found[at] as string, found[at + 1])
  expectRecords(found)
  return read(key)
}

/** These keys will be read in this order; earlier expectations are dropped. */
export function expectReads(keys: readonly string[]): void {
  sequences.clear()
  sequences.expect(keys)
}

/** For the objects that these entries refer to. */
function expectRecords(entries: readonly string[]): void {
  const records: string[] = []
  for (let at = 1; at < entries.length; at += 2) {
    const text = entries[at] as string
    const end = text.indexOf('#')
    // A set's entries are empty, and most values refer to nothing.
    if (end <= 0) continue
    const slots = text.slice(0, end)
    if (slots.includes(',')) for (const slot of slots.split(',')) expectRecord(slot as Vref, records)
    else expectRecord(slots as Vref, records)
  }
  sequences.expect(records)
}

function expectRecord(slot: Vref, records: string[]): void {
  if (isStoredVref(slot)) records.push(keys.object(baseOf(slot) as ObjectVref))
}

/** The key belongs to a name never used before, so it need not be asked for. */
export function knowAbsent(key: string): void {
  known.set(key, undefined)
}

export function write(key: string, value: string): void {
  spend(1)
  known.set(key, value)
  unwritten.add(key)
}

export function remove(key: string): void {
  spend(1)
  known.set(key, undefined)
  unwritten.add(key)
}

/** Sends the pending writes to the kernel. */
function flush(): void {
  if (unwritten.size === 0) return
  const entries: (string | null)[] = []
  for (const key of unwritten) entries.push(key, known.get(key) ?? null)
  command({ kind: 'vatstoreWrite', entries })
  unwritten.clear()
}

/** Ends a crank: the kernel has everything, and nothing is remembered. */
export function endCrank(): void {
  flush()
  if (known.size > 0) known.clear()
  if (gaps.size > 0) gaps.clear()
  sequences.clear()
  walks.clear()
  resetWorkBudget()
  cranks += 1
}

/**
 * Reads a key that is probably new: also fetches what follows it before `end`, so that keys written in order
 * cost one question together.
 */
export function readNew(key: string, end: string): string | undefined {
  if (known.has(key)) return known.get(key)
  const gap = gaps.get(end)
  if (gap !== undefined && key >= gap.from && key < gap.to) return undefined
  const [first, value] = askRange(key, end, 1)
  if (first === key) {
    known.set(key, value)
    return value
  }
  gaps.set(end, { from: key, to: first ?? end })
  return undefined
}

/**
 * Whether no key begins with the prefix. Also fetches what follows before `end`, so that prefixes requested
 * in order cost one question together; a writer of such a key must call `forgetAbsence`.
 */
export function isNothingFrom(prefix: string, end: string): boolean {
  const gap = gaps.get(end)
  if (gap !== undefined && prefix >= gap.from && prefix < gap.to) return !gap.to.startsWith(prefix)
  flush()
  const [first = end] = askRange(prefix, end, 1)
  gaps.set(end, { from: prefix, to: first })
  return !first.startsWith(prefix)
}

/** A key before `end` is written. */
export function forgetAbsence(end: string): void {
  gaps.delete(end)
}

/** Alternating keys and values, with `from` ≤ key < `to`, in order, at most `limit` entries. */
export function readRange(from: string, to: string, limit: number): readonly string[] {
  flush()
  const found = askRange(from, to, limit)
  for (let at = 0; at < found.length && known.size < maxKnownKeys; at += 2)
    known.set(found[at] as string, found[at + 1])
  if (from.startsWith(keys.entryPrefix)) expectRecords(found)
  return found
}

function askRange(from: string, to: string, limit: number): readonly string[] {
  assert(limit >= 1 && limit <= rangeLimits.entries, 'a range is read in parts that the kernel allows')
  const found = JSON.parse(ask({ kind: 'vatstoreRange', from, to, limit }) ?? '[]') as readonly string[]
  assert(found.length % 2 === 0 && found.length <= 2 * limit, 'a range has a value for each key')
  return found
}

/** The value in this crank if known, else the one found earlier in it. */
export const readAfter = (key: string, found: string): string | undefined =>
  known.has(key) ? known.get(key) : found

/** The first key after `after` that begins with the prefix, in code unit order. */
export function nextKey(prefix: string, after: string): string | undefined {
  flush()
  return ask({ kind: 'vatstoreNextKey', prefix, after }) ?? undefined
}

/**
 * The keys that begin with the prefix, in order. Keys written or removed meanwhile are included or omitted
 * accordingly.
 */
export function* keysFrom(prefix: string): Generator<string> {
  // A text less than the prefix: a key equal to the prefix counts too.
  for (let key = nextKey(prefix, prefix.slice(0, -1)); key !== undefined; key = nextKey(prefix, key))
    yield key
}

function ask(question: Question): Answer {
  const answer = askKernel(question)
  spendOnAnswer(answer?.length ?? 0)
  return answer
}

/** Capdata as one text: its slots, separated by commas, and its body, which begins with `#`. */
export const textOf = ({ body, slots }: CapData<Vref>): string =>
  slots.length === 0 ? body : slots.join(',') + body

export function dataOf(text: string): CapData<Vref> {
  // The entries of sets are empty.
  if (text[0] === '#' || text === '') return { body: text, slots: [] }
  const at = text.indexOf('#')
  return { body: text.slice(at), slots: text.slice(0, at).split(',') as Vref[] }
}
