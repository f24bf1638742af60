/** Times that the kernel reports: records with the brand of its timer, those of `@agoric/time`. */
import type { CapData } from '../../protocol/capdata.ts'
import { Reference, encode } from '../objects/kernelValues.ts'
import { provideService } from '../objects/roots.ts'
import type { Tables } from '../tables/tables.ts'

export const timerBrandReference = (tables: Tables): Reference =>
  new Reference(provideService(tables, 'timerBrand'), 'Alleged: timerBrand')

/** A point in time. */
export interface Timestamp {
  readonly timerBrand: Reference
  readonly absValue: bigint
}
export const timestamp = (tables: Tables, absValue: bigint): Timestamp => ({
  timerBrand: timerBrandReference(tables),
  absValue,
})

/** An update of a notifier: its scheduled time, and the number of updates. No count marks the last one. */
export interface TimeUpdate {
  readonly value: Timestamp
  readonly updateCount: bigint | undefined
}
export const updateAt = (tables: Tables, time: bigint, updateCount: bigint | undefined): TimeUpdate => ({
  value: timestamp(tables, time),
  updateCount,
})

/** `handler.wake(now)`. */
export const wakeCall = (tables: Tables, now: bigint): CapData => encode(['wake', [timestamp(tables, now)]])
