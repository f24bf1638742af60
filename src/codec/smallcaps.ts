/**
 * The encoder of smallcaps: converts a passable value to the text of capdata. Used by the supervisor for all
 * that a vat sends and stores, by the kernel for its own messages, and by the host for the values of its
 * callers.
 *
 * The text is that of `@endo/marshal` (`serializeBodyFormat: 'smallcaps'`, `errorTagging: 'off'`), to the
 * byte, except that an error keeps its code; the table is `docs/wires/capdata.md`.
 *
 * Enc1. One value, one text: records are written in key order, not creation order.
 * Enc2. No getter is called, and each property is read once. A property is known to be plain data if it is
 *       enumerable and has no getter: the engine answers both without creating an object, in half the time of
 *       `getOwnPropertyDescriptor`.
 * Enc3. The encoder may be reentered while it runs (by the traps of a proxy, by a hook): all state of a call
 *       is in its `Encoding`.
 * Enc4. A value is refused with `value/not-passable` and the path to the offender; nothing of it is sent.
 *
 * The language functions that the encoder uses are captured when this file is loaded. Methods of strings and
 * arrays are called directly: inside the engine their prototypes are frozen before a vat's code runs.
 */
import { assert } from '../base/errors.ts'
import type { CapData } from '../protocol/capdata.ts'
import {
  claimsTagged,
  errorCodeOf,
  errorFlaw,
  isErrorLike,
  maxNesting,
  passStyle,
  promiseFlaw,
  remotableFlaw,
  symbolName,
  taggedFlaw,
  tagOf,
} from './passable.ts'
import { refusePath } from './valuePath.ts'


export interface EncodeHooks {
  /**
   * 'remotable' | 'promise' for objects that travel as slots, else undefined. Never called for arrays,
   * records and tagged values. It vouches for the soundness of the object; use `classifyPassable` when
   * nothing else is known of it.
   */
  classify(value: object): 'remotable' | 'promise' | undefined
  slotOf(value: object): string
  interfaceOf(value: object): string | undefined
}

export interface EncodeOptions {
  /** Default true. The host, which has no `harden`, sends data that is not frozen. */
  readonly checkFrozen?: boolean
}

interface Encoding {
  readonly hooks: EncodeHooks
  readonly checkFrozen: boolean
  readonly slots: string[]
  /** Keys from the root to the current object; entries beyond its depth are stale. */
  readonly path: (string | number)[]
  /** The object of each slot; made for the first of them. */
  slotted?: object[]
  /** The index of each of them; created when there are many. */
  indexes?: Map<object, number>
  /** Objects from `cycleCheckDepth` to the current object, to distinguish a cycle from depth. */
  ancestors?: object[]
}

const {
  isFrozen,
  getPrototypeOf,
  getOwnPropertyDescriptor,
  hasOwn,
  create,
  values,
  prototype: objectPrototype,
} = Object
const { ownKeys } = Reflect
const { isArray, prototype: arrayPrototype } = Array
const { stringify } = JSON

/** The encoding for primitive values, which use nothing of it. */
const nothing: Encoding = {
  hooks: { classify: () => undefined, slotOf: () => '', interfaceOf: () => undefined },
  checkFrozen: true,
  slots: [],
  path: [],
}

/** From this depth on, objects are remembered, and checked against their ancestors. */
const cycleCheckDepth = 16

export function makeEncoder(hooks: EncodeHooks, options: EncodeOptions = {}): (value: unknown) => CapData {
  const checkFrozen = options.checkFrozen ?? true
  return (value) => {
    if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
      return { body: '#' + encode(nothing, value, '', 0), slots: [] }
    const encoding: Encoding = { hooks, checkFrozen, slots: [], path: [] }
    // An error at the top is sent in spite of its flaws: its message matters more than its soundness.
    const text = isErrorLike(value) ? encodeError(encoding, value, 0) : encode(encoding, value, '', 0)
    checkSlots(encoding)
    return { body: '#' + text, slots: encoding.slots }
  }
}

/**
 * For calls: the same text as the encoder returns for `[method, args]`, without creating that array, and with
 * method names, which are few, quoted once.
 */
