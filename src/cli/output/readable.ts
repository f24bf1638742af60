/** Formats values for people: in JavaScript syntax, on one line if they fit. */
import { Remote, RemotePromise } from '../../host/index.ts'
import type { BundleWarning } from '../../protocol/bundle/warning.ts'
import { claimsTagged, tagOf } from '../../codec/passable.ts'

const width = 80

export const readable = (value: unknown): string => write(value, '')

function write(value: unknown, indent: string): string {
  const parts = partsOf(value)
  if (parts === undefined) return leaf(value)
  const line = inLine(parts, width - indent.length)
  if (line !== undefined) return line
  if (parts.items.length === 0) return parts.open + parts.close
  const deeper = `${indent}  `
  const items = parts.items.map(({ label, value: item }) => `${deeper}${label}${write(item, deeper)},\n`)
  return `${parts.open}\n${items.join('')}${indent}${parts.close}`
}

/** On one line; undefined as soon as that exceeds the room. */
function inLine({ open, close, items }: Parts, room: number): string | undefined {
  const space = close === '}' && items.length > 0 ? ' ' : ''
  let line = open + space
  for (const [index, { label, value }] of items.entries()) {
    line += (index === 0 ? '' : ', ') + label
    const parts = partsOf(value)
    const text = parts === undefined ? leaf(value) : inLine(parts, room - line.length)
    if (text === undefined || line.length + text.length > room) return undefined
    line += text
  }
  line += space + close
  return line.length <= room ? line : undefined
}

interface Parts {
  readonly open: string
  readonly close: string
  readonly items: readonly { readonly label: string; readonly value: unknown }[]
}

/** The parts of a value; undefined when it has none. */
function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof Remote || value instanceof RemotePromise || value instanceof Error) return undefined
  if (Array.isArray(value))
    return { open: '[', close: ']', items: value.map((item: unknown) => ({ label: '', value: item })) }
  if (claimsTagged(value))
    return {
      open: `${tagOf(value)}(`,
      close: ')',
      items: [{ label: '', value: Reflect.get(value, 'payload') }],
    }
  const items = Object.entries(value).map(([key, item]) => ({
    label: `${keyText(key)}: `,
    value: item as unknown,
  }))
  return { open: '{', close: '}', items }
}

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key))

function leaf(value: unknown): string {
  if (value instanceof Remote) return `[${onOneLine(value.interfaceName)} ${value.kref}]`
  if (value instanceof RemotePromise) return `[Promise ${value.kref}]`
  if (value instanceof Error) return onOneLine(`${value.name}: ${value.message}`)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  return onOneLine(String(value))
}

/** Unquoted text of a vat could begin a new line, and pass for our own output. */
export const onOneLine = (text: string): string =>
  text.replace(/[\t\n\r]/g, (character) => JSON.stringify(character).slice(1, -1))

/**
 * Text of vats may contain terminal control characters: it could move the cursor, or reverse the line. Line
 * ends and tabs pass; every other such character is shown as its number.
 */
export const harmless = (text: string): string =>
  text.replace(
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** `1234567` as `1,234,567`. */
export const thousands = (number: number | bigint): string =>
  String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')

/** The number with its noun, singular or plural. */
export const counted = (number: number, one: string, more = `${one}s`): string =>
  `${thousands(number)} ${number === 1 ? one : more}`

/** A bundler warning, with its source line. */
export const warningText = ({ file, line, column, text, lineText }: BundleWarning): string =>
  `  warning: ${file}:${line}:${column}: ${text}${lineText === '' ? '' : `\n      ${lineText}`}`
