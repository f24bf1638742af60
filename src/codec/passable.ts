/**
 * Passable values: values that may travel between vats, and how each kind is recognised.
 *
 * Used by both sides of the codec, and by the supervisor for its `passStyleOf`, collections and salvages.
 * The rules are those of `@endo/pass-style`, so that objects created by its `Far` and `makeTagged` are
 * recognised here, and ours there. This file handles the kinds that need a closer check:
 *
 * | kind       | recognised by                                                                         |
 * |------------|---------------------------------------------------------------------------------------|
 * | remotable  | frozen, only methods of its own, inherits from a tag record that says `remotable`     |
 * | promise    | frozen, native, inherits directly from `Promise.prototype`, nothing of its own        |
 * | tagged     | a frozen tag record that says `tagged`, with a `payload`                              |
 * | error      | inherits directly from a standard error's prototype, nothing but text, code and causes |
 * | symbol     | registered, or well known                                                             |
 *
 * Pas1. A function that looks for a flaw returns why the value is refused, or undefined when it is sound.
 * Pas2. No getter of the value is called. (A proxy's traps are; a frozen proxy cannot lie with them.)
 * Pas3. This file captures the language functions it uses at load time; inside the engine the prototypes are
 *       frozen before any vat's code runs.
 */
const {
  freeze,
  isFrozen,
  getPrototypeOf,
  getOwnPropertyDescriptor,
  create,
  hasOwn,
  prototype: objectPrototype,
} = Object
const { ownKeys, apply } = Reflect
const { isArray } = Array
const functionPrototype: object = Function.prototype
const NativePromise = Promise
const promisePrototype: object = Promise.prototype
const promiseThen = Promise.prototype.then
const symbolFor = Symbol.for
const symbolKeyFor = Symbol.keyFor
const toStringTag = Symbol.toStringTag

/** Marks tag records: `remotable` in the prototype of a remotable, `tagged` on a tagged value. */
export const passStyle: unique symbol = Symbol.for('passStyle')

/** The maximum nesting for the codec. Deeper values are refused before any stack overflows. */
export const maxNesting = 200

/** The encoder's classification of a value that travels as a slot, when nothing else is known of it. */
export function classifyPassable(value: object): 'remotable' | 'promise' | undefined {
  if (remotableFlaw(value) === undefined) return 'remotable'
  if (promiseFlaw(value) === undefined) return 'promise'
  return undefined
}

/** The tag of a sound tagged value. */
export const tagOf = (value: object): string =>
  (value as { readonly [Symbol.toStringTag]: string })[Symbol.toStringTag]

/** The interface name of a sound remotable, such as `Alleged: purse`. */
export const interfaceOf: (remotable: object) => string | undefined = tagOf

// --- remotables

/** Remotables that were checked and found sound. They are frozen deeply, so they stay sound. */
const soundRemotables = new WeakSet<object>()

/** Why the value is not a remotable. */
export function remotableFlaw(value: object): string | undefined {
  if (soundRemotables.has(value)) return undefined
  const flaw = freshRemotableFlaw(value)
  if (flaw === undefined) soundRemotables.add(value)
  return flaw
}

function freshRemotableFlaw(value: object): string | undefined {
  if (isArray(value)) return 'an array cannot be a remotable'
  if (!isFrozen(value)) return 'it is not frozen; harden it first'
  const prototype: object | null = getPrototypeOf(value)
  if (prototype === null || prototype === objectPrototype || prototype === functionPrototype) {
    return 'it is not declared as a remotable; make it with Far'
  }
  return (
    (typeof value === 'function' ? farFunctionFlaw(value) : farObjectFlaw(value)) ??
    remotablePrototypeFlaw(value, prototype) ??
    (typeof (value as { then?: unknown }).then === 'function'
      ? 'it has a method `then` but is no promise'
      : undefined)
  )
}

/** A far object has only methods of its own. */
function farObjectFlaw(value: object): string | undefined {
  for (const key of ownKeys(value)) {
    const descriptor = getOwnPropertyDescriptor(value, key)
    if (descriptor === undefined || !hasOwn(descriptor, 'value'))
      return `its property ${nameOf(key)} is an accessor`
    const property: unknown = descriptor.value
    if (key === toStringTag) {
      if (!isInterface(property)) return 'its interface is not one that a remotable may have'
    } else if (key === passStyle) {
      return 'it hides its pass style'
    } else if (typeof property !== 'function' || passStyle in property) {
      return `its property ${nameOf(key)} is not a method`
    }
  }
  return undefined
}

