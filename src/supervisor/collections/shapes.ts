/**
 * Shapes: the patterns of `@endo/patterns`, as collections use them.
 *
 * The library is expensive inside the engine, so the simplest patterns are answered by a type check. They
 * accept the same values; refused ones are passed to the library, which throws its own error.
 */
import { assertPattern, getRankCover, matches, mustMatch } from './library.ts'
import { tagOf } from '../../codec/passable.ts'

/** Throws when the value does not match the pattern. */
export type Check = (value: unknown) => void

/** The longest string that `M.string()` accepts, in any version of the library. */
const plainString = 10_000

export function checkPattern(pattern: unknown): void {
  if (pattern !== undefined) assertPattern(harden(pattern))
}

/** The check of a shape; `what` begins the error, such as `invalid key type for collection "map"`. */
export function makeCheck(pattern: unknown, what: string): Check {
  const check: Check = (value) => mustMatch(harden(value), pattern, what)
  const isPlain = plainTest(pattern)
  return (value) => {
    if (!isPlain(value)) check(value)
  }
}

/** Returns true only where the library would; false means that the library must be asked. */
function plainTest(pattern: unknown): (value: unknown) => boolean {
  if (pattern === undefined) return () => true
  if (typeof pattern !== 'object' || pattern === null) return () => false
  const { payload } = pattern as { payload?: unknown }
  switch (tagOf(pattern)) {
    case 'match:scalar':
    case 'match:key':
    case 'match:any':
      return isPrimitive
    case 'match:string':
      return isEmpty(payload)
        ? (value) => typeof value === 'string' && value.length <= plainString
        : () => false
    case 'match:bigint':
    case 'match:nat':
      return isEmpty(payload)
        ? (value) => typeof value === 'bigint' && value >= 0n && value < 1n << 64n
        : () => false
    case 'match:kind':
      return payload === 'number' || payload === 'boolean' ? (value) => typeof value === payload : () => false
    default:
      return () => false
  }
}

const isPrimitive = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.length <= plainString
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'

const isEmpty = (payload: unknown): boolean => Array.isArray(payload) && payload.length === 0

/**
 * A pattern passed to `keys`, `values`, `entries`, `clear` or `getSize`; undefined when everything matches
 * it.
 */
export type Filter = (value: unknown) => boolean

export function makeFilter(pattern: unknown): Filter | undefined {
  if (pattern === undefined) return undefined
  checkPattern(pattern)
  if (typeof pattern === 'object' && pattern !== null && tagOf(pattern) === 'match:any') return undefined
  return (value) => matches(harden(value), pattern)
}

/** Bounds of all keys that can match the pattern; other keys may lie between them too. */
export interface Cover {
  readonly from: string
  readonly to: string
}

const everything: Cover = { from: 'a', to: '{' }

export function coverOf(pattern: unknown, encodeKey: (key: unknown) => string | undefined): Cover {
  if (pattern === undefined) return everything
  try {
    const [from, to] = getRankCover(pattern, encodeKey)
    return {
      from: from < everything.from ? everything.from : from,
      to: to > everything.to ? everything.to : to,
    }
  } catch {
    // A pattern with non-scalar parts: its test finds all keys that match it.
    return everything
  }
}
