/**
 * Shapes: the patterns of `@endo/patterns`, as collections use them.
 *
 * The library is dear inside the engine, so that the plainest patterns are answered by a look at the
 * type. What they say is the same; what they refuse, the library refuses, in its own words.
 */
import { assertPattern, getRankCover, matches, mustMatch } from './library.ts'
import { tagOf } from '../../protocol/passable.ts'

/** Throws when the value is not as the pattern wants it. */
export type Check = (value: unknown) => void

/** The longest string that `M.string()` takes, in any version of the library. */
const plainString = 10_000

export function checkPattern(pattern: unknown): void {
  if (pattern !== undefined) assertPattern(harden(pattern))
}

/** The check of a shape; `what` says what does not fit, such as `invalid key type for collection "map"`. */
export function makeCheck(pattern: unknown, what: string): Check {
  const check: Check = (value) => mustMatch(harden(value), pattern, what)
  const isPlain = plainTest(pattern)
  return (value) => {
    if (!isPlain(value)) check(value)
  }
}

/** Says yes only where the library would; no means that the library has to be asked. */
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
      return isEmpty(payload) ? (value) => typeof value === 'string' && value.length <= plainString : () => false
    case 'match:bigint':
    case 'match:nat':
      return isEmpty(payload) ? (value) => typeof value === 'bigint' && value >= 0n && value < 1n << 64n : () => false
    case 'match:kind':
      return payload === 'number' || payload === 'boolean' ? (value) => typeof value === payload : () => false
    default:
      return () => false
  }
}

const isPrimitive = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= plainString : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'

const isEmpty = (payload: unknown): boolean => Array.isArray(payload) && payload.length === 0

/** A pattern given to `keys`, `values`, `entries`, `clear` or `getSize`; undefined when everything fits it. */
export type Filter = (value: unknown) => boolean

export function makeFilter(pattern: unknown): Filter | undefined {
  if (pattern === undefined) return undefined
  checkPattern(pattern)
  if (typeof pattern === 'object' && pattern !== null && tagOf(pattern) === 'match:any') return undefined
  return (value) => matches(harden(value), pattern)
}

/** Texts between which all keys are that can fit the pattern; others may be there too. */
export interface Cover {
  readonly from: string
  readonly to: string
}

const everything: Cover = { from: 'a', to: '{' }

export function coverOf(pattern: unknown, encodeKey: (key: unknown) => string | undefined): Cover {
  if (pattern === undefined) return everything
  try {
    const [from, to] = getRankCover(pattern, encodeKey)
    return { from: from < everything.from ? everything.from : from, to: to > everything.to ? everything.to : to }
  } catch {
    // A pattern whose parts are no scalars: no key fits it that its test would not find.
    return everything
  }
}
