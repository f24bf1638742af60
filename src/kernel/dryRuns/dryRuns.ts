/**
 * Starts and upgrades that are run to see their outcome, and undone.
 *
 * Dru1. A dry run is the real operation: the same code on the same tables, from beginning to end.
 * Dru2. Nothing of it remains: the caller marks the state before and undoes it after, and the kernel has a
 *      worker port that keeps nothing. That kernel serves this purpose only: no part of a crank is in its
 *      memory.
 * Dru3. A vat that is to drain first does so: the cranks until its upgrade are run, and undone with it. None
 *      of them is sealed.
 */
import { assert } from '../../base/errors.ts'
import type { PromiseKref, VatId } from '../../base/ids.ts'
import type { KernelReport } from '../../protocol/kernel/events.ts'
import type { DryRun, DryRunReport } from '../../protocol/kernel/kernel.ts'
import { encode } from '../objects/kernelValues.ts'
import type { Incarnations } from '../vats/incarnations.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { UpgradeItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import type { Upgrades } from '../vats/upgrades.ts'

export interface DryRunParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly incarnations: Incarnations
  readonly upgrades: Upgrades
  readonly queue: RunQueue
  readonly runCrank: (crank: number) => KernelReport
}

export class DryRuns {
  readonly #parts: DryRunParts

  constructor(parts: DryRunParts) {
    this.#parts = parts
  }

  run(dryRun: DryRun, crank: number): DryRunReport {
    const { tables, references, promises } = this.#parts
    tables.lives.beginCrank(crank)
    references.begin()
    const result = promises.make()
    references.add(result)
    const { vat, computrons } = this.#perform(dryRun, result, crank)
    references.collectUnreferenced()
    const { state } = tables.promise(result)
    const paused = tables.lives.paused()
    if (state === 'unresolved' && paused !== undefined)
      return { vat, outcome: 'paused', data: encode(paused.message), computrons }
    assert(state !== 'unresolved', 'a start or an upgrade is settled when it has been made')
    return { vat, outcome: state, data: tables.promiseData(result), computrons }
  }

  #perform(
    dryRun: DryRun,
    result: PromiseKref,
    crank: number,
  ): { readonly vat: VatId; readonly computrons: bigint } {
    const { tables, incarnations, upgrades } = this.#parts
    if (dryRun.kind === 'upgrade') {
      const item: UpgradeItem = { ...dryRun, result, by: 'host' }
      return {
        vat: item.vat,
        computrons: item.drain === undefined ? upgrades.upgrade(item) : this.#drained(item, crank),
      }
    }
    const { bundle, parameters, probe } = dryRun
    const { computronsPerDelivery, heapLimitPages, storageLimit } = tables.config()
    const vat = incarnations.reserve({
      bundle,
      computronsPerDelivery,
      heapLimitPages,
      storageLimit,
      worker: tables.defaultWorker(),
    })
    return {
      vat,
      computrons: incarnations.start(
        { kind: 'start', vat, parameters, result, by: 'host' },
        probe ? true : undefined,
      ),
    }
  }

  /**
   * Runs the upgrade as the next queue item, and the cranks until it has run. Returns the computrons used.
   */
  #drained(item: UpgradeItem, first: number): bigint {
    const { tables, queue, runCrank } = this.#parts
    queue.pushFirst(item)
    for (let crank = first; ; crank += 1) {
      const report = runCrank(crank)
      if (report.kind === 'paused') return 0n
      assert(report.kind === 'cranked', 'a vat drains for as long as there is something to do')
      if (tables.promise(item.result).state !== 'unresolved') return report.computrons
    }
  }
}
