/** Values in error messages: in the format of SwingSet where nothing is redacted. */
import { excerpt } from '../../base/text.ts'
import { interfaceOf } from './remotable.ts'

const maxTextLength = 100

export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(excerpt(value, maxTextLength))
    case 'number':
      return Number.isFinite(value) ? String(value) : `"[${value}]"`
    case 'boolean':
      return String(value)
    case 'bigint':
      return `"[${value}n]"`
    case 'symbol':
    case 'undefined':
      return JSON.stringify(`[${String(value)}]`)
    default:
      return value === null ? 'null' : JSON.stringify(`[${nameOf(value as object)}]`)
  }
}

/** Traps of a proxy may throw. */
function nameOf(value: object): string {
  try {
    return interfaceOf(value) ?? (Array.isArray(value) ? 'array' : typeof value)
  } catch {
    return typeof value
  }
}
