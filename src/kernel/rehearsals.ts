/**
 * Starts and upgrades that are made to see what comes of them, and undone.
 *
 * Rh1. What is rehearsed is the real thing: the same code on the same tables, from beginning to end.
 * Rh2. Nothing of it remains, because whoever asks has marked the state before and undoes it after, and
 *      because the kernel that is asked has a worker port that keeps nothing. It is a kernel for this alone:
 *      nothing of a crank is in its memory.
 */
import { assert } from '../base/errors.ts'
import type { PromiseKref, VatId } from '../base/ids.ts'
import type { Rehearsal, RehearsalReport } from './events.ts'
import type { Incarnations } from './incarnations.ts'
import type { Promises } from './promises.ts'
import type { References } from './references.ts'
import type { Tables } from './tables/tables.ts'
import type { Upgrades } from './upgrades.ts'

export interface RehearsalParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly incarnations: Incarnations
  readonly upgrades: Upgrades
}

export class Rehearsals {
  readonly #parts: RehearsalParts

  constructor(parts: RehearsalParts) {
    this.#parts = parts
  }

  rehearse(rehearsal: Rehearsal, crank: number): RehearsalReport {
    const { tables, references, promises } = this.#parts
    tables.lives.beginCrank(crank)
    references.begin()
    const result = promises.make()
    references.add(result)
    const { vat, computrons } = this.#perform(rehearsal, result)
    references.settle()
    const { state } = tables.promise(result)
    assert(state !== 'unresolved', 'a start or an upgrade is settled when it has been made')
    return { vat, outcome: state, data: tables.promiseData(result), computrons }
  }

  #perform(rehearsal: Rehearsal, result: PromiseKref): { readonly vat: VatId; readonly computrons: bigint } {
    const { tables, incarnations, upgrades } = this.#parts
    if (rehearsal.kind === 'upgrade') return { vat: rehearsal.vat, computrons: upgrades.upgrade({ ...rehearsal, result }) }
    const { bundle, parameters } = rehearsal
    const { computronsPerDelivery, heapLimitPages, storageLimit } = tables.config()
    const vat = incarnations.reserve({ bundle, computronsPerDelivery, heapLimitPages, storageLimit, worker: tables.defaultWorker() })
    return { vat, computrons: incarnations.start({ kind: 'start', vat, parameters, result }) }
  }
}
