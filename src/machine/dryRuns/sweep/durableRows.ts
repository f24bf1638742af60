/**
 * The rows of a vat's durable data, as every released supervisor writes them: the host reads all of them in
 * a sweep. `estate.ts` and `vatstore.ts` of `protocol/worker` have the rows on which host, kernel and
 * supervisor rely at any time; the table of all rows is in `supervisor/memory/store.ts`.
 *
 * | key                            | value                                                     |
 * |--------------------------------|-----------------------------------------------------------|
 * | `collection.o+d` kind `/` instance | stored text of `[label, key shape, value shape]`      |
 * | `entry.` vref `.` key          | the value as stored text; empty in sets                   |
 * | `size.` vref                   | the number of entries; absent for weak collections        |
 * | `ordinal.` vref `.` key's vref | the place of a remotable key, and its interface name       |
 * | `dying.` vref                  | the collection has ended, but entries remain              |
 * | `object.o+d` kind `/` instance | a record                                                  |
 * | `watch.` promise               | JSON of a list of watches, each capdata                   |
 * | `watches.` promise `.` number  | JSON of one watch more                                    |
 * | `sweep.` kind                  | how far the code of the vat has migrated records          |
 *
 * A stored text is its slots, separated by commas, and a smallcaps body, which begins with `#`.
 */
import { isVref, type ObjectVref, type PromiseVref, type Vref } from '../../../base/ids.ts'
import { durableObjectsPrefix, kindPrefix } from '../../../protocol/worker/estate.ts'
import { watchPrefix } from '../../../protocol/worker/vatstore.ts'

/** The prefixes of the rows that a sweep reads, in the order in which it reads them. */
export const durableSections = [
  kindPrefix,
  'collection.o+d',
  'entry.o+d',
  'object.o+d',
  watchPrefix,
  'watches.',
] as const
export type DurableSection = (typeof durableSections)[number]

export const collectionKey = (vref: ObjectVref): string => `collection.${vref}`
export const collectionVref = (key: string): string => key.slice('collection.'.length)
export const entryPrefix = (vref: ObjectVref): string => `entry.${vref}.`
export const sizeKey = (vref: ObjectVref): string => `size.${vref}`
export const ordinalKey = (collection: ObjectVref, vref: ObjectVref): string => `ordinal.${collection}.${vref}`
export const dyingKey = (vref: ObjectVref): string => `dying.${vref}`
export const objectKey = (vref: ObjectVref): string => `object.${vref}`
export const objectVref = (key: string): string => key.slice('object.'.length)
export const objectsPrefix = durableObjectsPrefix
export const sweepKey = (kind: number): string => `sweep.${kind}`
export const weakKey = (vref: ObjectVref, collection: ObjectVref): string => `weak.${vref}.${collection}`
/** The promise in the key of a watch. */
export const watchedPromise = (key: string): PromiseVref => (key.split('.')[1] ?? '') as PromiseVref

/** Kinds below those of users, by their numbers (`supervisor/memory/kindNumbers.ts`). */
export const firstKindOfUsers = 10
export const handleKind = 1
export const namedExportKind = 6
export const collectionFamilies: ReadonlyMap<number, CollectionFamily> = new Map([
  [2, { name: 'mapStore', strength: 'strong', values: 'some' }],
  [3, { name: 'weakMapStore', strength: 'weak', values: 'some' }],
  [4, { name: 'setStore', strength: 'strong', values: 'none' }],
  [5, { name: 'weakSetStore', strength: 'weak', values: 'none' }],
])

export interface CollectionFamily {
  readonly name: string
  readonly strength: 'strong' | 'weak'
  readonly values: 'some' | 'none'
}

export interface StoredText {
  readonly slots: readonly Vref[]
  readonly body: string
}

/** A stored text in its parts; undefined when it is not one. The body is not parsed. */
export function partsOfStored(text: string): StoredText | undefined {
  const at = text.indexOf('#')
  if (at < 0) return undefined
  const slots = at === 0 ? [] : text.slice(0, at).split(',')
  return slots.every((slot) => isVref(slot)) ? { slots, body: text.slice(at) } : undefined
}

/** A record in its parts (`supervisor/kinds/stored/records.ts`, Rcd5). */
export interface StoredRecord {
  readonly version: number
  /** Field → its value as stored text. */
  readonly fields: ReadonlyMap<string, string>
}

/** Undefined for a text that is not a record; the supervisor's reader takes some that are not. */
export function parseStoredRecord(text: string): StoredRecord | undefined {
  if (text[0] === '[') return parseRecordOfFirstRelease(text)
  const [first = '', ...lines] = text.split('\n')
  if (!isVersion(first) || lines.length % 2 !== 0) return undefined
  const fields = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 2) {
    const name = fieldName(lines[at] ?? '')
    if (name === undefined || fields.has(name)) return undefined
    fields.set(name, lines[at + 1] ?? '')
  }
  return { version: Number(first), fields }
}

const isVersion = (text: string): boolean => /^[1-9][0-9]{0,14}$/.test(text)

function fieldName(line: string): string | undefined {
  if (line[0] !== '"') return line
  const name = parsed(line)
  return typeof name === 'string' ? name : undefined
}

/** JSON of `[version, field → capdata]`. */
function parseRecordOfFirstRelease(text: string): StoredRecord | undefined {
  const record = parsed(text)
  if (!Array.isArray(record) || record.length !== 2) return undefined
  const [version, stored] = record as readonly unknown[]
  if (!isVersion(String(version)) || typeof stored !== 'object' || stored === null) return undefined
  const fields = new Map<string, string>()
  for (const [name, data] of Object.entries(stored)) {
    const field = storedTextOf(data)
    if (field === undefined) return undefined
    fields.set(name, field)
  }
  return { version: Number(version), fields }
}

/** The stored text of capdata from JSON; undefined when it is not capdata. */
export function storedTextOf(data: unknown): string | undefined {
  const { body, slots } = (data ?? {}) as { readonly body?: unknown; readonly slots?: unknown }
  if (typeof body !== 'string' || !Array.isArray(slots)) return undefined
  if (!slots.every((slot) => typeof slot === 'string')) return undefined
  return slots.length === 0 ? body : slots.join(',') + body
}

/** The value of JSON; undefined when it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
