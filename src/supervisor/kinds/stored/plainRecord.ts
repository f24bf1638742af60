/**
 * Plain records: required of a first state and of the result of a migration, so that every property is a
 * field and nothing is lost on storage.
 */
import { getterOf, isEnumerable, setterOf } from '../../../codec/smallcaps.ts'

const { getPrototypeOf, keys: namesOf, prototype: objectPrototype } = Object
const { ownKeys } = Reflect

/** Why the value is not a record of fields, or undefined if it is. Calls none of its getters. */
export function recordFlaw(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null)
    return `${value === null ? 'null' : typeof value} is not a record`
  const prototype: unknown = getPrototypeOf(value)
  if (prototype !== objectPrototype && prototype !== null) return `${nameOf(value)} is not a record`
  const keys = ownKeys(value)
  // Runs for each new object: one query for all keys costs less than one for each.
  if (namesOf(value).length !== keys.length) return hiddenFlaw(value, keys)
  for (let index = 0; index < keys.length; index += 1) {
    const name = keys[index] as string
    if (
      getterOf(value, name) === undefined &&
      (Reflect.get(value, name) !== undefined || setterOf(value, name) === undefined)
    )
      continue
    return `its property ${JSON.stringify(name)} is not a field: it is an accessor`
  }
  return undefined
}

function hiddenFlaw(value: object, keys: readonly PropertyKey[]): string {
  const symbol = keys.find((key) => typeof key === 'symbol')
  if (symbol !== undefined)
    return `its property ${String(symbol)} is not a field: the name of a field is a string`
  const hidden = keys.find((key) => !isEnumerable(value, String(key)))
  return `its property ${JSON.stringify(hidden)} is not a field: it is not enumerable`
}

function nameOf(value: object): string {
  if (value instanceof Promise) return 'a promise'
  if (Array.isArray(value)) return 'an array'
  return value instanceof Error
    ? 'an error'
    : 'an object that inherits from something else than Object.prototype'
}
