/**
 * The notifier of a meter, in the shape of those of `@agoric/notifier`.
 *
 * | method                  | answer                                                                       |
 * |-------------------------|------------------------------------------------------------------------------|
 * | `getUpdateSince(count)` | `{ value, updateCount }`: the remainder when it last dropped below the       |
 * |                         | threshold, and the number of drops; at once if that is more than `count`,    |
 * |                         | else at the next drop. Without a count the last one, or else the first       |
 *
 * Nt1. It holds its meter. Updates belong to the meter, so that all notifiers of one meter report the same.
 */
import { assert } from '../../../base/errors.ts'
import { encode } from '../../objects/kernelValues.ts'
import { maxMeterWaiters } from '../../../protocol/limits.ts'
import { updateOf } from '../../delivery/meters.ts'
import type { Service } from '../../tables/records.ts'
import {
  answer,
  later,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'

type Notifier = Extract<Service, { kind: 'notifier' }>

export const notifier: Methods<Notifier> = { getUpdateSince }

const isCount = (value: unknown): value is bigint | number =>
  typeof value === 'bigint' || Number.isSafeInteger(value)

function getUpdateSince(
  { meters, references }: ServiceParts,
  { meter }: Notifier,
  { args: [since], result }: ServiceCall,
): Reply {
  if (since !== undefined && !isCount(since))
    return refusal('getUpdateSince takes the updateCount of an update, or nothing')
  const updates = meters.updates(meter)
  assert(updates.count >= 0, 'the drops of a meter are counted up (Nt1)')
  if (updates.count > 0 && (since === undefined || since < updates.count))
    return answer(encode(updateOf(updates)))
  if (updates.waiting.length >= maxMeterWaiters)
    return refusal(`${maxMeterWaiters} wait for this meter already`)
  if (result === null) return later
  references.add(result)
  meters.setUpdates(meter, { ...updates, waiting: [...updates.waiting, result] })
  return later
}
