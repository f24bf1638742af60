/** The path in a value to the first part that cannot be stored: `.purses[0]`. */
import { isObject } from '../../base/guards.ts'

/** The maximum search depth; beyond it, the refusal has no path. */
const maxDepth = 50

/** `isRefused` is called for every part that travels by reference. */
export function pathToOffender(value: unknown, isRefused: (value: object) => boolean): string {
  return find(value, isRefused, '', 0) ?? ''
}

function find(
  value: unknown,
  isRefused: (value: object) => boolean,
  path: string,
  depth: number,
): string | undefined {
  if (!isObject(value) || depth > maxDepth) return undefined
  if (isRefused(value)) return path
  for (const key of Object.keys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key)
    const found = find(descriptor?.value, isRefused, path + step(value, key), depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const step = (container: object, key: string): string =>
  Array.isArray(container)
    ? `[${key}]`
    : /^[A-Za-z_$][\w$]*$/.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`
