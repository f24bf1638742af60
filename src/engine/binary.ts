/**
 * Reads and writes the bytes of a WebAssembly module.
 *
 * Both handle bytes, LEB128 numbers and names, and nothing of a module's meaning. A reader never reads past
 * its end: it refuses, and reports its offset in the module.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'

export function refuseModule(what: string, offset: number): never {
  refuse('engine/not-wasm', `not a module that can be metered: ${what} at offset ${offset}`, { offset })
}

export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  offset: number

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  get done(): boolean {
    return this.offset >= this.end
  }

  byte(): number {
    if (this.offset >= this.end) refuseModule('the bytes end too early', this.offset)
    return this.bytes[this.offset++]!
  }

  /** A 32-bit unsigned number, in as many bytes as it was written with. */
  u32(): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value < 2 ** 32 ? value : refuseModule('a number over 32 bits', start)
    }
    return refuseModule('a number of too many bytes', start)
  }

  /** Skips a number of at most `bits` bits. */
  skipNumber(bits: 32 | 33 | 64): void {
    const start = this.offset
    const maxBytes = Math.ceil(bits / 7)
    for (let count = 1; this.byte() >= 0x80; count += 1) {
      if (count === maxBytes) refuseModule('a number of too many bytes', start)
    }
  }

  skip(count: number): void {
    if (count > this.end - this.offset) refuseModule('the bytes end too early', this.offset)
    this.offset += count
  }

  name(): string {
    const length = this.u32()
    const start = this.offset
    this.skip(length)
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString('utf8')
  }

  /** A reader of the next `length` bytes; this one continues after them. */
  part(length: number): ByteReader {
    const start = this.offset
    this.skip(length)
    return new ByteReader(this.bytes, start, this.offset)
  }

  /** A second reader of the same bytes, at another offset. */
  at(offset: number): ByteReader {
    assert(offset >= 0 && offset <= this.end, 'a reader begins within its bytes')
    return new ByteReader(this.bytes, offset, this.end)
  }

  /** Reads the bytes from here to the end. */
  rest(): Uint8Array {
    const rest = this.bytes.subarray(this.offset, this.end)
    this.offset = this.end
    return rest
  }
}

export class ByteWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  put(bytes: Uint8Array | readonly number[]): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A 32-bit unsigned number, in as few bytes as it needs. */
  u32(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80)
      value = Math.floor(value / 0x80)
    }
    this.byte(value)
  }

  /** Bytes preceded by their length, like sections, bodies and names. */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.put(bytes)
  }

  name(text: string): void {
    this.sized(Buffer.from(text, 'utf8'))
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** A 32-bit number as LEB128, for code that is composed of lists. */
export function leb(value: number): number[] {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'a number of 32 bits')
  const writer = new ByteWriter()
  writer.u32(value)
  return [...writer.bytes()]
}

/** A non-negative number as signed LEB128, the form of constants. */
export function signedLeb(value: number): number[] {
  assert(Number.isInteger(value) && value >= 0, 'constants of the meter are not negative')
  const bytes: number[] = []
  while (value >= 0x40) {
    bytes.push((value % 0x80) | 0x80)
    value = Math.floor(value / 0x80)
  }
  return [...bytes, value]
}
