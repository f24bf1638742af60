/**
 * Metering of vats: the limit of each delivery, and the meter that pays for it.
 *
 * Mt1. A vat with a meter is charged the computrons of each of its deliveries, including undone ones. A
 *      charge undone with its crank is repeated by the caller that undid it.
 * Mt2. A delivery may use the smaller of the vat's limit for it (`vatLimits.ts`) and the meter's remainder.
 *      Without a remainder it is not made.
 * Mt3. Waiting promises are settled as soon as less remains than the threshold, for any cause; those of
 *      a notifier only when the remainder drops below the threshold from above.
 */
import type { ObjectKref, PromiseKref } from '../../base/ids.ts'
import { assert } from '../../base/errors.ts'
import type { DeliveryKind } from '../../protocol/worker/delivery.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { DeliveryLimits } from '../../protocol/worker/worker.ts'
import { encode, rejection } from '../objects/kernelValues.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import { waitingFor, type Meter, type MeterUpdates, type Service, type VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import { limitsOf } from './vatLimits.ts'

/** The bound of a delivery: the vat's own limit, or the remainder of its meter. */
export type Allowance =
  | { readonly kind: 'allowed'; readonly limits: DeliveryLimits; readonly by: 'delivery' | 'meter' }
  | { readonly kind: 'empty' }

const noUpdates: MeterUpdates = { count: 0, remaining: '0', waiting: [] }

type Limited = Extract<Meter, { kind: 'limited' }>

/** The update that a notifier reports. */
export const updateOf = ({ count, remaining }: MeterUpdates): object => ({
  value: BigInt(remaining),
  updateCount: BigInt(count),
})

const isBelow = (meter: Meter): boolean =>
  meter.kind === 'limited' && BigInt(meter.remaining) < BigInt(meter.threshold)

function updatesAfterDrop({ remaining, updates: { count, waiting } = noUpdates }: Limited): MeterUpdates {
  return { count: count + 1, remaining, waiting }
}

export class Meters {
  readonly #tables: Tables
  readonly #references: References
  readonly #promises: Promises

  constructor(tables: Tables, references: References, promises: Promises) {
    this.#tables = tables
    this.#references = references
    this.#promises = promises
  }

  /** Mt2. */
  allowance(record: VatRecord, kind: DeliveryKind): Allowance {
    const { meter } = record
    const limits = limitsOf(record, kind)
    const state = meter === undefined ? undefined : this.#read(meter)
    if (state?.kind !== 'limited') return { kind: 'allowed', limits, by: 'delivery' }
    const remaining = BigInt(state.remaining)
    assert(remaining >= 0n, 'the remainder of a meter is not negative (Mt2)')
    if (remaining === 0n) return { kind: 'empty' }
    return remaining < limits.computrons
      ? { kind: 'allowed', limits: { ...limits, computrons: remaining }, by: 'meter' }
      : { kind: 'allowed', limits, by: 'delivery' }
  }

  /** Mt1. */
  charge({ meter }: Pick<VatRecord, 'meter'>, computrons: bigint): void {
    assert(computrons >= 0n, 'a delivery uses no negative computrons (Mt1)')
    if (meter === undefined || computrons === 0n) return
    const state = this.#read(meter)
    if (state.kind === 'unlimited') return
    const remaining = BigInt(state.remaining) - computrons
    this.set(meter, { ...state, remaining: String(remaining < 0n ? 0n : remaining) })
  }

  /** Writes the meter's new state, and settles the waiting promises (Mt3). */
  set(meter: ObjectKref, state: Limited): void {
    assert(BigInt(state.remaining) >= 0n, 'the remainder of a meter is not negative (Mt1)')
    if (!isBelow(state)) return this.#tables.setService(meter, { kind: 'meter', meter: state })
    const updates = isBelow(this.#read(meter)) ? undefined : updatesAfterDrop(state)
    const updated = {
      ...state,
      waiting: [],
      ...(updates === undefined ? {} : { updates: { ...updates, waiting: [] } }),
    }
    this.#tables.setService(meter, { kind: 'meter', meter: updated })
    this.#settle(state.waiting, 'fulfilled', encode(BigInt(state.remaining)))
    if (updates !== undefined) this.#settle(updates.waiting, 'fulfilled', encode(updateOf(updates)))
  }

  updates(meter: ObjectKref): MeterUpdates {
    return this.#read(meter).updates ?? noUpdates
  }

  setUpdates(meter: ObjectKref, updates: MeterUpdates): void {
    this.#tables.setService(meter, { kind: 'meter', meter: { ...this.#read(meter), updates } })
  }

  /** Assigns a meter to the vat. Returns the record to write. */
  hold(record: VatRecord, meter: ObjectKref): VatRecord {
    this.#references.add(meter)
    this.release(record)
    return { ...record, meter }
  }

  /** The vat has ended, or is on another meter. */
  release({ meter }: Pick<VatRecord, 'meter'>): void {
    if (meter !== undefined) this.#references.remove(meter)
  }

  /** The meter is unreferenced, so that nothing will ever be charged to it. */
  onServiceDeleted(service: Service): void {
    if (service.kind === 'meter')
      this.#settle(
        waitingFor(service.meter),
        'rejected',
        rejection({ code: 'service-refused', message: 'nobody refers to the meter any more' }),
      )
  }

  #settle(waiting: readonly PromiseKref[], state: 'fulfilled' | 'rejected', data: ReasonData): void {
    for (const promise of waiting) {
      this.#promises.settle(promise, state, data)
      this.#references.remove(promise)
    }
  }

  #read(kref: ObjectKref): Meter {
    const service = this.#tables.service(kref)
    assert(service.kind === 'meter', `${kref} is not a meter`)
    return service.meter
  }
}
