/**
 * The decoder of smallcaps: converts the text of capdata to a frozen passable value. Used by the supervisor
 * for all that a vat receives and reads, by the kernel for messages to its services, and by the host for
 * results.
 *
 * Dec1. The body is garbage until proven otherwise. Anything that is not exactly smallcaps is refused with
 *       `value/not-passable` and the path to it; no other exceptions are thrown except those of the hooks.
 * Dec2. `JSON.parse` creates plain objects with plain properties; they are changed in place and frozen from
 *       the leaves up, so that no part is copied or walked twice.
 * Dec3. The decoder is stricter than `@endo/marshal` where that would accept several texts for one value:
 *       indexes and bigints have one spelling, and an index must be that of a slot.
 */
import { assert } from '../base/errors.ts'
import { excerpt } from '../base/text.ts'
import type { CapData } from '../protocol/capdata.ts'
import { isErrorCode, isErrorLike, makeErrorNamed, makeTagged, maxNesting, symbolNamed } from './passable.ts'
import { refusePath } from './valuePath.ts'

export interface DecodeHooks {
  /**
   * The object of a slot. Called once for each slot of a body; the result must be hardened. `kind` is the
   * kind in the body: the hook refuses a slot that names the other kind.
   */
  valueOf(slot: string, interfaceName: string | undefined, kind: 'remotable' | 'promise'): object
}

type Harden = <T>(value: T) => T

interface Decoding {
  readonly hooks: DecodeHooks
  readonly harden: Harden
  readonly slots: readonly string[]
  /** The hook's result for each slot so far, with its kind; created with the first of them. */
  values?: { readonly value: object; readonly kind: 'remotable' | 'promise' }[]
  readonly path: (string | number)[]
}

const { freeze, keys, hasOwn, defineProperty } = Object
const { isArray } = Array
const { parse } = JSON
const toBigInt = BigInt

/** Everything returned is frozen; errors, which have hidden parts to freeze, are passed to `harden`. */
export function makeDecoder(hooks: DecodeHooks, harden: Harden): (data: CapData) => unknown {
  return (data) => {
    const { body, slots } = data
    const decoding: Decoding = { hooks, harden, slots, path: [] }
    if (typeof body !== 'string' || !isArray(slots)) return refuseAt(decoding, 0, 'this is not capdata')
    return revive(decoding, parseBody(decoding, body), '', 0)
  }
}

function parseBody(decoding: Decoding, body: string): unknown {
  if (body[0] !== '#') return refuseAt(decoding, 0, 'the body is not smallcaps; it must begin with #')
  try {
    return parse(body.slice(1))
  } catch {
    // The error message of JSON.parse differs between engine releases, and the kernel puts ours into its
    // state.
    return refuseAt(decoding, 0, 'the body is not JSON')
  }
}

/** The decoded value at `key` of its container, `depth` below the root. */
function revive(decoding: Decoding, encoded: unknown, key: string | number, depth: number): unknown {
  if (typeof encoded === 'string') {
    if (encoded >= '.' || encoded < '!') return encoded
    decoding.path[depth] = key
    return reviveSpecial(decoding, encoded, depth)
  }
  if (typeof encoded !== 'object' || encoded === null) return encoded
  decoding.path[depth] = key
  if (depth > maxNesting) return refuseAt(decoding, depth, `data cannot be nested deeper than ${maxNesting}`)
  return isArray(encoded)
    ? reviveArray(decoding, encoded as unknown[], depth)
    : reviveRecord(decoding, encoded as Record<string, unknown>, depth)
}

/** Whether a text begins with one of `!"#$%&'()*+,-`, the characters from '!' up to before '.'. */
const isSpecial = (text: string): boolean => text < '.' && text >= '!'

function reviveSpecial(decoding: Decoding, text: string, depth: number): unknown {
  switch (text[0]) {
    case '!':
      return text.slice(1)
    case '+':
    case '-':
      return reviveBigint(decoding, text, depth)
    case '$':
      return reviveSlot(decoding, text, 'remotable', depth)
    case '&':
      return reviveSlot(decoding, text, 'promise', depth)
    case '#':
      return reviveConstant(decoding, text, depth)
    case '%':
      return (
        symbolNamed(text.slice(1)) ?? refuseAt(decoding, depth, `there is no symbol ${quoteExcerpt(text)}`)
      )
    default:
      return refuseAt(decoding, depth, `the prefix of ${quoteExcerpt(text)} is reserved`)
  }
}

function reviveConstant(decoding: Decoding, text: string, depth: number): unknown {
  switch (text) {
    case '#undefined':
      return undefined
    case '#NaN':
      return NaN
    case '#Infinity':
      return Infinity
    case '#-Infinity':
      return -Infinity
    default:
      return refuseAt(decoding, depth, `there is no constant ${quoteExcerpt(text)}`)
  }
}

function reviveBigint(decoding: Decoding, text: string, depth: number): bigint {
  let number: bigint
  try {
    number = toBigInt(text)
  } catch {
    return refuseAt(decoding, depth, `${quoteExcerpt(text)} is not a bigint`)
  }
  if (text !== (number < 0n ? '' + number : '+' + number)) {
    return refuseAt(decoding, depth, `${quoteExcerpt(text)} is not how this bigint is written`)
  }
  return number
}

