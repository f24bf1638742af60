/** Formats values for people: in JavaScript syntax, on one line if they fit. */
import { Remote, RemotePromise } from '../../../host/index.ts'
import { claimsTagged, tagOf } from '../../../codec/passable.ts'
import { onOneLine } from './terminal.ts'

const width = 80

export const formatValue = (value: unknown): string => write(value, '')

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
