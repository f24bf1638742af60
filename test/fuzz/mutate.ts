/** Changes a valid value of a wire into one that may be valid no more. */
import type { Dice } from '../store/support.ts'
import { jsonOddities, nameOddities } from './oddities.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Container = Json[] | Record<string, Json>

/** A place in a value: a container and the key of what is in it. */
interface Place {
  readonly container: Container
  readonly key: string | number
}

/**
 * The value with one to three changes in it. `names` are those that the sender knows, and those of others.
 */
export function mutated(value: unknown, dice: Dice, names: readonly string[]): unknown {
  const box: Json[] = [JSON.parse(JSON.stringify(value)) as Json]
  for (let changes = dice.roll(4) === 0 ? 1 + dice.roll(3) : 1; changes > 0; changes -= 1) {
    const [root, ...inner] = placesIn(box)
    if (root === undefined) break
    // The whole, and its kind, are noticed at once; what is deeper is worth more.
    const rather = inner.filter(({ key }) => key !== 'kind')
    const places = rather.length === 0 || dice.roll(10) === 0 ? [root, ...inner] : rather
    change(dice.pick(places), dice, names)
  }
  return box[0] ?? null
}

/** The text with something wrong in its characters. */
export function garbled(text: string, dice: Dice): string {
  const at = dice.roll(text.length + 1)
  const to = Math.min(text.length, at + 1 + dice.roll(8))
  switch (dice.roll(6)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + text.slice(to)
    case 2:
      return text.slice(0, at) + text.slice(at, to).repeat(2) + text.slice(to)
    case 3:
      return (
        text.slice(0, at) +
        dice.pick(['"', ',', ':', '[', ']', '{', '}', '\\', '\u0000', '1e999', 'null', '\ud800', ' ']) +
        text.slice(at)
      )
    case 4:
      return text.slice(0, at) + String.fromCharCode(dice.roll(0x1_0000)) + text.slice(at + 1)
    default:
      return text + dice.pick([text, ',', ']', 'x', '\u0000', '[]'])
  }
}

function placesIn(container: Container): Place[] {
  const places: Place[] = []
  const keys: (string | number)[] = Array.isArray(container) ? [...container.keys()] : Object.keys(container)
  for (const key of keys) {
    places.push({ container, key })
    const inner = at(container, key)
    if (typeof inner === 'object' && inner !== null) places.push(...placesIn(inner as Container))
  }
  return places
}

const at = (container: Container, key: string | number): Json =>
  (container as Record<string | number, Json>)[key] ?? null
const put = (container: Container, key: string | number, value: Json): void => {
  // What is put there may be changed in its turn.
  Object.defineProperty(container, key, {
    value: typeof value === 'object' ? structuredClone(value) : value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

const isName = /^[op][-+]/

function change({ container, key }: Place, dice: Dice, names: readonly string[]): void {
  const value = at(container, key)
  if (typeof value === 'string' && isName.test(value) && dice.roll(2) === 0)
    return put(container, key, dice.pick(names))
  switch (dice.roll(10)) {
    case 0:
      if (Array.isArray(container)) container.splice(Number(key), 1)
      else delete container[key]
      return
    case 1:
      if (Array.isArray(container))
        container.splice(Number(key), 0, ...Array.from({ length: 1 + dice.roll(3) }, () => value))
      else put(container, `${key}${dice.pick(['', ' ', 's', '_'])}2`, value)
      return
    case 2:
    case 3:
      return put(container, key, dice.pick(names))
    case 4:
      return put(container, key, dice.pick(nameOddities))
    case 5:
      return put(
        container,
        key,
        dice.pick([[value], { value }, { [String(key)]: value }, JSON.stringify(value)]),
      )
    case 6:
      if (Array.isArray(value))
        return put(container, key, dice.roll(2) === 0 ? [...value].reverse() : [...value, ...value])
      if (typeof value === 'string') return put(container, key, garbled(value, dice))
      return put(
        container,
        key,
        typeof value === 'number' ? value + dice.pick([1, -1, 0.5, 1e9, -1e9]) : null,
      )
    case 7:
      if (!Array.isArray(container))
        return put(
          container,
          dice.pick(['kind', '__proto__', 'toJSON', 'length', 'answer', 'extra', 'slots', 'result']),
          dice.pick(jsonOddities) as Json,
        )
      return put(container, key, dice.pick(jsonOddities) as Json)
    default:
      return put(container, key, dice.pick(jsonOddities) as Json)
  }
}
