/**
 * The rows of durable collections: their descriptions and entries; and of watches of promises.
 *
 * Clr1. Each key is one that a collection writes. Code finds a remotable key by the row with its place, so
 *       that an entry without that row would not be found.
 * Clr2. A set has no values, and a map has one for each key: an empty text would be read as `null`.
 * Clr3. A strong collection has as many entries as its size says.
 */
import {
  isDurableVref,
  isObjectVref,
  isPromiseVref,
  parseStored,
  type ObjectVref,
  type Vref,
} from '../../../base/ids.ts'
import { orderedNumber } from '../../../base/ordered.ts'
import { decodeScalar, findScalar } from '../../../codec/scalarKeys.ts'
import {
  collectionFamilies,
  collectionKey,
  collectionVref,
  dyingKey,
  entryPrefix,
  ordinalKey,
  parsed,
  partsOfStored,
  sizeKey,
  storedTextOf,
  watchedPromise,
} from './durableRows.ts'
import { watchPrefix } from '../../../protocol/worker/vatstore.ts'
import { danglingIn, whyDangling } from './slots.ts'
import {
  failed,
  groupOfCollection,
  groupOfWatches,
  subjectOf,
  valueOf,
  type Subject,
} from './subject.ts'
import type { VatRow, VatRows } from './vatRows.ts'

// --- collections

export function subjectOfCollection(rows: VatRows, { key, text }: VatRow): Subject {
  const vref = collectionVref(key)
  if (!isCollection(vref)) return strange(vref, key)
  const subject = subjectOf(groupOfCollection(vref), vref, false)
  const flaw = flawOfValue(rows, subject, text, null)
  if (flaw !== undefined) return flaw
  if (!Array.isArray(parsed(text.slice(text.indexOf('#') + 1))))
    return failed(subject, 'record-corrupt', 'the row is not the description of a collection')
  const size = sizeFlaw(rows, vref)
  return size === undefined ? { ...subject, items: [valueOf(text)] } : failed(subject, 'size-differs', size)
}

/** Clr3. */
function sizeFlaw(rows: VatRows, vref: ObjectVref): string | undefined {
  if (familyOf(vref)?.strength !== 'strong') return undefined
  let entries = 0
  for (const _key of rows.keys(entryPrefix(vref))) entries += 1
  const size = rows.get(sizeKey(vref)) ?? '0'
  return size === String(entries) ? undefined : `the collection has ${entries} entries, and its size is ${size}`
}

/** Undefined for what is left of a collection that has ended. */
export function subjectOfEntry(rows: VatRows, { key, text }: VatRow): Subject | undefined {
  const [, vref = ''] = key.split('.', 2)
  if (!isCollection(vref)) return strange(vref, key)
  const subject = subjectOf(groupOfCollection(vref), vref)
  if (!rows.has(collectionKey(vref))) {
    if (rows.has(dyingKey(vref))) return undefined
    return failed(subject, 'collection-unknown', `there is an entry of ${vref}, and no such collection`)
  }
  const name = key.slice(entryPrefix(vref).length)
  return name[0] === 'r'
    ? withRemotableKey(rows, subject, { vref, name, text })
    : withScalarKey(rows, subject, { vref, name, text })
}

interface Entry {
  readonly vref: ObjectVref
  /** The text of its key. */
  readonly name: string
  readonly text: string
}

/** Clr1. */
function withScalarKey(rows: VatRows, subject: Subject, entry: Entry): Subject {
  const { name } = entry
  const key = scalarOf(name)
  if (key === undefined) return failed(subject, 'key-corrupt', `no key is stored as ${JSON.stringify(name)}`)
  return withValue(rows, subject, entry, key)
}

/** The key for people; undefined when it is not a scalar as collections write it. */
function scalarOf(name: string): string | undefined {
  try {
    const key = decodeScalar(name)
    return findScalar(key) === name ? shown(key) : undefined
  } catch {
    return undefined
  }
}

function shown(key: unknown): string {
  const text = typeof key === 'string' ? JSON.stringify(key) : typeof key === 'bigint' ? `${key}n` : String(key)
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text
}

