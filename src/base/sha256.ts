/**
 * SHA-256 of a text in UTF-8, for code without host access. A lone surrogate is written as U+FFFD, as
 * everywhere.
 */
import type { Hash } from './ids.ts'

const rounds = 64
const blockBytes = 64

export function sha256(text: string): Hash {
  const bytes = padded(utf8(text))
  const state = Uint32Array.from(firstState)
  const schedule = new Uint32Array(rounds)
  for (let at = 0; at < bytes.length; at += blockBytes) compress(state, schedule, bytes, at)
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('') as Hash
}

/** The first 32 bits of the fractions of the square roots and cube roots of the first primes. */
const primes = firstPrimes(rounds)
const fractionOf = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32)
const firstState = primes.slice(0, 8).map((prime) => fractionOf(Math.sqrt(prime)))
const constants = Uint32Array.from(primes.map((prime) => fractionOf(cubeRoot(prime))))

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let number = 2; found.length < count; number += 1)
    if (found.every((prime) => number % prime !== 0)) found.push(number)
  return found
}

/** By Newton's method: the last bits of `Math.cbrt` may differ between engines. */
function cubeRoot(number: number): number {
  let root = number
  for (let step = 0; step < 100; step += 1) root -= (root * root * root - number) / (3 * root * root)
  return root
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function compress(state: Uint32Array, schedule: Uint32Array, bytes: Uint8Array, at: number): void {
  const word = (array: Uint32Array, index: number): number => array[index] ?? 0
  for (let index = 0; index < 16; index += 1) schedule[index] = wordAt(bytes, at + 4 * index)
  for (let index = 16; index < rounds; index += 1) {
    const before = word(schedule, index - 15)
    const last = word(schedule, index - 2)
    const low = rotated(before, 7) ^ rotated(before, 18) ^ (before >>> 3)
    const high = rotated(last, 17) ^ rotated(last, 19) ^ (last >>> 10)
    schedule[index] = word(schedule, index - 16) + low + word(schedule, index - 7) + high
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < rounds; index += 1) {
    const mixed = (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g))
    const first = (h + mixed + word(constants, index) + word(schedule, index)) | 0
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = word(state, index) + value
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)

/** Appends a one, zeros, and the number of bits, to whole blocks. */
function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil((bytes.length + 9) / blockBytes) * blockBytes)
  all.set(bytes)
  all[bytes.length] = 0x80
  let bits = bytes.length * 8
  for (let at = all.length - 1; bits > 0; at -= 1, bits = Math.floor(bits / 256)) all[at] = bits % 256
  return all
}

/** Prefix of a character's first byte, by the number of bytes that follow. */
const leads = [0, 0xc0, 0xe0, 0xf0]

function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let length = 0
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0
    const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
    bytes[length++] = (leads[more] ?? 0) | (code >> (6 * more))
    for (let rest = more - 1; rest >= 0; rest -= 1) bytes[length++] = 0x80 | ((code >> (6 * rest)) & 0x3f)
  }
  return bytes.subarray(0, length)
}