/** `$0`, `&1` or `$0.Alleged: purse`. */
function reviveSlot(decoding: Decoding, text: string, kind: 'remotable' | 'promise', depth: number): object {
  const dot = text.indexOf('.')
  const digits = dot < 0 ? text.slice(1) : text.slice(1, dot)
  const index = Number(digits)
  const slot = index >= 0 && String(index) === digits ? decoding.slots[index] : undefined
  if (typeof slot !== 'string')
    return refuseAt(decoding, depth, `${quoteExcerpt(text)} is not the index of a slot`)
  const values = (decoding.values ??= [])
  const known = values[index]
  if (known !== undefined) {
    if (known.kind !== kind) refuseAt(decoding, depth, `slot ${index} is both a remotable and a promise`)
    return known.value
  }
  const value = decoding.hooks.valueOf(slot, dot < 0 ? undefined : text.slice(dot + 1), kind)
  values[index] = { value, kind }
  return value
}

function reviveArray(decoding: Decoding, array: unknown[], depth: number): unknown {
  const { length } = array
  for (let index = 0; index < length; index += 1) {
    const encoded = array[index]
    // Most texts stand for themselves; a call is expensive inside the engine.
    if (typeof encoded === 'string' ? encoded >= '.' || encoded < '!' : typeof encoded !== 'object') continue
    const value = revive(decoding, encoded, index, depth + 1)
    if (value !== encoded) array[index] = value
  }
  return freeze(array)
}

function reviveRecord(decoding: Decoding, record: Record<string, unknown>, depth: number): unknown {
  const names = keys(record)
  const { length } = names
  for (let index = 0; index < length; index += 1) {
    const name = names[index] as string
    if (name < '.' && name >= '!') return reviveSpecialRecord(decoding, record, names, depth)
  }
  for (let index = 0; index < length; index += 1) {
    const name = names[index] as string
    const encoded = record[name]
    if (typeof encoded === 'string' ? encoded >= '.' || encoded < '!' : typeof encoded !== 'object') continue
    const value = revive(decoding, encoded, name, depth + 1)
    if (value === encoded) continue
    if (name === 'then') refuseThenable(decoding, value, depth + 1)
    record[name] = value
  }
  return freeze(record)
}

function refuseThenable(decoding: Decoding, value: unknown, depth: number): void {
  if (typeof value === 'function')
    refuseAt(decoding, depth, 'a record with a function `then` would pass for a promise')
}

/** A record some of whose keys begin with a special character: a tagged value, an error, or escaped keys. */
function reviveSpecialRecord(
  decoding: Decoding,
  record: Record<string, unknown>,
  names: readonly string[],
  depth: number,
): unknown {
  if (hasOwn(record, '#tag')) return reviveTagged(decoding, record, names, depth)
  if (hasOwn(record, '#error')) return reviveError(decoding, record, names, depth)
  const revived: Record<string, unknown> = {}
  for (const name of names) {
    if (isSpecial(name) && name[0] !== '!') {
      return refuseAt(decoding, depth, `there is no kind of record with the key ${quoteExcerpt(name)}`)
    }
    const plainName = isSpecial(name) ? name.slice(1) : name
    const value = revive(decoding, record[name], plainName, depth + 1)
    if (plainName === 'then') refuseThenable(decoding, value, depth + 1)
    defineProperty(revived, plainName, {
      __proto__: null,
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    } as PropertyDescriptor)
  }
  return freeze(revived)
}

function reviveTagged(
  decoding: Decoding,
  record: Record<string, unknown>,
  names: readonly string[],
  depth: number,
): object {
  if (names.length !== 2 || !hasOwn(record, 'payload')) {
    return refuseAt(decoding, depth, 'a tagged value has a tag and a payload, and nothing else')
  }
  const tag = reviveText(decoding, record, '#tag', depth)
  return makeTagged(tag, revive(decoding, record['payload'], 'payload', depth + 1))
}

function reviveText(
  decoding: Decoding,
  record: Record<string, unknown>,
  name: string,
  depth: number,
): string {
  const encoded = hasOwn(record, name) ? record[name] : undefined
  const text = typeof encoded === 'string' ? revive(decoding, encoded, name, depth + 1) : undefined
  if (typeof text === 'string') return text
  decoding.path[depth + 1] = name
  return refuseAt(decoding, depth + 1, 'this must be text')
}

/** Properties other than these five are checked for garbage, and dropped. */
function reviveError(
  decoding: Decoding,
  record: Record<string, unknown>,
  names: readonly string[],
  depth: number,
): unknown {
  if (hasOwn(record, 'message')) return refuseAt(decoding, depth, 'an error has its message in `#error`')
  const error = makeErrorNamed(
    reviveText(decoding, record, 'name', depth),
    reviveText(decoding, record, '#error', depth),
  )
  for (const name of names) {
    if (name === '#error' || name === 'name') continue
    const value = revive(decoding, record[name], name, depth + 1)
    if (name === 'code' && isErrorCode(value)) defineHidden(error, name, value)
    if (name === 'cause' && isErrorLike(value)) defineHidden(error, name, value)
    if (name === 'errors' && areErrors(value)) defineHidden(error, name, value)
  }
  return decoding.harden(error)
}

const areErrors = (value: unknown): boolean => isArray(value) && value.every(isErrorLike)

function defineHidden(error: Error, name: string, value: unknown): void {
  defineProperty(error, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

const quoteExcerpt = (text: string): string => JSON.stringify(excerpt(text, 60))

function refuseAt({ path }: Decoding, depth: number, reason: string): never {
  assert(depth === 0 || depth < path.length, 'Dec1: a refusal has the path to the offender')
  return refusePath(path.slice(1, depth + 1), reason)
}
