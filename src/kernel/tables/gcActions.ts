/** The table of pending GC actions, by vat, action and object. */
import { assert } from '../../base/errors.ts'
import { isVatId, type ObjectKref, type VatId } from '../../base/ids.ts'
import { maxReleasedPerDelivery } from '../../protocol/limits.ts'
import type { GcAction, QueueItem } from './records.ts'
import type { Rows } from './rows.ts'

export class GcActionTable {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** Idempotent. */
  add(vat: VatId, action: GcAction, kref: ObjectKref): void {
    this.#rows.set(`gc.${vat}.${action}.${kref}`, '')
  }

  /** Deletes all actions of the vat. */
  deleteOf(vat: VatId): void {
    for (const rest of this.#rows.each(`gc.${vat}.`)) this.#rows.delete(`gc.${vat}.${rest}`)
  }

  /** Takes pending actions of the first vat and action, as many as fit in one delivery; or none. */
  take(): Extract<QueueItem, { kind: 'release' }> | undefined {
    const first = this.#rows.first('gc.')
    if (first === undefined) return undefined
    const [, vat, action] = first.split('.') as [string, VatId, GcAction]
    assert(isVatId(vat), 'a GC action names a vat')
    const prefix = `gc.${vat}.${action}.`
    const objects = this.#rows.some(prefix, maxReleasedPerDelivery) as ObjectKref[]
    assert(objects.length > 0, 'the first action is among those that are taken')
    for (const kref of objects) this.#rows.delete(prefix + kref)
    return { kind: 'release', vat, action, objects }
  }
}
