/**
 * `TextEncoder` and `TextDecoder` for vats: UTF-8 only, as in the WHATWG Encoding Standard. The engine has
 * neither, and a host's would be a host's object.
 *
 * Txt1. A lone surrogate is written as U+FFFD.
 * Txt2. Input that is not UTF-8 decodes to one U+FFFD for each maximal part of a sequence, or throws a
 *       `TypeError` with `fatal`.
 * Txt3. The state of a decoder between two calls with `stream` is in that decoder alone, and a call that ends
 *       the stream, or fails, clears it.
 */

const { fromCharCode } = String
const { apply } = Reflect
const { isView } = ArrayBuffer

const replacement = 0xfffd
const byteOrderMark = 0xfeff

/** Names of UTF-8, as the standard lists them. */
const labels: readonly string[] = [
  'unicode-1-1-utf-8',
  'unicode11utf8',
  'unicode20utf8',
  'utf-8',
  'utf8',
  'x-unicode20utf8',
]

// --- encoding

/** The code point at the index; a lone surrogate is U+FFFD (Txt1). */
function scalarAt(text: string, index: number): number {
  const point = text.codePointAt(index) ?? replacement
  return point >= 0xd800 && point <= 0xdfff ? replacement : point
}

const bytesOf = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)

/** Writes one code point and returns the next index. There is room. */
function put(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point
    return at + 1
  }
  const length = bytesOf(point)
  for (let last = length - 1, rest = point; last > 0; last -= 1, rest >>= 6)
    bytes[at + last] = 0x80 | (rest & 0x3f)
  bytes[at] = (length === 2 ? 0xc0 : length === 3 ? 0xe0 : 0xf0) | (point >> (6 * (length - 1)))
  return at + length
}

export interface EncodedInto {
  /** Code units of the text that were read. */
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
    if (!(bytes instanceof Uint8Array))
      throw new TypeError('the second argument of encodeInto is a Uint8Array')
    return writeText(String(text), bytes)
  }
}

// --- decoding