export function makeCallEncoder(
  hooks: EncodeHooks,
  options: EncodeOptions = {},
): (method: unknown, args: readonly unknown[]) => CapData {
  const checkFrozen = options.checkFrozen ?? true
  return (method, args) => {
    const encoding: Encoding = { hooks, checkFrozen, slots: [], path: [] }
    const name =
      typeof method === 'string'
        ? (methodQuotes.texts[method] ?? quote(methodQuotes, method))
        : encode(encoding, method, 0, 1)
    const body = '#[' + name + ',' + encode(encoding, args, 1, 1) + ']'
    checkSlots(encoding)
    return { body, slots: encoding.slots }
  }
}

/**
 * The text of the value at `key` of its container, `depth` below the root. Calls are expensive inside the
 * engine, so this one decides and the containers loop; the path is kept only where something can be refused;
 * and texts are concatenated with +, since a template is a call.
 */
function encode(encoding: Encoding, value: unknown, key: string | number, depth: number): string {
  switch (typeof value) {
    case 'string':
      return stringify(value < '.' && value >= '!' ? '!' + value : value)
    case 'object': {
      if (value === null) return 'null'
      encoding.path[depth] = key
      if (depth > cycleCheckDepth) refuseDepth(encoding, value, depth)
      const prototype: object | null = getPrototypeOf(value)
      if (prototype === objectPrototype && !isArray(value)) return encodeRecord(encoding, value, depth)
      if (prototype === arrayPrototype && isArray(value)) return encodeArray(encoding, value, depth)
      return encodeOther(encoding, value, depth)
    }
    case 'number':
      // NaN or infinite: the difference with itself is not zero.
      return value - value === 0 ? '' + value : '"#' + value + '"'
    case 'bigint':
      return value < 0n ? '"' + value + '"' : '"+' + value + '"'
    case 'boolean':
      return value ? 'true' : 'false'
    case 'undefined':
      return '"#undefined"'
    case 'symbol':
      encoding.path[depth] = key
      return encodeSymbol(encoding, value, depth)
    case 'function':
      encoding.path[depth] = key
      return encodeFunction(encoding, value, depth)
  }
}

/** Texts that begin with one of `!"#$%&'()*+,-` are escaped by `!`; they are those between '!' and '.'. */
function encodeString(text: string): string {
  return stringify(text < '.' && text >= '!' ? `!${text}` : text)
}

function encodeSymbol(encoding: Encoding, symbol: symbol, depth: number): string {
  const name = symbolName(symbol)
  if (name === undefined)
    return refuseAt(encoding, depth, 'a symbol must be registered (Symbol.for) or well known')
  return stringify(`%${name}`)
}

function encodeFunction(encoding: Encoding, value: object, depth: number): string {
  if (encoding.hooks.classify(value) !== 'remotable') {
    return refuseAt(
      encoding,
      depth,
      `a function cannot be passed: ${remotableFlaw(value) ?? 'it is not a remotable here'}`,
    )
  }
  if (encoding.path[depth] === 'then')
    return refuseAt(encoding, depth, 'a record with a function `then` would pass for a promise')
  return encodeSlot(encoding, '$', value)
}

function refuseDepth(encoding: Encoding, value: object, depth: number): void {
  if (depth > maxNesting) refuseAt(encoding, depth, `data cannot be nested deeper than ${maxNesting}`)
  const ancestors = (encoding.ancestors ??= [])
  const position = depth - cycleCheckDepth - 1
  for (let above = 0; above < position; above += 1) {
    if (ancestors[above] === value) refuseAt(encoding, depth, 'data cannot be cyclic')
  }
  ancestors[position] = value
}

// --- arrays and records

function encodeArray(encoding: Encoding, array: readonly unknown[], depth: number): string {
  if (encoding.checkFrozen && !isFrozen(array)) refuseAt(encoding, depth, notFrozen)
  const length = array.length
  // Each index is an own property, and so is `length`: with this number of keys there are no others.
  if (ownKeys(array).length !== length + 1)
    refuseAt(encoding, depth, 'an array must have no holes and no other properties')
  let text = '['
  for (let index = 0; index < length; index += 1) {
    if (!isEnumerable(array, index) || getterOf(array, index) !== undefined)
      refuseProperty(encoding, array, index, depth)
    const value = array[index]
    if (value === undefined && setterOf(array, index) !== undefined)
      refuseProperty(encoding, array, index, depth)
    const item = encode(encoding, value, index, depth + 1)
    text += index === 0 ? item : ',' + item
  }
  return text + ']'
}