/** Clr1. */
function withRemotableKey(rows: VatRows, subject: Subject, entry: Entry): Subject {
  const { vref, name } = entry
  const strength = familyOf(vref)?.strength
  const slot = strength === 'weak' ? name.slice(1) : name.slice(name.indexOf('.') + 1)
  if (!isObjectVref(slot)) return failed(subject, 'key-corrupt', `no key is stored as ${JSON.stringify(name)}`)
  if (strength === 'strong') {
    const ordinal = (rows.get(ordinalKey(vref, slot)) ?? '').split(' ')[0] ?? ''
    const expected = /^[1-9][0-9]{0,14}$/.test(ordinal) ? `r${orderedNumber(Number(ordinal))}.${slot}` : undefined
    if (name !== expected)
      return failed(subject, 'key-corrupt', `code cannot find the entry: the row with its place says ${ordinal || 'nothing'}`, slot)
  }
  const dangling = whyDangling(rows, slot, strength === 'weak' ? vref : undefined)
  if (dangling !== undefined) return failed(subject, 'reference-dangling', dangling, slot)
  const checked = withValue(rows, subject, entry, slot)
  return checked.failure === null
    ? { ...checked, items: [valueOf(`${slot}#"$0"`, slot), ...checked.items] }
    : checked
}

/** Clr2. */
function withValue(rows: VatRows, subject: Subject, { vref, text }: Entry, property: string): Subject {
  if (familyOf(vref)?.values === 'none')
    return text === '' ? subject : failed(subject, 'record-corrupt', 'an element of a set has a value', property)
  return flawOfValue(rows, subject, text, property) ?? { ...subject, items: [valueOf(text, property)] }
}

function flawOfValue(
  rows: VatRows,
  subject: Subject,
  text: string,
  property: string | null,
): Subject | undefined {
  if (partsOfStored(text) === undefined)
    return failed(subject, 'record-corrupt', 'the row has no stored value', property)
  const dangling = danglingIn(rows, text)
  return dangling === undefined ? undefined : failed(subject, 'reference-dangling', dangling, property)
}

const familyOf = (vref: ObjectVref) => collectionFamilies.get(parseStored(vref).kind)

const isCollection = (vref: string): vref is ObjectVref =>
  isObjectVref(vref) && /^o\+d[2-5]\/[0-9]+$/.test(vref)

const strange = (vref: string, key: string): Subject =>
  failed(
    subjectOf({ sort: 'collection', kind: 'collection', number: null }, vref),
    'key-corrupt',
    `a row of a collection has the key ${key}`,
  )

// --- watches

/** The watches in a row: the first row of a promise has a list. */
export function subjectsOfWatch(rows: VatRows, { key, text }: VatRow): readonly Subject[] {
  const promise = watchedPromise(key)
  const subject = subjectOf(groupOfWatches, promise)
  if (!isPromiseVref(promise)) return [failed(subject, 'key-corrupt', `a watch has the key ${key}`)]
  const content = parsed(text)
  const watches: readonly unknown[] | undefined = !key.startsWith(watchPrefix)
    ? [content]
    : Array.isArray(content)
      ? (content as readonly unknown[])
      : undefined
  if (watches === undefined || watches.length === 0)
    return [failed(subject, 'record-corrupt', 'the row is not a list of watches')]
  return watches.map((watch) => subjectOfWatch(rows, subject, watch))
}

function subjectOfWatch(rows: VatRows, subject: Subject, watch: unknown): Subject {
  const text = storedTextOf(watch)
  if (text === undefined) return failed(subject, 'record-corrupt', 'a watch is not a stored value')
  // What a kind leaves that was abandoned has no methods, as the upgrade wanted it.
  const is = (partsOfStored(text)?.slots ?? []).some((slot) => isAbandoned(rows, slot)) ? 'value' : 'watch'
  return flawOfValue(rows, subject, text, null) ?? { ...subject, items: [{ property: null, text, is }] }
}

function isAbandoned(rows: VatRows, slot: Vref): boolean {
  if (!isObjectVref(slot) || !isDurableVref(slot)) return false
  const record = rows.kind(parseStored(slot).kind)
  return typeof record === 'object' && record.abandoned === true
}
