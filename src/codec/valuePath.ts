/** The place of a flaw in a value, for the messages of the codec and of the API: `[1].purse.amount`. */
import { refuse } from '../protocol/codes.ts'

/** Refuses a value because of the part at the path. */
export function refusePath(keys: readonly (string | number)[], reason: string): never {
  const path = formatPath(keys)
  return refuse('value/not-passable', path === '' ? reason : `${path}: ${reason}`, { path, reason })
}

export function formatPath(keys: readonly (string | number)[]): string {
  return keys.map((key, position) => formatKey(key, position === 0)).join('')
}

function formatKey(key: string | number, first: boolean): string {
  if (typeof key === 'number') return `[${key}]`
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `[${JSON.stringify(key)}]`
  return first ? key : `.${key}`
}