function encodeRecord(encoding: Encoding, record: object, depth: number): string {
  if (encoding.checkFrozen && !isFrozen(record)) refuseAt(encoding, depth, notFrozen)
  const keys = ownKeys(record)
  const { length } = keys
  if (length === 0) return '{}'
  // Symbols come last among the keys.
  if (typeof keys[length - 1] === 'symbol') return encodeTagged(encoding, record, depth)
  const names = keys as string[]
  if (!areSorted(names)) return encodeUnsorted(encoding, record, names, depth)
  let text = '{'
  for (let index = 0; index < length; index += 1) {
    const name = names[index] as string
    if (!isEnumerable(record, name) || getterOf(record, name) !== undefined)
      refuseProperty(encoding, record, name, depth)
    const value = (record as Record<string, unknown>)[name]
    if (value === undefined && setterOf(record, name) !== undefined)
      refuseProperty(encoding, record, name, depth)
    const item = encode(encoding, value, name, depth + 1)
    const quoted = keyQuotes.texts[name] ?? quote(keyQuotes, name)
    text += index === 0 ? quoted + item : ',' + quoted + item
  }
  return text + '}'
}

/** Most records are created in key order, or have few keys. */
function areSorted(names: readonly string[]): boolean {
  let previous = names[0] as string
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] as string
    if (name < previous) return false
    previous = name
  }
  return true
}

/**
 * A record whose keys were not created in order. `@endo/marshal` numbers slots in the sorted order of the
 * keys, but writes the keys in the order of an object to which they were added in that order: array indexes
 * come first, as numbers. An object without prototype does just that for us.
 */
function encodeUnsorted(encoding: Encoding, record: object, names: string[], depth: number): string {
  const items = create(null) as Record<string, string>
  for (const name of names.sort()) {
    if (!isEnumerable(record, name) || getterOf(record, name) !== undefined)
      refuseProperty(encoding, record, name, depth)
    const value = (record as Record<string, unknown>)[name]
    if (value === undefined && setterOf(record, name) !== undefined)
      refuseProperty(encoding, record, name, depth)
    items[name] = (keyQuotes.texts[name] ?? quote(keyQuotes, name)) + encode(encoding, value, name, depth + 1)
  }
  return '{' + values(items).join(',') + '}'
}

/** Language functions that query a property of an object, with the object as first argument (Enc2). */
const { call } = Function.prototype
type Question<Answer> = (object: object, key: string | number) => Answer
export const isEnumerable: Question<boolean> = call.bind(objectPrototype.propertyIsEnumerable)
export const getterOf: Question<unknown> = call.bind(
  Reflect.get(objectPrototype, '__lookupGetter__') as () => unknown,
)
/** Called only where the value is undefined: an accessor without a getter reads so. */
export const setterOf: Question<unknown> = call.bind(
  Reflect.get(objectPrototype, '__lookupSetter__') as () => unknown,
)

/**
 * Quoted names with their suffix. Messages repeat the same few names. Emptied when full, so that the heap of
 * a vat that invents names stays small.
 */
interface Quotes {
  texts: Record<string, string>
  count: number
  readonly behind: '' | ':'
}

const keyQuotes: Quotes = { texts: create(null) as Record<string, string>, count: 0, behind: ':' }
const methodQuotes: Quotes = { texts: create(null) as Record<string, string>, count: 0, behind: '' }
const maxQuotes = 500
const maxQuotedLength = 40

function quote(quotes: Quotes, name: string): string {
  const quoted = encodeString(name) + quotes.behind
  if (name.length > maxQuotedLength) return quoted
  if (quotes.count >= maxQuotes) {
    quotes.texts = create(null) as Record<string, string>
    quotes.count = 0
  }
  quotes.count += 1
  assert(quotes.count <= maxQuotes, 'quoted names are dropped before there are too many')
  quotes.texts[name] = quoted
  return quoted
}

function encodeTagged(encoding: Encoding, value: object, depth: number): string {
  if (!claimsTagged(value)) return refuseAt(encoding, depth, 'a record cannot have symbols as keys')
  const flaw = taggedFlaw(value)
  if (flaw !== undefined) return refuseAt(encoding, depth, `not a tagged value: ${flaw}`)
  const { payload } = value as { readonly payload: unknown }
  return `{"#tag":${encodeString(tagOf(value))},"payload":${encode(encoding, payload, 'payload', depth + 1)}}`
}

