/**
 * A guest: one instance of an engine, and the host's few operations on it.
 *
 * It owns the views of the guest's memory and the crossing of texts and values. It knows nothing of
 * deliveries, images or limits.
 *
 * Gst1. The host allocates in the guest only what a crossing needs and frees it in the same crossing, and the
 *       place of a text depends only on its length. So the heap after a delivery is a function of the heap
 *       before, the delivery and the answers.
 * Gst2. Only well-formed text crosses. JSON escapes the rest, so anything else is a fault of the writer.
 * Gst3. No view outlives the memory that it shows: a view whose memory grew has length 0 and is renewed.
 */
import { assert } from '../base/errors.ts'
import { at, beat } from '../base/pulse.ts'
import { instantiate, type Engine } from './engine.ts'
import type { WasmGlobal } from './host.ts'
import type { EngineExports } from './surface.ts'

/** The guest threw, or did something that no supervisor may do. The message is the same on every host. */
export class GuestFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GuestFault'
  }
}

/** Carries an exception of a syscall's answer through the frames of the guest, which cannot catch it. */
export class Escape extends Error {
  readonly thrown: unknown
  constructor(thrown: unknown) {
    super('a syscall was not answered')
    this.thrown = thrown
  }
}

/** The host's pointers into the guest; the same in every worker of an image. */
export interface Roots {
  readonly context: number
  readonly runtime: number
  readonly dispatch: bigint
  readonly finish: bigint
  /** `undefinedValue` for supervisors of older releases without it. */
  readonly salvage: bigint
  /** Evaluates a bundle before its start; `undefinedValue` for supervisors that only start (Bim1). */
  readonly evaluate: bigint
  /** Called before a forced collection; `undefinedValue` when the supervisor has nothing to do then. */
  readonly beforeCollection: bigint
  /** The wire that the supervisor declares; null for supervisors that declare none (Ww1). */
  readonly wire: number | null
  /** One page of 4 KiB reserved for the host; the constant `scratchPage` is its layout. */
  readonly scratchPage: number
}

/** The layout of the host's page in the guest. */
export const scratchPage = { values: 0, length: 32, context: 36, text: 64, size: 4096 } as const
const scratchTextBytes = scratchPage.size - scratchPage.text

export const undefinedValue = 3n << 32n
/** A small integer of the guest; undefined for any other value. */
export const integerOf = (value: bigint): number | undefined =>
  tagOf(value) === tag.integer ? Number(BigInt.asIntN(32, value)) : undefined
const tagOf = (value: bigint): bigint => value >> 32n
const tag = { integer: 0n, object: -1n, rope: -6n, text: -7n, exception: 6n } as const
const isText = (value: bigint): boolean => tagOf(value) === tag.text || tagOf(value) === tag.rope

const strictScript = 8
/** A longer text does not fit a string of the host, whose error would pass for a fault of this machine. */
const maxTextBytes = 2 ** 29 - 64
const encoder = new TextEncoder()

export class Guest {
  readonly exports: EngineExports
  /** Answers a syscall. Set only while a delivery runs. */
  answer: ((text: string) => string) | undefined = undefined
  #roots: Roots
  readonly #engine: Engine
  #bytes: Buffer
  #words: Uint32Array
  #values: BigInt64Array
  #scratchText: Uint8Array