/** The bytes of a buffer or of a view of one. */
function bytesIn(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array(0)
  if (isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  if (input instanceof ArrayBuffer) return new Uint8Array(input.slice(0))
  throw new TypeError('what is decoded is an ArrayBuffer or a view of one')
}

/** Bytes decoded at a time, and code units per call of `fromCharCode`. */
const pieceLength = 1_024

/** Collects code units. */
class Text {
  #units: number[] = []
  #text = ''

  add(point: number): void {
    if (point < 0x10000) this.#units.push(point)
    else this.#units.push(0xd800 | ((point - 0x10000) >> 10), 0xdc00 | ((point - 0x10000) & 0x3ff))
    if (this.#units.length >= pieceLength) this.#flush()
  }

  addText(text: string): void {
    this.#flush()
    this.#text += text
  }

  take(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    if (this.#units.length === 0) return
    this.#text += apply(fromCharCode, undefined, this.#units) as string
    this.#units = []
  }
}

/** Whole sequences of UTF-8, written as the code units of their bytes. */
const wellFormed =
  /(?:[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*/y
const longSequence = /[\xc2-\xf4][\x80-\xbf]+/g

/** The character of a whole sequence of more than one byte. */
function characterOf(sequence: string): string {
  const lead = sequence.charCodeAt(0)
  let point = lead & (0x7f >> sequence.length)
  for (let index = 1; index < sequence.length; index += 1)
    point = (point << 6) | (sequence.charCodeAt(index) & 0x3f)
  return String.fromCodePoint(point)
}

/**
 * The whole sequences at the start of a piece. The engine's own regular expressions find them: a loop here
 * takes ten times as long.
 */
function soundStart(piece: Uint8Array): { readonly length: number; readonly text: string } {
  const units = apply(fromCharCode, undefined, piece) as string
  wellFormed.lastIndex = 0
  const [sound = ''] = wellFormed.exec(units) ?? []
  return { length: sound.length, text: sound.replace(longSequence, characterOf) }
}

/** An incomplete sequence. */
interface Partial {
  readonly point: number
  /** The number of missing continuation bytes. */
  readonly missing: number
  /** The range of the next byte. */
  readonly lower: number
  readonly upper: number
}

/** The sequence that a lead byte begins; undefined for any other byte. */
function begin(byte: number): Partial | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) return { point: byte & 0x1f, missing: 1, lower: 0x80, upper: 0xbf }
  if (byte >= 0xe0 && byte <= 0xef) {
    return {
      point: byte & 0xf,
      missing: 2,
      lower: byte === 0xe0 ? 0xa0 : 0x80,
      upper: byte === 0xed ? 0x9f : 0xbf,
    }
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return {
      point: byte & 0x7,
      missing: 3,
      lower: byte === 0xf0 ? 0x90 : 0x80,
      upper: byte === 0xf4 ? 0x8f : 0xbf,
    }
  }
  return undefined
}

/** The state of a stream between two calls (Txt3). */
interface Stream {
  readonly partial: Partial | undefined
  /** Whether a byte-order mark would still be the first of the text. */
  readonly atStart: boolean
}
const fresh: Stream = { partial: undefined, atStart: true }

/**
 * The number of bytes to examine singly first: those that a sequence misses, or where a byte-order mark may
 * be.
 */
const bytewise = ({ partial, atStart }: Stream): number | undefined =>
  partial?.missing ?? (atStart ? 3 : undefined)
const nothingSound = { length: 0, text: '' } as const

export interface DecoderOptions {
  readonly fatal?: unknown
  readonly ignoreBOM?: unknown
}

export class VatTextDecoder {
  readonly #fatal: boolean
  readonly #ignoreBOM: boolean
  #stream: Stream = fresh

  constructor(label: unknown = 'utf-8', options: DecoderOptions = {}) {
    const name = String(label)
      .replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')
      .toLowerCase()
    if (!labels.includes(name))
      throw new RangeError(`no such encoding here: ${String(label)}; there is utf-8`)
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

  #decode(
    bytes: Uint8Array,
    before: Stream,
    goesOn: boolean,
  ): { readonly text: string; readonly after: Stream } {
    const text = new Text()
    let stream = before
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + (bytewise(stream) ?? pieceLength))
      const { length, text: sound } = bytewise(stream) === undefined ? soundStart(piece) : nothingSound
      text.addText(sound)
      if (length === 0) stream = this.#decodeBytes(piece, stream, text)
      at += length === 0 ? piece.length : length
    }
    if (stream.partial !== undefined && !goesOn) text.add(this.#flaw())
    return { text: text.take(), after: stream }
  }

  #decodeBytes(bytes: Uint8Array, before: Stream, text: Text): Stream {
    let { partial, atStart } = before
    const emit = (point: number): void => {
      if (!atStart || point !== byteOrderMark || this.#ignoreBOM) text.add(point)
      atStart = false
    }
    for (const byte of bytes) {
      if (partial !== undefined && byte >= partial.lower && byte <= partial.upper) {
        const point = (partial.point << 6) | (byte & 0x3f)
        partial =
          partial.missing === 1
            ? undefined
            : { point, missing: partial.missing - 1, lower: 0x80, upper: 0xbf }
        if (partial === undefined) emit(point)
        continue
      }
      if (partial !== undefined) emit(this.#flaw())
      partial = begin(byte)
      if (partial === undefined) emit(byte < 0x80 ? byte : this.#flaw())
    }
    return { partial, atStart }
  }

  /** Txt2. */
  #flaw(): number {
    if (this.#fatal) throw new TypeError('the bytes are not UTF-8')
    return replacement
  }
}

for (const [maker, name] of [[VatTextEncoder, 'TextEncoder'], [VatTextDecoder, 'TextDecoder']] as const) {
  Object.defineProperty(maker, 'name', { value: name })
  Object.defineProperty(maker.prototype, Symbol.toStringTag, { value: name, configurable: true })
}
