/**
 * The JSON form of values, which `--json` prints and the commands accept.
 *
 * Values that JSON lacks become records whose first key begins with `@`. A key of the value's own that begins
 * with `@` gets another one, so that no data of a vat can pass for one of these:
 *
 * | value           | in JSON                                             |
 * |-----------------|-----------------------------------------------------|
 * | bigint          | `{"@bigint":"123"}`                                 |
 * | undefined       | `{"@undefined":true}`                               |
 * | NaN, ±Infinity  | `{"@number":"NaN"}`                                 |
 * | object of a vat | `{"@remote":"ko20","interface":"Alleged: Purse"}`   |
 * | promise         | `{"@promise":"kp40"}`, which is not accepted        |
 * | symbol          | `{"@symbol":"asyncIterator"}`, by its name on the wire |
 * | error           | `{"@error":"no funds","name":"RangeError"}`         |
 * |                 | `{"@error":"vat terminated","name":"Error","code":"object-abandoned"}` with a code |
 * | tagged          | `{"@tagged":"copySet","payload":…}`                 |
 */
import { AssertionFault } from '../base/errors.ts'
import { isObjectKref } from '../base/ids.ts'
import { Remote, RemotePromise } from './values.ts'
import { refuse } from '../protocol/codes.ts'
import {
  claimsTagged,
  errorCodeOf,
  isErrorCode,
  makeErrorNamed,
  makeTagged,
  symbolName,
  symbolNamed,
  tagOf,
} from '../codec/passable.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

// --- writing

export function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'undefined':
      return { '@undefined': true }
    case 'bigint':
      return { '@bigint': String(value) }
    case 'number':
      return Number.isFinite(value) ? value : { '@number': String(value) }
    case 'symbol':
      return { '@symbol': symbolName(value) ?? String(value) }
    case 'object':
      return value === null ? null : objectToJson(value)
    case 'string':
    case 'boolean':
      return value
    default:
      throw new AssertionFault('a function is not a value of a vat')
  }
}

function objectToJson(value: object): Json {
  if (value instanceof Remote) return { '@remote': value.kref, interface: value.interfaceName }
  if (value instanceof RemotePromise) return { '@promise': value.kref }
  if (value instanceof Error) return errorToJson(value)
  if (Array.isArray(value)) return value.map(toJson)
  if (claimsTagged(value)) return { '@tagged': tagOf(value), payload: toJson(Reflect.get(value, 'payload')) }
  const entries = Object.entries(value).map(
    ([key, item]) => [key.startsWith('@') ? `@${key}` : key, toJson(item)] as const,
  )
  return Object.fromEntries(entries)
}

function errorToJson(error: Error): Json {
  const code = errorCodeOf(error)
  return { '@error': error.message, name: error.name, ...(code === undefined ? {} : { code }) }
}

// --- reading

type Entries = ReadonlyMap<string, unknown>

type ReadForm = (form: unknown, entries: Entries) => unknown

const formReaders: ReadonlyMap<string, ReadForm> = new Map<string, ReadForm>([
  ['@bigint', (form) => BigInt(textLike(form, /^-?(?:0|[1-9]\d*)$/, 'the digits of a bigint'))],
  ['@undefined', () => undefined],
  ['@number', (form) => Number(textLike(form, /^(?:NaN|-?Infinity)$/, 'NaN, Infinity or -Infinity'))],
  ['@remote', readRemote],
  ['@promise', () => refuse('cli/usage', 'a promise cannot be sent from here')],
  [
    '@symbol',
    (form) =>
      symbolNamed(textLike(form, /^/, 'the name of a symbol')) ??
      refuse('cli/usage', `there is no symbol ${String(form)}`),
  ],
  ['@error', readError],
  [
    '@tagged',
    (form, entries) => makeTagged(textLike(form, /^/, 'the tag of a tagged value'), entries.get('payload')),
  ],
])

function readRemote(form: unknown, entries: Entries): Remote {
  const kref = textLike(form, /^/, 'the name of an object, such as ko20')
  if (!isObjectKref(kref))
    return refuse('cli/usage', `${JSON.stringify(kref)} is not the name of an object, such as ko20`)
  return entries.has('interface')
    ? new Remote(
        kref,
        textLike(entries.get('interface'), /^Alleged: |^Remotable$/, 'the interface name of an object'),
      )
    : new Remote(kref)
}

function readError(form: unknown, entries: Entries): Error {
  const error = makeErrorNamed(
    textLike(entries.get('name') ?? 'Error', /^/, 'the name of an error'),
    textLike(form, /^/, 'the message of an error'),
  )
  const code = entries.get('code')
  if (code === undefined) return error
  if (!isErrorCode(code))
    return refuse('cli/usage', `${JSON.stringify(code)} is not the code of an error, such as key/too-long`)
  return Object.defineProperty(error, 'code', { value: code })
}

function textLike(form: unknown, grammar: RegExp, what: string): string {
  if (typeof form !== 'string' || !grammar.test(form))
    refuse('cli/usage', `${JSON.stringify(form)} is not ${what}`)
  return form
}

/** The value of a parsed record: itself, or the value that it encodes. */
export function readRecord(entries: Entries): unknown {
  const formKey = [...entries.keys()].find((key) => key.startsWith('@') && !key.startsWith('@@'))
  if (formKey !== undefined) {
    const read = formReaders.get(formKey)
    if (read === undefined)
      refuse('cli/usage', `${formKey} is unknown; a key that begins with @ is written with @@`)
    return read(entries.get(formKey), entries)
  }
  const own = [...entries].map(([key, value]) => [key.startsWith('@@') ? key.slice(1) : key, value] as const)
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(own)
}

/** The value that the JSON form encodes. `others` reads records whose first key begins with `@` itself. */
export function fromJson(json: Json, others: (form: Entries) => Json | undefined = () => undefined): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (isList(json)) return json.map((item) => fromJson(item, others))
  const entries = new Map(Object.entries(json))
  const [first = ''] = entries.keys()
  const other = first.startsWith('@') && !first.startsWith('@@') ? others(entries) : undefined
  if (other !== undefined) return fromJson(other)
  return readRecord(new Map([...entries].map(([key, item]) => [key, fromJson(item, others)])))
}

// `Array.isArray` does not narrow lists that are read only.
const isList = (json: Json): json is readonly Json[] => Array.isArray(json)
