/**
 * Meters: limits on the computrons of the vats that are charged to them.
 *
 * | method             | answer                                                                    |
 * |--------------------|---------------------------------------------------------------------------|
 * | `addRemaining(n)`  | undefined; adds `n` computrons                                            |
 * | `setThreshold(n)`  | undefined                                                                 |
 * | `get()`            | `{ remaining, threshold }`; for an unlimited one `remaining` is `'unlimited'` |
 * | `notify()`         | the remainder, once it is below the threshold; at once if it already is   |
 * | `getNotifier()`    | a notifier (`notifier.ts`), which reports each such drop                  |
 *
 * Me1. The remainder is never negative and never more than `maxComputrons`.
 * Me2. Nothing is taken from or added to an unlimited meter.
 */
import { assert } from '../../../base/errors.ts'
import { isObjectKref, type ObjectKref } from '../../../base/ids.ts'
import { maxComputrons, maxMeterWaiters } from '../../../protocol/limits.ts'
import { Reference, encode } from '../../objects/kernelValues.ts'
import type { Meter, Service } from '../../tables/records.ts'
import type { Tables } from '../../tables/tables.ts'
import { newService } from '../../objects/kernelObjects.ts'
import {
  answer,
  later,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'

type MeterService = Extract<Service, { kind: 'meter' }>

export const meter: Methods<MeterService> = { addRemaining, setThreshold, get, notify, getNotifier }

/** The meter that the value refers to, if any. */
export function meterOf(tables: Tables, value: unknown): ObjectKref | undefined {
  if (!(value instanceof Reference) || !isObjectKref(value.kref)) return undefined
  return tables.findService(value.kref)?.kind === 'meter' ? value.kref : undefined
}

export function createMeter(parts: ServiceParts, { args: [remaining, threshold] }: ServiceCall): Reply {
  if (!isAmount(remaining)) return refusal(`what remains of a meter is ${amount}`)
  if (!isAmount(threshold)) return refusal(`the threshold of a meter is ${amount}`)
  return newMeter(parts, {
    kind: 'limited',
    remaining: String(remaining),
    threshold: String(threshold),
    waiting: [],
  })
}

export const createUnlimitedMeter = (parts: ServiceParts): Reply => newMeter(parts, { kind: 'unlimited' })

const newMeter = (parts: ServiceParts, state: Meter): Reply =>
  answer(encode(newService(parts, { kind: 'meter', meter: state }, 'Alleged: meter')))

const amount = 'a bigint from 0n to 2n ** 62n'
const isAmount = (value: unknown): value is bigint =>
  typeof value === 'bigint' && value >= 0n && value <= maxComputrons

function addRemaining(
  { meters }: ServiceParts,
  { meter: state }: MeterService,
  { target, args: [more] }: ServiceCall,
): Reply {
  if (!isAmount(more)) return refusal(`addRemaining takes ${amount}`)
  if (state.kind === 'limited') {
    const remaining = BigInt(state.remaining) + more
    assert(remaining >= more, 'the remainder of a meter is not negative (Me1)')
    if (remaining > maxComputrons)
      return refusal(`a meter holds at most 2n ** 62n; ${state.remaining} remain`)
    meters.set(target, { ...state, remaining: String(remaining) })
  }
  return answer(encode(undefined))
}

function setThreshold(
  { meters }: ServiceParts,
  { meter: state }: MeterService,
  { target, args: [threshold] }: ServiceCall,
): Reply {
  if (!isAmount(threshold)) return refusal(`setThreshold takes ${amount}`)
  if (state.kind === 'limited') meters.set(target, { ...state, threshold: String(threshold) })
  return answer(encode(undefined))
}

function get(_parts: ServiceParts, { meter: state }: MeterService): Reply {
  if (state.kind === 'unlimited') return answer(encode({ remaining: 'unlimited', threshold: 0n }))
  return answer(encode({ remaining: BigInt(state.remaining), threshold: BigInt(state.threshold) }))
}

function notify(
  { meters, references }: ServiceParts,
  { meter: state }: MeterService,
  { target, result }: ServiceCall,
): Reply {
  if (state.kind === 'unlimited') return refusal('an unlimited meter never falls below its threshold')
  if (state.waiting.length >= maxMeterWaiters)
    return refusal(`${maxMeterWaiters} wait for this meter already`)
  if (result === null) return later
  references.add(result)
  meters.set(target, { ...state, waiting: [...state.waiting, result] })
  return later
}

function getNotifier(parts: ServiceParts, _service: MeterService, { target }: ServiceCall): Reply {
  parts.references.add(target)
  return answer(encode(newService(parts, { kind: 'notifier', meter: target }, 'Alleged: notifier')))
}
