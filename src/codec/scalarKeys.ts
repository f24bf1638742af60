/**
 * Scalars as text whose text order is their rank order (`@endo/marshal`, `compareRank`). Used by the
 * supervisor for the keys of collections, and by the machine to show the keys of a baggage.
 *
 * | scalar      | text                                                                               |
 * |-------------|------------------------------------------------------------------------------------|
 * | boolean     | `b0`, `b1`                                                                         |
 * | number      | `f`, the bits of the double in hex: sign bit flipped, all bits flipped if negative; a zero low half is omitted |
 * | bigint ≥ 0  | `p`, three digits that count the digits, the digits                                |
 * | bigint < 0  | `n`, the complement of the count, the complement of each digit                     |
 * | remotable   | `r`, by the collection (`collection.ts`)                                           |
 * | string      | `s`, the text, in printable ASCII                                                  |
 * | null        | `v`                                                                                |
 * | symbol      | `y`, its name as a string                                                          |
 * | undefined   | `z`                                                                                |
 *
 * Ky1. The text has printable ASCII only, and begins with a letter.
 * Ky2. Two keys have the same text exactly when they are the same key; 0 and -0 are.
 * Ky3. Strings are ordered by their UTF-16 code units. A unit from `!` to `|` stands for itself; a lower one
 *      is a space and a character, a higher one `}` and two characters or `~` and three.
 */
import { assert } from '../base/errors.ts'
import { symbolName, symbolNamed } from './passable.ts'

const { fromCharCode } = String

const lowest = 0x21
const firstAbove = 0x7d
const base = 94
/** Code units from here on need three characters. */
const firstFar = firstAbove + base * base
const maxBigintDigits = 999

const bits = new DataView(new ArrayBuffer(8))

/**
 * The text of a scalar that is not a remotable; undefined for anything else. Throws if the scalar has no
 * text.
 */
export function encodeScalar(key: unknown): string | undefined {
  return findScalar(key) ?? refuseScalar(key)
}

/** The text of a scalar that is not a remotable; undefined for any value that cannot be such a key. */
export function findScalar(key: unknown): string | undefined {
  switch (typeof key) {
    case 'string':
      return encodeText('s', key)
    case 'number':
      return encodeNumber(key)
    case 'bigint':
      return encodeBigint(key)
    case 'boolean':
      return key ? 'b1' : 'b0'
    case 'undefined':
      return 'z'
    case 'symbol':
      return encodeSymbol(key)
    case 'object':
      return key === null ? 'v' : undefined
    case 'function':
      return undefined
  }
}

/** Throws the reason why the scalar has no text. Returns undefined for other values. */
function refuseScalar(key: unknown): undefined {
  switch (typeof key) {
    case 'string':
      throw new TypeError('a key cannot have half of a surrogate pair')
    case 'bigint':
      throw new RangeError(`a bigint as a key has at most ${maxBigintDigits} digits`)
    case 'symbol':
      throw new TypeError(
        `a symbol as a key is registered or well known, and its name has no half of a surrogate pair; ${String(key)} is not one`,
      )
    default:
      return undefined
  }
}

/** The inverse of `encodeScalar`. */
export function decodeScalar(text: string): unknown {
  switch (text[0]) {
    case 's':
      return decodeText(text.slice(1))
    case 'f':
      return decodeNumber(text)
    case 'p':
      return BigInt(text.slice(4))
    case 'n':
      return -BigInt(complement(text.slice(4)))
    case 'b':
      return text === 'b1'
    case 'v':
      return null
    case 'y':
      return symbolNamed(decodeText(text.slice(1)))
    default:
      assert(text === 'z', 'Ky1: the text of a key begins with the letter of its kind')
      return undefined
  }
}

/** The letter and the text in printable ASCII (Ky3); undefined if the text is malformed. */
function encodeText(letter: string, text: string): string | undefined {
  if (/^[!-|]*$/.test(text)) return letter + text
  if (!text.isWellFormed()) return undefined
  let encoded = letter
  for (let at = 0; at < text.length; at += 1) encoded += encodeUnit(text.charCodeAt(at))
  return encoded
}

function encodeUnit(unit: number): string {
  if (unit < lowest) return ' ' + fromCharCode(lowest + unit)
  if (unit < firstAbove) return fromCharCode(unit)
  if (unit < firstFar) return '}' + digit((unit - firstAbove) / base) + digit((unit - firstAbove) % base)
  const far = unit - firstFar
  return '~' + digit(far / (base * base)) + digit((far / base) % base) + digit(far % base)
}

const digit = (value: number): string => fromCharCode(lowest + Math.floor(value))

function decodeText(encoded: string): string {
  if (!/[ }~]/.test(encoded)) return encoded
  let text = ''
  for (let at = 0; at < encoded.length; ) {
    const length = lengthOfUnit(encoded[at])
    assert(at + length <= encoded.length, 'Ky3: a text ends with a whole code unit')
    text += fromCharCode(decodeUnit(encoded, at, length))
    at += length
  }
  return text
}

const lengthOfUnit = (first: string | undefined): number =>
  first === ' ' ? 2 : first === '}' ? 3 : first === '~' ? 4 : 1

function decodeUnit(encoded: string, at: number, length: number): number {
  let value = 0
  for (let offset = 1; offset < length; offset += 1)
    value = value * base + encoded.charCodeAt(at + offset) - lowest
  return length === 1
    ? encoded.charCodeAt(at)
    : length === 2
      ? value
      : length === 3
        ? value + firstAbove
        : value + firstFar
}

function encodeNumber(number: number): string {
  // -0 and 0 are one key.
  bits.setFloat64(0, number === 0 ? 0 : number)
  const turn = number < 0 ? 0xffff_ffff : 0
  const high = (bits.getUint32(0) ^ (turn === 0 ? 0x8000_0000 : turn)) >>> 0
  const low = (bits.getUint32(4) ^ turn) >>> 0
  const text = 'f' + (number < 0 ? hex(high) : high.toString(16))
  return low === 0 ? text : text + hex(low)
}

const hex = (half: number): string => half.toString(16).padStart(8, '0')

function decodeNumber(text: string): number {
  assert(text.length === 9 || text.length === 17, 'Ky2: a double is one half in hex, or both')
  const high = Number.parseInt(text.slice(1, 9), 16)
  const low = text.length > 9 ? Number.parseInt(text.slice(9), 16) : 0
  const isNegative = high < 0x8000_0000
  bits.setUint32(0, (high ^ (isNegative ? 0xffff_ffff : 0x8000_0000)) >>> 0)
  bits.setUint32(4, (low ^ (isNegative ? 0xffff_ffff : 0)) >>> 0)
  return bits.getFloat64(0)
}

function encodeBigint(bigint: bigint): string | undefined {
  const digits = String(bigint < 0n ? -bigint : bigint)
  if (digits.length > maxBigintDigits) return undefined
  const count = String(digits.length).padStart(3, '0')
  assert(count.length === 3, 'Ky2: three digits count the digits of a bigint')
  return bigint < 0n ? 'n' + complement(count) + complement(digits) : 'p' + count + digits
}

const complement = (digits: string): string => digits.replace(/[0-9]/g, (one) => String(9 - Number(one)))

function encodeSymbol(symbol: symbol): string | undefined {
  const name = symbolName(symbol)
  return name === undefined ? undefined : encodeText('y', name)
}
