/**
 * The part of the estate in a vat's space that supervisor and host agree on: the host reads it to predict the
 * outcome of an upgrade. The supervisor writes these rows; all other keys are private to it (`vatstore.ts`).
 *
 * | key                | value                                                          |
 * |--------------------|----------------------------------------------------------------|
 * | `kind.` id         | JSON of a `KindRecord`                                         |
 * | `next.` kind       | the number of the kind's next instance; absent before the first |
 * | `object.o+d` kind `/` instance | the record of an object                            |
 * | `name.` label      | vref of the named export                                       |
 * | `probe.` id        | JSON of a `KindFields`; only in a start that is undone (`probe`) |
 * | `entry.o+d2/1.` key | an entry of the baggage; the key is `scalarKeys.ts`'s text     |
 */
import type { Vref } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'

/** A stored shape: field → the pattern. */
export type StoredShape = Readonly<Record<string, CapData<Vref>>>

/** The latest definition of a durable kind. */
export interface Definition {
  /** In the order of their numbers; null for a single-facet kind. */
  readonly facets: readonly string[] | null
  readonly shape: StoredShape | null
  readonly version: number
  readonly oldest: number
}

/** The value under `kind.` id. The definition is null between `makeKindHandle` and the first definition. */
export interface KindRecord {
  readonly tag: string
  readonly definition: Definition | null
  /** An upgrade abandoned the kind: its objects no longer exist. Absent otherwise. */
  readonly abandoned?: true
}

/** The value under `probe.` id: the fields that records would have, null if they could not be determined. */
export interface KindFields {
  readonly fields: readonly string[] | null
}

/** State version and fields of a stored record (`supervisor/kinds/stored/records.ts`, Rcd5). */
export function fieldsOfRecord(text: string): {
  readonly version: number
  readonly fields: readonly string[]
} {
  // The format of release 0.1.0.
  if (text[0] === '[') {
    const [version, fields] = JSON.parse(text) as readonly [number, object]
    return { version, fields: Object.keys(fields) }
  }
  const lines = text.split('\n')
  const names = lines.filter((_line, at) => at % 2 === 1)
  return {
    version: Number(lines[0]),
    fields: names.map((name) => (name[0] === '"' ? (JSON.parse(name) as string) : name)),
  }
}

export const probePrefix = 'probe.'
export const probeKey = (kind: number): string => probePrefix + kind
export const kindPrefix = 'kind.'
export const nextInstanceKey = (kind: number): string => `next.${kind}`
/** The prefix of the records of a durable kind. */
export const durableObjectsPrefix = (kind: number): string => `object.o+d${kind}/`
export const namedExportPrefix = 'name.'
export const namedExportKey = (label: string): string => namedExportPrefix + encodeURIComponent(label)
export const namedExportLabel = (key: string): string =>
  decodeURIComponent(key.slice(namedExportPrefix.length))
/** The baggage is the first durable map of a vat. */
export const baggagePrefix = 'entry.o+d2/1.'
