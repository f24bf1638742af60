/**
 * Fields of a record on a wire: their guards, their type for the documentation, and since when they exist.
 */
import { isRecord } from '../../base/guards.ts'

export type Guard<Value> = (value: unknown) => value is Value

export interface Field<Value, Presence extends 'required' | 'optional' = 'required' | 'optional'> {
  readonly presence: Presence
  readonly is: Guard<Value>
  /** As the page of the wire writes it. */
  readonly type: string
  /** The interface level of kernels that introduced the field; a field is not older than its record. */
  readonly since: number
  /** The fields of a record that have levels of their own. */
  readonly fields: Fields
}

export type Fields = Readonly<Record<string, Field<unknown>>>

/** Fields for each member of a declared record, and no other. */
export type FieldsOf<Shape> = {
  readonly [Name in keyof Shape]-?: Field<
    Exclude<Shape[Name], undefined>,
    Record<never, never> extends Pick<Shape, Name> ? 'optional' : 'required'
  >
}

/** The record that the fields describe. */
export type RecordOf<All extends Fields> = {
  readonly [Name in keyof All as All[Name] extends Field<unknown, 'required'> ? Name : never]: ValueOf<
    All[Name]
  >
} & {
  readonly [Name in keyof All as All[Name] extends Field<unknown, 'required'> ? never : Name]?: ValueOf<
    All[Name]
  >
}
type ValueOf<Each> = Each extends Field<infer Value> ? Value : never

export const required = <Value>(is: Guard<Value>, type: string): Field<Value, 'required'> => ({
  presence: 'required',
  is,
  type,
  since: 0,
  fields: {},
})

export const optional = <Value>(is: Guard<Value>, type: string, since = 0): Field<Value, 'optional'> => ({
  presence: 'optional',
  is,
  type,
  since,
  fields: {},
})

/** A field whose value is a record of these fields. */
export const record = <Shape>(fields: FieldsOf<Shape>): Field<Shape, 'required'> => ({
  presence: 'required',
  is: (value: unknown): value is Shape => flawOf(fields, value) === undefined,
  type: 'record',
  since: 0,
  fields,
})

/** The first field that is missing or has a wrong value; undefined when the value has all. */
export function flawOf(fields: Fields, value: unknown): string | undefined {
  if (!isRecord(value)) return 'not a record'
  for (const [name, field] of Object.entries(fields)) {
    const found = value[name]
    if (found === undefined ? field.presence === 'required' : !field.is(found)) return name
  }
  return undefined
}

/** The first given field that is newer than the level, as `outer.inner`; undefined when there is none. */
export function newerField(fields: Fields, value: object, level: number): string | undefined {
  for (const [name, field] of Object.entries(fields)) {
    const found: unknown = Reflect.get(value, name)
    if (found === undefined) continue
    if (field.since > level) return name
    const inner = isRecord(found) ? newerField(field.fields, found, level) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

// --- guards

export const oneOf =
  <const Values extends readonly (string | null)[]>(values: Values): Guard<Values[number]> =>
  (value): value is Values[number] =>
    values.some((each) => each === value)
export const listOfTexts = (list: readonly string[]): string => list.map((each) => `\`${each}\``).join(', ')
