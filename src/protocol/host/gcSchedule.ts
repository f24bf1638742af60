/** When a vat is asked to collect its garbage. */
import { isCount, isDigits, isRecord } from '../../base/guards.ts'

/**
 * When a vat is asked to collect its garbage: once any of these counts is reached since the last request.
 * Absent fields default to the store's schedule, which counts deliveries only.
 */
export interface CollectionSchedule {
  readonly deliveries?: number | 'never'
  /** References that the kernel passed to the vat in its deliveries. */
  readonly references?: number | 'never'
  /** Computrons that the vat used, as decimal digits, or `never`. */
  readonly computrons?: string
}

const isNumberLimit = (value: unknown): boolean => value === undefined || value === 'never' || isCount(value)
const isDigitsLimit = (value: unknown): boolean => value === undefined || value === 'never' || isDigits(value)

export const isCollectionSchedule = (value: unknown): value is CollectionSchedule =>
  isRecord(value) &&
  isNumberLimit(value['deliveries']) &&
  isNumberLimit(value['references']) &&
  isDigitsLimit(value['computrons'])
