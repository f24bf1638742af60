/** The times of a repetition: `start`, `start + interval`, `start + 2 * interval`, … */
import { assert } from '../../base/errors.ts'
import type { Time } from '../tables/records.ts'

export interface Repetition {
  readonly start: Time
  readonly interval: Time
}

/** The first of the times that is after now. */
export function nextOf({ start, interval }: Repetition, now: bigint): bigint {
  const first = BigInt(start)
  const every = BigInt(interval)
  assert(every > 0n, 'the times of a repetition differ')
  return now < first ? first : now - ((now - first) % every) + every
}

/** The last of the times that is not after now, and how many there were; undefined before the first. */
export function latestOf(
  { start, interval }: Repetition,
  now: bigint,
): { readonly time: bigint; readonly count: bigint } | undefined {
  const first = BigInt(start)
  const every = BigInt(interval)
  assert(every > 0n, 'the times of a repetition differ')
  if (now < first) return undefined
  const passed = (now - first) / every
  return { time: first + passed * every, count: passed + 1n }
}
