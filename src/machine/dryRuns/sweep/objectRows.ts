/**
 * The records of durable objects, and the definitions of their kinds.
 *
 * Obr1. A record has a state version that its estate allows, and whole fields: the supervisor would read a
 *       missing line as a field that is `undefined`.
 * Obr2. A record of the code's state version has the fields of the `stateShape`; an older one is migrated.
 */
import { isObjectVref, parseStored } from '../../../base/ids.ts'
import { fromOrderedNumber } from '../../../base/ordered.ts'
import {
  objectVref,
  parseStoredRecord,
  partsOfStored,
  storedTextOf,
  type StoredRecord,
} from './durableRows.ts'
import { kindPrefix, type Definition } from '../../../protocol/worker/estate.ts'
import { danglingIn } from './slots.ts'
import { failed, groupOfKind, subjectOf, valueOf, type Item, type Subject } from './subject.ts'
import type { VatRow, VatRows } from './vatRows.ts'

/** Undefined for the rest of a kind that was abandoned. */
export function subjectOfObject(rows: VatRows, { key, text }: VatRow): Subject | undefined {
  const vref = objectVref(key)
  if (!isObjectVref(vref)) return failed(subjectOf(groupOfKind(0, undefined), vref), 'key-corrupt', `a record has the key ${key}`)
  const { kind } = parseStored(vref)
  const record = rows.kind(kind)
  const subject = subjectOf(groupOfKind(kind, record), vref)
  if (record === undefined) return failed(subject, 'kind-undefined', `the vat has no durable kind ${kind}`)
  if (record === 'corrupt') return failed(subject, 'kind-undefined', `the row of the durable kind ${kind} is corrupt`)
  if (record.abandoned === true) return undefined
  const { definition, tag } = record
  if (definition === null)
    return failed(subject, 'kind-undefined', `the durable kind ${JSON.stringify(tag)} was never defined`)
  const parts = parseStoredRecord(text)
  if (parts === undefined) return failed(subject, 'record-corrupt', 'the row is not a record')
  const { version, oldest } = definition
  if (parts.version < oldest || parts.version > version) {
    const versions = oldest === version ? `only ${version}` : `${oldest} to ${version}`
    const message = `the record has state version ${parts.version}, and the estate has ${versions}`
    return failed(subject, 'version-unknown', message)
  }
  const flaw = flawOfFields(rows, parts)
  if (flaw !== undefined) return failed(subject, ...flaw)
  const items = parts.version === version ? shapedItems(parts, definition) : itemsOf(parts)
  return {
    ...subject,
    items,
    migration: parts.version === version ? null : { kind, base: vref },
    defined: kind,
  }
}

type Flaw = Parameters<typeof failed> extends [Subject, ...infer Rest] ? Rest : never

/** Obr1. */
function flawOfFields(rows: VatRows, { fields }: StoredRecord): Flaw | undefined {
  for (const [name, text] of fields) {
    if (partsOfStored(text) === undefined) return ['record-corrupt', 'the property is not a stored value', name]
    const dangling = danglingIn(rows, text)
    if (dangling !== undefined) return ['reference-dangling', dangling, name]
  }
  return undefined
}

/** What is wrong with a record that a migration has written; undefined when nothing is. */
export function flawOfMigrated(rows: VatRows, text: string | undefined, version: number): Flaw | undefined {
  const record = text === undefined ? undefined : parseStoredRecord(text)
  if (record === undefined) return ['record-corrupt', 'the migration left no record']
  if (record.version !== version)
    return ['version-unknown', `the migration left a record of state version ${record.version}`]
  return flawOfFields(rows, record)
}

const itemsOf = ({ fields }: StoredRecord): readonly Item[] =>
  [...fields].map(([name, text]) => valueOf(text, name))

/** Obr2. A field that is missing is read as undefined, which its pattern may allow. */
function shapedItems(record: StoredRecord, { shape }: Definition): readonly Item[] {
  if (shape === null) return itemsOf(record)
  const names = new Set([...Object.keys(shape), ...record.fields.keys()])
  return [...names].map((name): Item => {
    const pattern = storedTextOf(shape[name]) ?? onlyUndefined
    return { property: name, text: record.fields.get(name) ?? storedUndefined, is: { pattern } }
  })
}

const storedUndefined = '#"#undefined"'
/** No code reads a field that the shape does not have. */
const onlyUndefined = storedUndefined

/** The definition of a kind: its patterns are durable data. */
export function subjectOfKind(rows: VatRows, { key }: VatRow): Subject | undefined {
  const number = kindNumberIn(key)
  const record = number === undefined ? undefined : rows.kind(number)
  const subject = subjectOf(groupOfKind(number ?? 0, record), number === undefined ? key : `o+d1/${number}`, false)
  if (record === undefined || record === 'corrupt')
    return failed(subject, 'record-corrupt', 'the row is not that of a durable kind')
  const shape = Object.entries(record.definition?.shape ?? {})
  const items: Item[] = []
  for (const [name, data] of shape) {
    const text = storedTextOf(data)
    if (text === undefined || partsOfStored(text) === undefined)
      return failed(subject, 'record-corrupt', 'the pattern of the stateShape is not a stored value', name)
    const dangling = danglingIn(rows, text)
    if (dangling !== undefined) return failed(subject, 'reference-dangling', dangling, name)
    items.push(valueOf(text, name))
  }
  return { ...subject, items }
}

function kindNumberIn(key: string): number | undefined {
  const digits = key.slice(kindPrefix.length)
  return /^[a-o][1-9][0-9]*$/.test(digits) && digits.length === digits.charCodeAt(0) - 95
    ? fromOrderedNumber(digits)
    : undefined
}
