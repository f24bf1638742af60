/**
 * Times from vats: the records of `@agoric/time`, which carry the brand of their timer, and numbers.
 *
 * | value                        | is                                     |
 * |------------------------------|----------------------------------------|
 * | `{ timerBrand, absValue }`   | a point in time                        |
 * | `{ timerBrand, relValue }`   | a duration                             |
 * | a bigint, or a whole number  | either, of the called timer            |
 *
 * Ti1. Any of the three is accepted; a record of another timer is not. Answers are always records
 *      (`timestamps.ts`).
 */
import { timerLimits } from '../../../protocol/limits.ts'
import { Reference } from '../../objects/kernelValues.ts'
import type { Tables } from '../../tables/tables.ts'
import { isOptions, nameOf } from '../service.ts'

export type TimeArgument =
  { readonly kind: 'time'; readonly time: bigint } | { readonly kind: 'wrong'; readonly message: string }

const units = {
  absValue: 'a bigint from 0n to 2n ** 64n - 1n or a record { timerBrand, absValue }',
  relValue: 'a bigint from 0n to 2n ** 64n - 1n or a record { timerBrand, relValue }',
} as const

/** The time passed under this name (Ti1). */
export function timeArgument(
  tables: Tables,
  name: string,
  unit: keyof typeof units,
  given: unknown,
): TimeArgument {
  const wrong = (message: string): TimeArgument => ({ kind: 'wrong', message })
  const wanted = `${name} is ${units[unit]}, not ${nameOf(given)}`
  if (!isOptions(given) || given instanceof Reference) return timeOf(given, wanted)
  const { timerBrand: brand, [unit]: value, ...others } = given
  if (!(brand instanceof Reference) || typeof value !== 'bigint' || Object.keys(others).length > 0)
    return wrong(wanted)
  if (brand.kref !== tables.serviceRoot('timerBrand'))
    return wrong(
      `TimerBrands must match: the timerBrand of ${name} is not of this timer, whose brand getTimerBrand() gives`,
    )
  return timeOf(value, wanted)
}

function timeOf(given: unknown, wanted: string): TimeArgument {
  const time = typeof given === 'number' && Number.isSafeInteger(given) ? BigInt(given) : given
  return typeof time === 'bigint' && isTime(time)
    ? { kind: 'time', time }
    : { kind: 'wrong', message: wanted }
}

export const isTime = (time: bigint): boolean => time >= 0n && time <= timerLimits.time