/** A far function has only a name, a length and optionally an interface. */
function farFunctionFlaw(value: object): string | undefined {
  for (const key of ownKeys(value)) {
    const property: unknown = getOwnPropertyDescriptor(value, key)?.value
    const sound =
      key === 'name' || key === 'length' || (key === toStringTag && isInterface(property))
    if (!sound) return `a far function cannot have the property ${nameOf(key)}`
  }
  if (typeof getOwnPropertyDescriptor(value, 'name')?.value !== 'string') return 'its name is not text'
  if (typeof getOwnPropertyDescriptor(value, 'length')?.value !== 'number')
    return 'its length is not a number'
  return undefined
}

/** A remotable inherits from a tag record, or from another remotable. */
function remotablePrototypeFlaw(value: object, prototype: object): string | undefined {
  const above: object | null = getPrototypeOf(prototype)
  if (typeof value === 'object' && above !== objectPrototype && above !== null)
    return remotableFlaw(prototype)
  const inherits =
    typeof value === 'object'
      ? above === objectPrototype
      : above === functionPrototype || (above !== null && getPrototypeOf(above) === functionPrototype)
  if (!inherits || tagRecordFlaw(prototype, 'remotable') !== undefined || ownKeys(prototype).length !== 2) {
    return 'it is an instance of a class, or not declared as a remotable; make it with Far'
  }
  return isInterface(hiddenValue(prototype, toStringTag))
    ? undefined
    : 'its interface is not one that a remotable may have'
}

function isInterface(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    (value === 'Remotable' || value.startsWith('Alleged: ') || value.startsWith('DebugName: '))
  )
}

// --- tag records

/** Why a frozen object is not a record of two hidden constants: its pass style, and a text. */
function tagRecordFlaw(value: object, style: 'remotable' | 'tagged'): string | undefined {
  if (!isFrozen(value)) return 'its tag record is not frozen'
  if (hiddenValue(value, passStyle) !== style) return `it does not have the pass style ${style}`
  if (typeof hiddenValue(value, toStringTag) !== 'string') return 'its tag is not text'
  return undefined
}

/** The value of a property that is the object's own, not an accessor, and not enumerable; else undefined. */
function hiddenValue(value: object, key: PropertyKey): unknown {
  const descriptor = getOwnPropertyDescriptor(value, key)
  return descriptor === undefined || descriptor.enumerable === true ? undefined : descriptor.value
}

/** Whether a plain object claims to be a tagged value. */
export const claimsTagged = (value: object): boolean => hasOwn(value, passStyle)

/** Why a plain object is not a tagged value. Does not check its payload. */
export function taggedFlaw(value: object): string | undefined {
  const flaw = tagRecordFlaw(value, 'tagged')
  if (flaw !== undefined) return flaw
  const payload = getOwnPropertyDescriptor(value, 'payload')
  if (payload === undefined || !hasOwn(payload, 'value') || payload.enumerable !== true)
    return 'it has no payload'
  return ownKeys(value).length === 3 ? undefined : 'a tagged value has a tag and a payload, and nothing else'
}

/** Creates a tagged value. The payload must be passable and frozen already. */
export function makeTagged(tag: string, payload: unknown): object {
  return freeze(
    create(objectPrototype, {
      [passStyle]: constant('tagged', false),
      [toStringTag]: constant(tag, false),
      payload: constant(payload, true),
    }) as object,
  )
}

/** Without a prototype, so that no one can add an attribute to it from there. */
const constant = (value: unknown, enumerable: boolean): PropertyDescriptor =>
  ({ __proto__: null, value, writable: false, enumerable, configurable: false }) as PropertyDescriptor

// --- promises

/** Why the promise cannot be passed. */
export function promiseFlaw(value: object): string | undefined {
  if (getPrototypeOf(value) !== promisePrototype || !isNativePromise(value)) return 'it is not a promise'
  if (!isFrozen(value)) return 'the promise is not frozen; harden it first'
  for (const key of ownKeys(value)) {
    if (key !== toStringTag || typeof hiddenValue(value, key) !== 'string') {
      return `the promise has the property ${nameOf(key)} of its own`
    }
  }
  return undefined
}

const ignore = (): void => {}

function isNativePromise(value: object): boolean {
  const resolved = NativePromise.resolve(value)
  if (resolved === value) return true
  // An impostor: the promise just created for it will be rejected, and no one else listens.
  apply(promiseThen, resolved, [ignore, ignore])
  return false
}

// --- errors

type ErrorMaker = new (message: string) => Error

const errorMakers = new Map<string, ErrorMaker>([
  ['Error', Error],
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError],
])
const NativeAggregateError = AggregateError
const AnyError = Error
const errorPrototypes = new Set<object | null>([AggregateError.prototype])
for (const maker of errorMakers.values()) errorPrototypes.add(maker.prototype as object)

export const isErrorLike = (value: unknown): value is Error => value instanceof AnyError

