/**
 * Times as vats write and read them: the records of `@agoric/time`, which say of which timer they are.
 *
 * | value                        | is                                     |
 * |------------------------------|----------------------------------------|
 * | `{ timerBrand, absValue }`   | a point in time                        |
 * | `{ timerBrand, relValue }`   | a span of time                         |
 * | a bigint, or a whole number  | either, of the timer that is asked     |
 *
 * Ti1. What is answered is always a record, with the brand of this timer. What is taken is any of the three.
 */
import { timerLimits } from '../../protocol/limits.ts'
import { Reference, encode } from '../data.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { Tables } from '../tables/tables.ts'
import { provideService } from './roots.ts'
import { isOptions, nameOf } from './service.ts'

export const timerBrand = (tables: Tables): Reference => new Reference(provideService(tables, 'timerBrand'), 'Alleged: timerBrand')

/** A point in time as vats read it (Ti1). */
export interface Timestamp {
  readonly timerBrand: Reference
  readonly absValue: bigint
}
export const timestamp = (tables: Tables, absValue: bigint): Timestamp => ({ timerBrand: timerBrand(tables), absValue })

/** An update of a notifier: the time for which it was, and how many there were. No count says that it is the last. */
export const updateAt = (tables: Tables, time: bigint, updateCount: bigint | undefined) => ({ value: timestamp(tables, time), updateCount })

/** `handler.wake(now)`. */
export const wakeCall = (tables: Tables, now: bigint): CapData => encode(['wake', [timestamp(tables, now)]])

export type GivenTime = { readonly kind: 'time'; readonly time: bigint } | { readonly kind: 'wrong'; readonly message: string }

const units = {
  absValue: 'a bigint from 0n to 2n ** 64n - 1n or a record { timerBrand, absValue }',
  relValue: 'a bigint from 0n to 2n ** 64n - 1n or a record { timerBrand, relValue }',
} as const

/** The time that was given under this name (Ti1). */
export function givenTime(tables: Tables, name: string, unit: keyof typeof units, given: unknown): GivenTime {
  const wrong = (message: string): GivenTime => ({ kind: 'wrong', message })
  const wanted = `${name} is ${units[unit]}, not ${nameOf(given)}`
  if (!isOptions(given) || given instanceof Reference) return timeOf(given, wanted)
  const { timerBrand: brand, [unit]: value, ...others } = given
  if (!(brand instanceof Reference) || typeof value !== 'bigint' || Object.keys(others).length > 0) return wrong(wanted)
  if (brand.kref !== tables.serviceRoot('timerBrand')) return wrong(`TimerBrands must match: the timerBrand of ${name} is not of this timer, whose brand getTimerBrand() gives`)
  return timeOf(value, wanted)
}

function timeOf(given: unknown, wanted: string): GivenTime {
  const time = typeof given === 'number' && Number.isSafeInteger(given) ? BigInt(given) : given
  return typeof time === 'bigint' && isTime(time) ? { kind: 'time', time } : { kind: 'wrong', message: wanted }
}

export const isTime = (time: bigint): boolean => time >= 0n && time <= timerLimits.time
