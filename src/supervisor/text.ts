/**
 * `TextEncoder` and `TextDecoder` for vats: UTF-8 and nothing else, as the Encoding Standard of the WHATWG
 * has them. The engine has neither, and a host's would be a host's object.
 *
 * Te1. A lone surrogate is written as U+FFFD.
 * Te2. What is not UTF-8 gives one U+FFFD for each maximal part of a sequence, or with `fatal` a `TypeError`.
 * Te3. What a decoder remembers between two calls with `stream` is in that decoder alone, and a call that
 *      ends the stream, or fails, leaves nothing of it.
 */

const { fromCharCode } = String
const { apply } = Reflect
const { isView } = ArrayBuffer

const replacement = 0xfffd
const byteOrderMark = 0xfeff

/** Names of UTF-8, as the standard lists them. */
const labels: readonly string[] = ['unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'utf-8', 'utf8', 'x-unicode20utf8']

// Encoding --------------------------------------------------------------------------------------

/** The code point at the index; a lone surrogate is U+FFFD (Te1). */
function scalarAt(text: string, index: number): number {
  const point = text.codePointAt(index) ?? replacement
  return point >= 0xd800 && point <= 0xdfff ? replacement : point
}

const bytesOf = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)

/** Writes one code point and gives where the next begins. There is room. */
function put(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point
    return at + 1
  }
  const length = bytesOf(point)
  for (let last = length - 1, rest = point; last > 0; last -= 1, rest >>= 6) bytes[at + last] = 0x80 | (rest & 0x3f)
  bytes[at] = (length === 2 ? 0xc0 : length === 3 ? 0xe0 : 0xf0) | (point >> (6 * (length - 1)))
  return at + length
}

export interface EncodedInto {
  /** Code units of the text that were taken. */
  readonly read: number
  readonly written: number
}

function writeText(text: string, bytes: Uint8Array): EncodedInto {
  let read = 0
  let written = 0
  while (read < text.length) {
    const point = scalarAt(text, read)
    if (written + bytesOf(point) > bytes.length) break
    written = put(bytes, written, point)
    read += point > 0xffff ? 2 : 1
  }
  return { read, written }
}

function encodedLength(text: string): number {
  let length = 0
  for (let index = 0; index < text.length; ) {
    const point = scalarAt(text, index)
    length += bytesOf(point)
    index += point > 0xffff ? 2 : 1
  }
  return length
}

export class VatTextEncoder {
  get encoding(): string {
    return 'utf-8'
  }

  encode(text: unknown = ''): Uint8Array {
    const source = String(text)
    const bytes = new Uint8Array(encodedLength(source))
    writeText(source, bytes)
    return bytes
  }

  encodeInto(text: unknown, bytes: Uint8Array): EncodedInto {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('the second argument of encodeInto is a Uint8Array')
    return writeText(String(text), bytes)
  }
}

// Decoding --------------------------------------------------------------------------------------

/** The bytes of a buffer or of a view of one. */
function bytesIn(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array(0)
  if (isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  if (input instanceof ArrayBuffer) return new Uint8Array(input.slice(0))
  throw new TypeError('what is decoded is an ArrayBuffer or a view of one')
}

/** Collects code units; a call of `fromCharCode` takes so many at a time. */
class Text {
  static readonly #most = 4_096
  #units: number[] = []
  #text = ''

  add(point: number): void {
    if (point < 0x10000) this.#units.push(point)
    else this.#units.push(0xd800 | ((point - 0x10000) >> 10), 0xdc00 | ((point - 0x10000) & 0x3ff))
    if (this.#units.length >= Text.#most) this.#flush()
  }

  take(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    this.#text += apply(fromCharCode, undefined, this.#units) as string
    this.#units = []
  }
}

/** A sequence of which not all bytes have come. */
interface Partial {
  readonly point: number
  /** Continuation bytes that are missing. */
  readonly missing: number
  /** What the next byte must be. */
  readonly lower: number
  readonly upper: number
}

/** What a lead byte begins; undefined when it is none. */
function begin(byte: number): Partial | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) return { point: byte & 0x1f, missing: 1, lower: 0x80, upper: 0xbf }
  if (byte >= 0xe0 && byte <= 0xef) {
    return { point: byte & 0xf, missing: 2, lower: byte === 0xe0 ? 0xa0 : 0x80, upper: byte === 0xed ? 0x9f : 0xbf }
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return { point: byte & 0x7, missing: 3, lower: byte === 0xf0 ? 0x90 : 0x80, upper: byte === 0xf4 ? 0x8f : 0xbf }
  }
  return undefined
}

/** What there is of a stream between two calls (Te3). */
interface Stream {
  readonly partial: Partial | undefined
  /** Whether a byte-order mark would still be the first of the text. */
  readonly atStart: boolean
}
const fresh: Stream = { partial: undefined, atStart: true }

export interface DecoderOptions {
  readonly fatal?: unknown
  readonly ignoreBOM?: unknown
}

export class VatTextDecoder {
  readonly #fatal: boolean
  readonly #ignoreBOM: boolean
  #stream: Stream = fresh

  constructor(label: unknown = 'utf-8', options: DecoderOptions = {}) {
    const name = String(label).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase()
    if (!labels.includes(name)) throw new RangeError(`no such encoding here: ${String(label)}; there is utf-8`)
    this.#fatal = Boolean(options?.fatal)
    this.#ignoreBOM = Boolean(options?.ignoreBOM)
  }

  get encoding(): string {
    return 'utf-8'
  }

  get fatal(): boolean {
    return this.#fatal
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM
  }

  decode(input?: unknown, options: { readonly stream?: unknown } = {}): string {
    const bytes = bytesIn(input)
    const goesOn = Boolean(options?.stream)
    const before = this.#stream
    this.#stream = fresh
    const { text, after } = this.#decode(bytes, before, goesOn)
    if (goesOn) this.#stream = after
    return text
  }

  #decode(bytes: Uint8Array, before: Stream, goesOn: boolean): { readonly text: string; readonly after: Stream } {
    const text = new Text()
    let { partial, atStart } = before
    const emit = (point: number): void => {
      if (!atStart || point !== byteOrderMark || this.#ignoreBOM) text.add(point)
      atStart = false
    }
    for (const byte of bytes) {
      if (partial !== undefined && byte >= partial.lower && byte <= partial.upper) {
        const point = (partial.point << 6) | (byte & 0x3f)
        partial = partial.missing === 1 ? undefined : { point, missing: partial.missing - 1, lower: 0x80, upper: 0xbf }
        if (partial === undefined) emit(point)
        continue
      }
      if (partial !== undefined) emit(this.#flaw())
      partial = begin(byte)
      if (partial === undefined) emit(byte < 0x80 ? byte : this.#flaw())
    }
    if (partial !== undefined && !goesOn) emit(this.#flaw())
    return { text: text.take(), after: { partial, atStart } }
  }

  /** Te2. */
  #flaw(): number {
    if (this.#fatal) throw new TypeError('the bytes are not UTF-8')
    return replacement
  }
}

for (const [maker, name] of [[VatTextEncoder, 'TextEncoder'], [VatTextDecoder, 'TextDecoder']] as const) {
  Object.defineProperty(maker, 'name', { value: name })
  Object.defineProperty(maker.prototype, Symbol.toStringTag, { value: name, configurable: true })
}