/** The grammar of an error code: `value/too-large`. Any other value of the property is ignored. */
const errorCodeGrammar = /^[a-z0-9][a-z0-9/-]{0,63}$/
export const isErrorCode = (value: unknown): value is string =>
  typeof value === 'string' && errorCodeGrammar.test(value)

/** The code of an error, which travels with it. */
export function errorCodeOf(error: Error): string | undefined {
  const code: unknown = getOwnPropertyDescriptor(error, 'code')?.value
  return isErrorCode(code) ? code : undefined
}

/** A fresh error of the standard class of that name, or a plain `Error` when there is none. */
export function makeErrorNamed(name: string, message: string): Error {
  if (name === 'AggregateError') return new NativeAggregateError([], message)
  const Maker = errorMakers.get(name) ?? AnyError
  return new Maker(message)
}

/**
 * Why an error cannot be passed inside other data. (At the top any error can: its message matters more than
 * its soundness.) Unfrozen errors of some engines have an accessor `stack`.
 */
export function errorFlaw(
  error: Error,
  frozen: 'must-be-frozen' | 'may-be-open',
  depth: number,
): string | undefined {
  if (depth > maxNesting) return `its causes are nested deeper than ${maxNesting}`
  if (frozen === 'must-be-frozen' && !isFrozen(error)) return 'the error is not frozen; harden it first'
  if (!errorPrototypes.has(getPrototypeOf(error))) return 'it is an error of a class of its own'
  if (!hasOwn(error, 'message')) return 'the error has no message of its own'
  for (const key of ownKeys(error)) {
    // Own symbols are ignored, as by @endo/pass-style.
    if (typeof key === 'symbol' || (key === 'stack' && frozen === 'may-be-open')) continue
    const descriptor = getOwnPropertyDescriptor(error, key)
    if (descriptor === undefined || descriptor.enumerable === true || !hasOwn(descriptor, 'value')) {
      return `the error's property ${nameOf(key)} is enumerable or an accessor`
    }
    const flaw = errorPropertyFlaw(key, descriptor.value, frozen, depth)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

function errorPropertyFlaw(
  key: string,
  value: unknown,
  frozen: 'must-be-frozen' | 'may-be-open',
  depth: number,
): string | undefined {
  if (key === 'message' || key === 'stack') {
    return typeof value === 'string' ? undefined : `the error's ${key} is not text`
  }
  if (key === 'code' && isErrorCode(value)) return undefined
  if (key === 'cause') {
    return isErrorLike(value) ? errorFlaw(value, frozen, depth + 1) : "the error's cause is not an error"
  }
  if (key === 'errors') return errorListFlaw(value, frozen, depth)
  return `the error's property ${nameOf(key)} would not be passed`
}

function errorListFlaw(
  errors: unknown,
  frozen: 'must-be-frozen' | 'may-be-open',
  depth: number,
): string | undefined {
  if (!isArray(errors)) return "the error's errors are not an array"
  if (frozen === 'must-be-frozen' && !isFrozen(errors)) return "the error's errors are not frozen"
  for (const error of errors as readonly unknown[]) {
    const flaw = isErrorLike(error)
      ? errorFlaw(error, frozen, depth + 1)
      : 'one of the errors is not an error'
    if (flaw !== undefined) return flaw
  }
  return undefined
}

// --- symbols

/** The well-known symbols on the wire. An engine does not recognise the names that it does not have. */
const wellKnownNames = [
  'asyncDispose',
  'asyncIterator',
  'dispose',
  'hasInstance',
  'isConcatSpreadable',
  'iterator',
  'match',
  'matchAll',
  'replace',
  'search',
  'species',
  'split',
  'toPrimitive',
  'toStringTag',
  'unscopables',
] as const
const nameOfWellKnown = new Map<symbol, string>()
const wellKnownOf = new Map<string, symbol>()
for (const name of wellKnownNames) {
  const symbol: unknown = Reflect.get(Symbol, name)
  if (typeof symbol !== 'symbol') continue
  nameOfWellKnown.set(symbol, `@@${name}`)
  wellKnownOf.set(`@@${name}`, symbol)
}

/** `@@iterator` for a well-known symbol, else the key of a registered one, or undefined. */
export function symbolName(symbol: symbol): string | undefined {
  const key = symbolKeyFor(symbol)
  if (key === undefined) return nameOfWellKnown.get(symbol)
  return key.startsWith('@@') ? `@@${key}` : key
}

/** The inverse of `symbolName`; undefined when no symbol has the name. */
export function symbolNamed(name: string): symbol | undefined {
  if (!name.startsWith('@@')) return symbolFor(name)
  return name.startsWith('@@@@') ? symbolFor(name.slice(2)) : wellKnownOf.get(name)
}

/** A property's key for messages. */
export const nameOf = (key: PropertyKey): string =>
  typeof key === 'symbol' ? String(key) : `"${String(key)}"`
