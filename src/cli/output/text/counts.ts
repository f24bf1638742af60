/** Numbers for people. */
import { assert } from '../../../base/errors.ts'

/** `1234567` as `1,234,567`. */
export const formatCount = (number: number | bigint): string =>
  String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')

const checked = (count: number): number => {
  assert(Number.isSafeInteger(count) && count >= 0, 'a count is a whole number from 0')
  return count
}

/** A number with its noun in the singular or plural. */
export const pluralize = (number: number, one: string, more = `${one}s`): string =>
  `${formatCount(checked(number))} ${number === 1 ? one : more}`