  constructor(engine: Engine) {
    this.#engine = engine
    this.exports = instantiate(engine, {
      memory: () => this.memory(),
      free: (boxed) => void this.exports.qjs_free_value(boxed),
      hostCall: (count, boxedValues) => this.#hostCall(count, boxedValues),
    })
    this.#roots = {
      context: 0,
      runtime: 0,
      dispatch: undefinedValue,
      finish: undefinedValue,
      salvage: undefinedValue,
      evaluate: undefinedValue,
      beforeCollection: undefinedValue,
      wire: null,
      scratchPage: 0,
    }
    this.#bytes = Buffer.alloc(0)
    this.#words = new Uint32Array(0)
    this.#values = new BigInt64Array(0)
    this.#scratchText = new Uint8Array(0)
  }

  get roots(): Roots {
    return this.#roots
  }

  /** Sets the host's pointers. */
  setRoots(roots: Roots): void {
    assert(roots.scratchPage % scratchPage.size === 0, 'Gst1: the host has a page of its own in the guest')
    this.#roots = roots
    this.#takeViews()
  }

  /** The whole current memory (Gst3). */
  memory(): Buffer {
    if (this.#bytes.length === 0) this.#takeViews()
    return this.#bytes
  }

  /** The engine's mutable globals, ordered by their names in the engine. */
  globals(): (number | bigint)[] {
    return this.#engine.globalNames.map((name) => this.#global(name).value)
  }

  setGlobals(values: readonly (number | bigint)[]): void {
    const { globalNames } = this.#engine
    assert(values.length === globalNames.length, 'a heap with other globals than its engine has')
    globalNames.forEach((name, index) => (this.#global(name).value = values[index]!))
  }

  /** Creates a text in the guest. The caller owns the value. */
  newText(text: string): bigint {
    assert(text.isWellFormed(), 'Gst2: a text for the guest is not well-formed')
    if (text.length * 3 <= scratchTextBytes) return this.#newSmallText(text)
    const size = Buffer.byteLength(text)
    return this.#withBytes(text, size, (pointer) =>
      this.#checked(this.exports.JS_NewStringLen(this.#roots.context, pointer, size)),
    )
  }

  /** The content of a guest text. The caller keeps the value. */
  readText(value: bigint): string {
    if (!isText(value)) throw new GuestFault('The supervisor gave something other than a text.')
    return this.#readAnything(value) ?? ''
  }

  /** Evaluates a strict script and returns its value, which the caller owns. */
  evaluate(source: string, fileName: string): bigint {
    const size = Buffer.byteLength(source)
    return this.#withBytes(source, size, (pointer) =>
      this.#withName(fileName, (name) =>
        this.#checked(this.exports.JS_Eval(this.#roots.context, pointer, size, name, strictScript)),
      ),
    )
  }

  /** A property, which the caller owns. `object` must be an object. */
  property(object: bigint, name: string): bigint {
    return this.#withName(name, (pointer) =>
      this.#checked(this.exports.JS_GetPropertyStr(this.#roots.context, object, pointer)),
    )
  }

  /** Sets a property and takes ownership of the value. */
  setProperty(object: bigint, name: string, value: bigint): void {
    this.#withName(name, (pointer) => {
      const result = this.exports.JS_SetPropertyStr(this.#roots.context, object, pointer, value)
      if (result < 0) throw new GuestFault(this.#takeException())
    })
  }

  /** Calls a function without arguments. The caller owns the result. */
  call(target: bigint): bigint {
    return this.#checked(this.exports.JS_Call(this.#roots.context, target, undefinedValue, 0, 0))
  }

  /** Calls a function with two values, which the caller keeps. The caller owns the result. */
  callWith(target: bigint, first: bigint, second: bigint): bigint {
    const { context, scratchPage: page } = this.#roots
    const at = (page + scratchPage.values) >>> 3
    this.memory()
    this.#values[at] = first
    this.#values[at + 1] = second
    return this.#checked(this.exports.JS_Call(context, target, undefinedValue, 2, page + scratchPage.values))
  }

  /** Runs jobs until none is left. */
  runJobs(): void {
    const { runtime, scratchPage: page } = this.#roots
    let ran = 1
    while (ran > 0) ran = this.exports.JS_ExecutePendingJob(runtime, page + scratchPage.context)
    if (ran < 0) throw new GuestFault(this.#takeException())
  }

  /** Frees everything unreachable, and runs the guest's resulting jobs. */
  collectGarbage(): void {
    this.exports.JS_RunGC(this.#roots.runtime)
    this.runJobs()
  }

  freeValue(value: bigint): void {
    this.exports.JS_FreeValue(this.#roots.context, value)
  }

  allocate(size: number): number {
    const pointer = this.exports.wasm_malloc(size)
    assert(pointer !== 0, 'the guest had no memory and did not trap')
    return pointer >>> 0
  }

  /** The value that a pointer of the guest points to. */
  valueAt(pointer: number): bigint {
    assert(pointer % 8 === 0, 'a value of the guest is aligned')
    this.memory()
    return this.#values[pointer >>> 3]!
  }

  isObject(value: bigint): boolean {
    return tagOf(value) === tag.object
  }

  isFunction(value: bigint): boolean {
    return this.exports.JS_IsFunction(this.#roots.context, value) !== 0
  }

  #takeViews(): void {
    const { buffer } = this.exports.memory
    this.#bytes = Buffer.from(buffer)
    this.#words = new Uint32Array(buffer)
    this.#values = new BigInt64Array(buffer)
    this.#scratchText = new Uint8Array(buffer, this.#roots.scratchPage + scratchPage.text, scratchTextBytes)
  }

  #global(name: string): WasmGlobal {
    const exports: Readonly<Record<string, unknown>> = this.exports
    return exports[name] as WasmGlobal
  }

  #newSmallText(text: string): bigint {
    this.memory()
    const { read, written } = encoder.encodeInto(text, this.#scratchText)
    assert(read === text.length, 'Gst1: a small text fits the page of the host')
    const { context, scratchPage: page } = this.#roots
    return this.#checked(this.exports.JS_NewStringLen(context, page + scratchPage.text, written))
  }

  /** Stores the bytes of a text, zero-terminated, in newly allocated memory while `use` runs. */
  #withBytes<Result>(text: string, size: number, use: (pointer: number) => Result): Result {
    const pointer = this.allocate(size + 1)
    const bytes = this.memory()
    assert(bytes.write(text, pointer, size, 'utf8') === size, 'Gst2: a text crosses whole')
    bytes[pointer + size] = 0
    const result = use(pointer)
    this.exports.wasm_free(pointer)
    return result
  }

  #withName<Result>(name: string, use: (pointer: number) => Result): Result {
    return this.#withBytes(name, Buffer.byteLength(name), use)
  }

  /** The value as text, by the guest's own `String`; undefined when that throws. */
  #readAnything(value: bigint): string | undefined {
    const { context, scratchPage: page } = this.#roots
    const pointer = this.exports.JS_ToCStringLen2(context, page + scratchPage.length, value, 0) >>> 0
    if (pointer === 0) return undefined
    const bytes = this.memory()
    const length = this.#words[(page + scratchPage.length) >>> 2]!
    if (length > maxTextBytes) throw new GuestFault('The supervisor gave a text that is too long.')
    const text = bytes.toString('utf8', pointer, pointer + length)
    this.exports.JS_FreeCString(context, pointer)
    // The guest writes an unpaired surrogate as three bytes, which decode to more.
    if (Buffer.byteLength(text) !== length) {
      throw new GuestFault('The supervisor gave a text that is not well-formed.')
    }
    return text
  }

  #checked(value: bigint): bigint {
    if (tagOf(value) === tag.exception) throw new GuestFault(this.#takeException())
    return value
  }

  /** Message and stack of the guest's exception. */
  #takeException(): string {
    const { context } = this.#roots
    const thrown = this.exports.JS_GetException(context)
    const message = this.#readAnything(thrown) ?? 'something that has no text'
    if (!this.isObject(thrown)) return message
    const stack = this.#withName('stack', (name) => this.exports.JS_GetPropertyStr(context, thrown, name))
    return isText(stack) ? `${message}\n${this.readText(stack)}`.trimEnd() : message
  }

  #hostCall(count: number, boxedValues: number): number {
    const { answer } = this
    beat(at.syscall)
    if (answer === undefined) throw new GuestFault('hostSyscall was called outside of a delivery.')
    if (count !== 1) throw new GuestFault('hostSyscall takes one text.')
    this.memory()
    const value = this.valueAt(this.#words[boxedValues >>> 2]!)
    const result = this.newText(answerOrEscape(answer, this.readText(value)))
    const box = this.allocate(8)
    this.memory()
    this.#values[box >>> 3] = result
    return box
  }
}

function answerOrEscape(answer: (text: string) => string, text: string): string {
  try {
    return answer(text)
  } catch (error) {
    throw new Escape(error)
  }
}
