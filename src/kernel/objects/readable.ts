/**
 * Values as one-line text for people: a vat's final value, the arguments of a service.
 *
 * Rd1. Wire text and kernel names are never shown: the text may be passed to a vat.
 * Rd2. The text grows no longer than it will be shown, however large the value is: what comes after the cut
 *      is not read.
 */
import { isPromiseKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { maxReasonLength } from '../../protocol/limits.ts'
import { claimsTagged, tagOf } from '../../codec/passable.ts'
import { Reference, cut, decode } from './kernelValues.ts'

/** The value as JavaScript prints it; a compound value is shown by its type. */
export const scalarText = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : String(value)

/** The value on one line, cut after this many characters. */
export function readable(value: unknown, most: number): string {
  const line = new Line(most)
  line.write(value)
  return line.text
}

class Line {
  text = ''
  readonly #maxLength: number

  constructor(most: number) {
    this.#maxLength = most
  }

  write(value: unknown): void {
    if (this.text.length >= this.#maxLength) return
    if (typeof value === 'string')
      this.#add(`'${value.replace(/[\\'\n\r]/g, (character) => escapes[character] ?? character)}'`)
    else if (typeof value !== 'object' || value === null) this.#add(scalarText(value))
    else this.#writeObject(value)
  }

  #writeObject(value: object): void {
    if (value instanceof Reference)
      this.#add(isPromiseKref(value.kref) ? '[Promise]' : `[${value.interfaceName ?? 'Alleged: object'}]`)
    else if (value instanceof Error) this.#add(`${value.name}: ${value.message}`)
    else if (Array.isArray(value)) this.#list('[', value.map((item: unknown) => ['', item] as const), ']')
    else if (claimsTagged(value)) this.#list(`${tagOf(value)}(`, [['', Reflect.get(value, 'payload')]], ')')
    else this.#list('{ ', entriesOf(value).map(([key, item]) => [`${keyText(key)}: `, item] as const), ' }')
  }

  #list(open: string, items: readonly (readonly [label: string, value: unknown])[], close: string): void {
    if (items.length === 0) return this.#add(open.trim() + close.trim())
    this.#add(open)
    for (const [index, [label, value]] of items.entries()) {
      if (this.text.length >= this.#maxLength) return
      this.#add((index === 0 ? '' : ', ') + label)
      this.write(value)
    }
    this.#add(close)
  }

  #add(text: string): void {
    this.text = (this.text + text).slice(0, this.#maxLength)
  }
}

const entriesOf = (record: object): [string, unknown][] => Object.entries(record)

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r' }

const keyText = (key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key)
    ? key
    : `'${key.replace(/[\\'\n\r]/g, (character) => escapes[character] ?? character)}'`

/**
 * The text of a value from a vat for people: a string itself, the message of a value with one, or the printed
 * value.
 */
export function textOf(data: CapData): string {
  let value: unknown
  try {
    value = decode(data)
  } catch {
    return 'a value that does not decode'
  }
  const text = typeof value === 'string' ? value : messageOf(value) ?? readable(value, maxReasonLength)
  return cut(text)
}

function messageOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined
  return typeof value.message === 'string' ? value.message : undefined
}
