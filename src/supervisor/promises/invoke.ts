/**
 * Calls of objects in this vat.
 *
 * The error messages are those of `@endo/eventual-send`: libraries and tests check them.
 */

/** `undefined` as a method name requests a call of the target itself. */
export type MethodName = string | symbol | undefined

const isPrimitive = (value: unknown): boolean =>
  (typeof value !== 'object' && typeof value !== 'function') || value === null

const typeName = (value: unknown): string => (value === null ? 'null' : typeof value)

/** Calls a method of an object, or the object itself. */
export function invoke(object: unknown, method: MethodName, args: readonly unknown[]): unknown {
  if (method === undefined) {
    if (typeof object !== 'function')
      throw new TypeError(`Cannot invoke target as a function; typeof target is "${typeName(object)}"`)
    return Reflect.apply(object, undefined, args)
  }
  if (object === undefined || object === null) {
    throw new TypeError(`Cannot deliver ${quoted(method)} to target; typeof target is "${typeName(object)}"`)
  }
  const behaviour: unknown = (object as Record<PropertyKey, unknown>)[method]
  if (behaviour === undefined)
    throw new TypeError(`target has no method ${quoted(method)}, has ${quotedList(methodNames(object))}`)
  if (typeof behaviour !== 'function') {
    throw new TypeError(
      `invoked method ${quoted(method)} is not a function; it is a "${typeName(behaviour)}"`,
    )
  }
  return Reflect.apply(behaviour, object, args)
}

/**
 * The names of all methods of a value except those of all objects: symbols before strings, in code unit
 * order.
 */
export function methodNames(value: unknown): readonly (string | symbol)[] {
  const names = new Set<string | symbol>()
  let at: unknown = value
  while (at !== null && at !== undefined && at !== Object.prototype) {
    for (const name of Reflect.ownKeys(Object(at) as object)) {
      if (typeof (value as Record<PropertyKey, unknown>)[name] === 'function') names.add(name)
    }
    // A primitive has no callable properties of its own.
    if (isPrimitive(value)) break
    at = Reflect.getPrototypeOf(at as object)
  }
  return [...names].sort(byTypeAndText)
}

function byTypeAndText(one: string | symbol, other: string | symbol): number {
  if (typeof one !== typeof other) return typeof one === 'symbol' ? -1 : 1
  const [a, b] = [String(one), String(other)]
  return a < b ? -1 : a > b ? 1 : 0
}

export const quoted = (name: PropertyKey): string =>
  JSON.stringify(typeof name === 'symbol' ? `[${String(name)}]` : String(name))

export const quotedList = (names: readonly PropertyKey[]): string => `[${names.map(quoted).join(',')}]`
