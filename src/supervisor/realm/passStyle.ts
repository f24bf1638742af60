/**
 * `passStyleOf` for the vat, under the name by which every copy of `@endo/pass-style` looks for one before it
 * creates its own (`globalThis[Symbol.for('@endo passStyleOf')]`).
 *
 * So all copies of that package in a vat, nested bundles included, agree with each other and with the codec.
 * They also share one cache of sound values: created by user code, it would be a weak collection of the vat,
 * where an entry under a presence or a stored object outlives its representative.
 *
 * Ps1. It returns what `@endo/pass-style` returns for a value, and throws where that throws; but an error may
 *      have a hidden `code` (`docs/decisions/0012-errors-carry-a-code.md`).
 * Ps2. A value found sound is deeply frozen and stays sound.
 */
import { assert } from '../../base/errors.ts'
import {
  claimsTagged,
  errorFlaw,
  isErrorLike,
  nameOf,
  passStyle,
  promiseFlaw,
  remotableFlaw,
  symbolName,
  taggedFlaw,
} from '../../codec/passable.ts'

const { isFrozen, getPrototypeOf, getOwnPropertyDescriptor, hasOwn, prototype: objectPrototype } = Object
const { ownKeys, apply } = Reflect
const { isArray, prototype: arrayPrototype } = Array

export type PassStyle =
  | 'undefined' | 'boolean' | 'number' | 'bigint' | 'string' | 'symbol' | 'null'
  | 'copyArray' | 'copyRecord' | 'tagged' | 'byteArray' | 'error' | 'remotable' | 'promise'

/** Where copies of `@endo/pass-style` look for the vat's own. */
export const passStyleOfEndowment = Symbol.for('@endo passStyleOf')

const styles = new WeakMap<object, PassStyle>()

type Getter = (this: object) => unknown
interface ImmutableBuffers {
  readonly prototype: object
  readonly isImmutable: Getter
}

/** Immutable buffers, which SES provides where the engine has none. */
const immutableBuffers = findImmutableBuffers()

function findImmutableBuffers(): ImmutableBuffers | undefined {
  const buffer = new ArrayBuffer(0) as { sliceToImmutable?: () => object }
  if (typeof buffer.sliceToImmutable !== 'function') return undefined
  const prototype = getPrototypeOf(buffer.sliceToImmutable()) as object
  const isImmutable = getOwnPropertyDescriptor(prototype, 'immutable')?.get
  return isImmutable === undefined ? undefined : { prototype, isImmutable }
}

function isByteArray(value: object): boolean {
  if (immutableBuffers === undefined || getPrototypeOf(value) !== immutableBuffers.prototype) return false
  try {
    return apply(immutableBuffers.isImmutable, value, []) === true
  } catch {
    return false
  }
}

export function passStyleOf(value: unknown): PassStyle {
  const open = new Set<object>()
  const style = styleOf(value, open)
  assert(open.size === 0, 'Ps2: a value was found sound before its parts were')
  return style
}

function styleOf(value: unknown, open: Set<object>): PassStyle {
  switch (typeof value) {
    case 'symbol':
      if (symbolName(value) === undefined)
        throw new TypeError(`only registered and well-known symbols can be passed, not ${String(value)}`)
      return 'symbol'
    case 'object':
      return value === null ? 'null' : known(value, open)
    case 'function':
      return known(value, open)
    default:
      return typeof value as PassStyle
  }
}

function known(value: object, open: Set<object>): PassStyle {
  const before = styles.get(value)
  if (before !== undefined) return before
  if (open.has(value)) throw new TypeError('data that is passed by copy cannot be in a circle')
  open.add(value)
  const style = typeof value === 'function' ? remotableStyle(value) : objectStyle(value, open)
  open.delete(value)
  styles.set(value, style)
  return style
}

function objectStyle(value: object, open: Set<object>): PassStyle {
  if (!isFrozen(value)) throw new TypeError('cannot pass what is not frozen; use harden()')
  if (value instanceof Promise && getPrototypeOf(value) === Promise.prototype)
    return sound(promiseFlaw(value), 'promise')
  if (typeof (value as { then?: unknown }).then === 'function')
    throw new TypeError('cannot pass a thenable that is no promise')
  if ((value as { [passStyle]?: unknown })[passStyle] !== undefined) return claimedStyle(value, open)
  if (isArray(value)) return arrayStyle(value, open)
  if (isErrorLike(value)) return sound(errorFlaw(value, 'must-be-frozen', 0), 'error')
  if (getPrototypeOf(value) === objectPrototype) return recordStyle(value, open)
  return isByteArray(value) ? 'byteArray' : remotableStyle(value)
}

function claimedStyle(value: object, open: Set<object>): PassStyle {
  if (!claimsTagged(value)) return remotableStyle(value)
  const style = sound(taggedFlaw(value), 'tagged')
  styleOf((value as { payload?: unknown }).payload, open)
  return style
}

const remotableStyle = (value: object): PassStyle => sound(remotableFlaw(value), 'remotable')

function sound(flaw: string | undefined, style: PassStyle): PassStyle {
  if (flaw !== undefined) throw new TypeError(`cannot pass it: ${flaw}`)
  return style
}

function arrayStyle(array: readonly unknown[], open: Set<object>): PassStyle {
  if (getPrototypeOf(array) !== arrayPrototype)
    throw new TypeError('cannot pass an array of a class of its own')
  for (let index = 0; index < array.length; index += 1) styleOf(member(array, String(index)), open)
  if (ownKeys(array).length !== array.length + 1)
    throw new TypeError('an array that is passed has elements and nothing else')
  return 'copyArray'
}

function recordStyle(record: object, open: Set<object>): PassStyle {
  for (const key of ownKeys(record)) {
    if (typeof key === 'symbol') throw new TypeError(`a record that is passed has no property ${nameOf(key)}`)
    const value = member(record, key)
    if (typeof value === 'function' && getPrototypeOf(value) === Function.prototype) {
      throw new TypeError(`the property ${nameOf(key)} is a function; make the object a remotable with Far`)
    }
    styleOf(value, open)
  }
  return 'copyRecord'
}

/** The value of an enumerable property that is not an accessor. */
function member(value: object, key: string): unknown {
  const descriptor = getOwnPropertyDescriptor(value, key)
  if (descriptor === undefined || !hasOwn(descriptor, 'value') || descriptor.enumerable !== true) {
    throw new TypeError(`the property ${nameOf(key)} is missing, hidden or an accessor`)
  }
  return descriptor.value
}