// --- slots and errors

function encodeOther(encoding: Encoding, value: object, depth: number): string {
  const kind = isArray(value) ? undefined : encoding.hooks.classify(value)
  if (kind === 'remotable') return encodeSlot(encoding, '$', value)
  if (kind === 'promise') return encodeSlot(encoding, '&', value)
  if (!isErrorLike(value))
    return refuseAt(encoding, depth, `this object cannot be passed: ${otherFlaw(value)}`)
  const flaw = errorFlaw(value, encoding.checkFrozen ? 'must-be-frozen' : 'may-be-open', 0)
  if (flaw !== undefined) return refuseAt(encoding, depth, flaw)
  return encodeError(encoding, value, depth)
}

function encodeSlot(encoding: Encoding, prefix: '$' | '&', value: object): string {
  const known = encoding.slotted === undefined ? -1 : indexOfSlot(encoding, encoding.slotted, value)
  if (known >= 0) return '"' + prefix + known + '"'
  const slot = encoding.hooks.slotOf(value)
  const { slots } = encoding
  const index = slots.length
  slots[index] = slot
  if (encoding.slotted === undefined) encoding.slotted = [value]
  else encoding.slotted[index] = value
  const name = prefix === '$' ? encoding.hooks.interfaceOf(value) : undefined
  return name === undefined ? '"' + prefix + index + '"' : stringify(prefix + index + '.' + name)
}

/** Each slot is that of one object. */
function checkSlots({ slots, slotted }: Encoding): void {
  assert(slots.length === (slotted?.length ?? 0), 'Enc3: a slot was taken by another encoding')
}

/** Up to this many objects are searched linearly, which is faster than creating a map. */
const fewSlots = 8

function indexOfSlot(encoding: Encoding, slotted: readonly object[], value: object): number {
  if (slotted.length <= fewSlots) return slotted.indexOf(value)
  const indexes = (encoding.indexes ??= new Map())
  for (let index = indexes.size; index < slotted.length; index += 1)
    indexes.set(slotted[index] as object, index)
  return indexes.get(value) ?? -1
}

/** Its message, name and code travel. Causes stay behind, as does the stack. */
function encodeError(encoding: Encoding, error: Error, depth: number): string {
  const message = encodeString(textOf(encoding, error, 'message', depth))
  const name = encodeString(textOf(encoding, error, 'name', depth))
  const code = errorCodeOf(error)
  // A code has no character that needs escaping.
  return code === undefined
    ? `{"#error":${message},"name":${name}}`
    : `{"#error":${message},"name":${name},"code":"${code}"}`
}

/** At the top, an error may have any value as its name, even one that cannot be converted to text. */
function textOf(encoding: Encoding, error: Error, name: 'message' | 'name', depth: number): string {
  try {
    return `${error[name]}`
  } catch {
    return refuseAt(encoding, depth, `the error's ${name} cannot be made text`)
  }
}

/** Why an object that is not an array, record, slot or error cannot be passed. */
function otherFlaw(value: object): string {
  if (isArray(value)) return 'an array must inherit from Array.prototype'
  if (getPrototypeOf(value) === null) return 'a record must inherit from Object.prototype'
  if (value instanceof Promise) return promiseFlaw(value) ?? 'it is not a promise here'
  if (!(passStyle in value))
    return 'it is neither data nor a remotable; an instance of a class must be made with Far'
  return remotableFlaw(value) ?? 'it is not a remotable here'
}

// --- refusals (enc4)

const notFrozen = 'it is not frozen; harden it first'

function refuseProperty(encoding: Encoding, value: object, key: string | number, depth: number): never {
  const descriptor = getOwnPropertyDescriptor(value, key)
  const flaw =
    descriptor === undefined
      ? 'an array must have no holes'
      : hasOwn(descriptor, 'value')
        ? 'the property is not enumerable'
        : 'the property is an accessor'
  encoding.path[depth + 1] = key
  return refuseAt(encoding, depth + 1, flaw)
}

function refuseAt({ path }: Encoding, depth: number, reason: string): never {
  assert(depth === 0 || depth < path.length, 'Enc4: a refusal has the path to the offender')
  return refusePath(path.slice(1, depth + 1), reason)
}
