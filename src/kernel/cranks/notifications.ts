/** Notifications: settled promises in the form that a vat receives them. */
import { assert } from '../../base/errors.ts'
import { isPromiseKref, type PromiseKref, type PromiseVref, type VatId } from '../../base/ids.ts'
import { deliveryLimits } from '../../protocol/limits.ts'
import type { Resolution } from '../../protocol/worker/delivery.ts'
import type { CLists } from '../objects/clists.ts'
import { dataForVat } from '../objects/kernelValues.ts'
import type { Tables } from '../tables/tables.ts'

interface NotificationParts {
  readonly tables: Tables
  readonly clists: CLists
}

/**
 * Whether the vat still expects a notification of the promise. It may have been upgraded since and have no
 * name for the promise, or another notification covered it.
 */
export function isExpected(tables: Tables, vat: VatId, promise: PromiseKref): boolean {
  const entry = tables.entryOf(vat, promise)
  return entry !== undefined && entry.mark !== 'T'
}

/**
 * The resolutions of one notification. Settles the vat's entries of the promises, and allocates names for
 * all that their data refers to.
 */
export function resolutionsFor(parts: NotificationParts, vat: VatId, promise: PromiseKref): Resolution[] {
  const { tables, clists } = parts
  const covered = promisesOf(tables, vat, promise)
  const resolutions = covered.map((kref): Resolution => {
    const { state } = tables.promise(kref)
    assert(state !== 'unresolved', 'a promise is settled before the vat is notified')
    return {
      promise: clists.toVat(vat, kref) as PromiseVref,
      outcome: state,
      data: clists.dataToVat(vat, dataForVat(tables.promiseData(kref))),
    }
  })
  return covered.map((kref, index) => {
    const resolution = resolutions[index]
    assert(resolution !== undefined, 'each covered promise has a resolution')
    return clists.resolutionKnown(vat, kref) === 'kept' ? { ...resolution, keep: true } : resolution
  })
}

/**
 * The promise, and the settled promises reachable from its data that the vat does not know yet. One
 * notification covers them all, since promises that hold each other would otherwise cause one notification
 * each. Promises that would make it too large get notifications of their own.
 */
function promisesOf(tables: Tables, vat: VatId, promise: PromiseKref): PromiseKref[] {
  const covered = new Set([promise])
  let written = 0
  for (const kref of covered) {
    for (const slot of dataForVat(tables.promiseData(kref)).slots) {
      if (!isPromiseKref(slot) || covered.has(slot) || tables.promise(slot).state === 'unresolved') continue
      if (tables.entryOf(vat, slot)?.mark === 'T') continue
      written += tables.promiseDataLength(slot)
      if (written > deliveryLimits.written) return [...covered]
      covered.add(slot)
    }
  }
  return [...covered]
}
