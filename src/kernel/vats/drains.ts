/**
 * Draining a vat before its upgrade: it receives its pending answers while messages to it wait.
 *
 * Dr1. While a vat drains, messages to it wait in its parked queue, in order; everything else is delivered.
 * Dr2. A vat is drained when it awaits nothing. It awaits a promise that it has a name for and that is either
 *      settled, with a notification on its way, or unresolved, decided by another party, and of interest to
 *      the vat. A promise with a durable watcher is not awaited: the heir is notified of it.
 * Dr3. The upgrade runs next as soon as the vat is drained, or when the allowed number of cranks has run, or
 *      when nothing else is to be done, so that no awaited answer is on its way, or when the vat is suspended
 *      or has ended, or another upgrade of it is requested. It runs once.
 * Dr4. After the upgrade, however it went, parked items go before all others, unless the vat is suspended.
 */
import { assert } from '../../base/errors.ts'
import type { PromiseKref, VatId } from '../../base/ids.ts'
import { isWatched } from './endings.ts'
import { unpark } from './parking.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Draining, UpgradeItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface DrainParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly queue: RunQueue
}

export class DrainQueue {
  readonly #parts: DrainParts

  constructor(parts: DrainParts) {
    this.#parts = parts
  }

  /** Parks the upgrade; it keeps its references. */
  begin({ drain, ...item }: UpgradeItem): void {
    const { tables } = this.#parts
    const record = tables.vat(item.vat)
    assert(
      drain !== undefined && record.status.kind === 'running',
      `${item.vat} is ${record.status.kind} and cannot drain`,
    )
    tables.setVat(item.vat, {
      ...record,
      status: { kind: 'draining', maxCranks: drain.maxCranks, since: tables.lives.crank },
    })
    tables.upgrades.setDrained(item)
    // The crank that begins the drain does not count.
    tables.upgrades.setDraining([...tables.upgrades.draining(), { vat: item.vat, left: drain.maxCranks + 1 }])
  }

  /** Whether an upgrade waits for the vat to drain. */
  waits(vat: VatId): boolean {
    return this.#parts.tables.upgrades.draining().some((each) => each.vat === vat)
  }

  /** Handles the end of a crank in which the given vat ran (Dr3). */
  tick(ran: VatId | null): void {
    const { tables, queue } = this.#parts
    const draining = tables.upgrades.draining()
    if (draining.length === 0) return
    const going: Draining[] = []
    const due: UpgradeItem[] = []
    for (const { vat, left } of draining) {
      // Only a delivery to the vat can end its waiting.
      if (left <= 1 || (ran === vat && !this.#awaits(vat))) due.push(tables.upgrades.takeDrained(vat))
      else going.push({ vat, left: left - 1 })
    }
    tables.upgrades.setDraining(going)
    queue.pushFront(due)
  }

  /** Takes the upgrade that has waited longest, when nothing else is to be done. */
  takeFirst(): UpgradeItem | undefined {
    const [first] = this.#parts.tables.upgrades.draining()
    return first === undefined ? undefined : this.take(first.vat)
  }

  /** Takes the upgrade that waits for the vat to drain. */
  take(vat: VatId): UpgradeItem {
    const { upgrades } = this.#parts.tables
    upgrades.setDraining(upgrades.draining().filter((each) => each.vat !== vat))
    return upgrades.takeDrained(vat)
  }

  /** Schedules the waiting upgrade next, if there is one. */
  hasten(vat: VatId): void {
    if (this.waits(vat)) this.#parts.queue.pushFront([this.take(vat)])
  }

  /** The upgrade runs: the vat returns to its state before the drain. */
  end(vat: VatId): void {
    const { tables } = this.#parts
    const record = tables.vat(vat)
    if (record.status.kind === 'draining') tables.setVat(vat, { ...record, status: { kind: 'running' } })
  }

  /** Dr4. */
  release(vat: VatId): void {
    const { tables, queue } = this.#parts
    if (tables.vat(vat).status.kind === 'running') unpark(tables, queue, vat)
  }

  /** Dr2. */
  #awaits(vat: VatId): boolean {
    for (const promise of this.#parts.tables.promiseEntries(vat)) {
      if (this.#isAwaited(vat, promise)) return true
    }
    return false
  }

  #isAwaited(vat: VatId, promise: PromiseKref): boolean {
    const { tables } = this.#parts
    const { state, decider, subscribers } = tables.promise(promise)
    if (tables.entryOf(vat, promise)?.mark === 'T') return false
    if (state === 'unresolved' && (decider === vat || !subscribers.includes(vat))) return false
    return !isWatched(this.#parts, vat, promise)
  }
}
