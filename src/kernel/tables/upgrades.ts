/**
 * Tables of upgrades: the parameters of each incarnation, draining vats, and histories.
 *
 * | table         | key                          | value                                             |
 * |---------------|------------------------------|---------------------------------------------------|
 * | parameters    | `parameters.` vat            | JSON capdata: the incarnation's parameters        |
 * | draining      | `draining`                   | JSON list of `Draining`                           |
 * |               | `drain.` vat                 | JSON `UpgradeItem`: the waiting upgrade           |
 * | histories     | `history.` vat `.` number    | JSON `HistoryEntry`                               |
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import { orderedNumber } from '../../base/ordered.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { HistoryEntry } from '../../protocol/reports/history.ts'
import type { Draining, UpgradeItem } from './records.ts'
import type { Rows } from './rows.ts'
import { dataOf } from './values.ts'
import { drainingOf, historyOf, upgradeItemOf } from './itemValues.ts'

export class UpgradeTables {
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
  }

  // --- the parameters of the incarnation; held

  /** Undefined for a vat started by a kernel that did not keep them. */
  parameters(vat: VatId): CapData | undefined {
    return this.#rows.find(`parameters.${vat}`, dataOf)
  }
  setParameters(vat: VatId, parameters: CapData): void {
    this.#rows.set(`parameters.${vat}`, JSON.stringify(parameters))
  }
  deleteParameters(vat: VatId): void {
    this.#rows.delete(`parameters.${vat}`)
  }

  // --- vats that drain; the list is small, and read in every crank

  draining(): readonly Draining[] {
    return this.#rows.find('draining', drainingOf) ?? []
  }
  setDraining(draining: readonly Draining[]): void {
    assert(draining.every(({ left }) => left >= 1), 'a draining vat has cranks left')
    if (draining.length === 0) this.#rows.delete('draining')
    else this.#rows.set('draining', JSON.stringify(draining))
  }
  setDrained(item: UpgradeItem): void {
    assert(item.drain === undefined, 'a waiting upgrade does not drain again')
    this.#rows.set(`drain.${item.vat}`, JSON.stringify(item))
  }
  /** The upgrade for which the vat drains. */
  drained(vat: VatId): UpgradeItem | undefined {
    return this.#rows.find(`drain.${vat}`, upgradeItemOf)
  }
  /** Takes the upgrade for which the vat drains. */
  takeDrained(vat: VatId): UpgradeItem {
    return this.#rows.takeValue(`drain.${vat}`, upgradeItemOf)
  }

  // --- histories

  addHistory(vat: VatId, entry: HistoryEntry): void {
    assert(entry.incarnation >= 0 && entry.deliveries >= 0, 'an entry of a history counts from 0')
    this.#rows.set(`history.${vat}.${orderedNumber(this.#rows.count('history'))}`, JSON.stringify(entry))
  }
  /** Oldest first. */
  *history(vat: VatId): Generator<HistoryEntry> {
    for (const number of this.#rows.each(`history.${vat}.`))
      yield this.#rows.value(`history.${vat}.${number}`, historyOf)
  }
  /** The newest entries, at most `max`, oldest first. The others are not read. */
  newestHistory(vat: VatId, max: number): HistoryEntry[] {
    assert(max >= 1, 'the newest entries are at least one')
    const numbers = [...this.#rows.each(`history.${vat}.`)].slice(-max)
    return numbers.map((number) => this.#rows.value(`history.${vat}.${number}`, historyOf))
  }
  /** Deletes the oldest entry, if there is one. */
  forgetOneOfHistory(vat: VatId): 'forgotten' | 'none' {
    const key = this.#rows.first(`history.${vat}.`)
    if (key === undefined) return 'none'
    this.#rows.delete(key)
    return 'forgotten'
  }
}
