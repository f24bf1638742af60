/**
 * Replays: a vat's incarnation continues, with heap and promises, on other code or on another worker version.
 * Keeps U1, U2 and U3 (`upgrades.ts`).
 */
import { assert } from '../../base/errors.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Divergence, Metering, ReplayRefusal, ReplayUpgrade } from '../../protocol/results.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Meters } from '../delivery/meters.ts'
import type { Snapshots } from '../delivery/snapshots.ts'
import { assignmentOf, replayLimitsOf } from '../delivery/vatLimits.ts'
import type { Tables } from '../tables/tables.ts'

interface ReplayParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly meters: Meters
  readonly snapshots: Snapshots
}

/** What the incarnation is to continue on. */
export interface ReplayTarget {
  readonly bundle: BundleId
  readonly worker: WorkerVersion
}

export type ReplayAttempt =
  | { readonly kind: 'same'; readonly result: ReplayUpgrade; readonly metering: Metering }
  | { readonly kind: 'refused'; readonly refusal: ReplayRefusal; readonly computrons: bigint }

export class Replays {
  readonly #parts: ReplayParts

  constructor(parts: ReplayParts) {
    this.#parts = parts
  }

  /** Replays the vat's incarnation. If everything matches, the vat continues on the target. */
  attempt(vat: VatId, { bundle, worker }: ReplayTarget): ReplayAttempt {
    const { ports, tables, meters } = this.#parts
    const record = tables.vat(vat)
    if (meters.allowance(record, 'message').kind === 'empty')
      return refusedReplay('replay/unavailable', 'the meter of the vat has nothing left')
    const outcome = ports.workers.replay(
      vat,
      assignmentOf({ ...record, worker }),
      tables.installed.scriptFor(bundle),
      replayLimitsOf(record),
    )
    assert(outcome.computrons >= 0n, 'a replay uses no negative computrons')
    meters.charge(record, outcome.computrons)
    if (outcome.kind === 'differs') return differed(vat, outcome.divergence, outcome.computrons)
    return { kind: 'same', result: this.#swap(vat, { bundle, worker }, outcome), metering: outcome.metering }
  }

  /** U1, U3. */
  #swap(
    vat: VatId,
    target: ReplayTarget,
    { deliveries, computrons }: { readonly deliveries: number; readonly computrons: bigint },
  ): ReplayUpgrade {
    const { ports, tables, snapshots } = this.#parts
    const { incarnation } = tables.vat(vat)
    snapshots.take(vat, { ...tables.vat(vat), ...target, status: { kind: 'running' } })
    tables.setCounters(vat, { ...tables.counters(vat), sinceSnapshot: 0 })
    assert(tables.vat(vat).incarnation === incarnation, 'a replay ends no incarnation (U1)')
    ports.trace({ kind: 'upgrade', vat, incarnation, outcome: 'done' })
    return {
      mode: 'replay',
      incarnationNumber: incarnation,
      abandonedExports: 0,
      disconnectedPromises: 0,
      deliveries,
      computrons,
    }
  }
}

const codes = {
  differs: 'replay/diverged',
  exhausted: 'replay/exhausted',
  trapped: 'replay/trapped',
} as const satisfies Readonly<Record<Divergence['why'], ReplayRefusal['code']>>

function differed(vat: VatId, divergence: Divergence, computrons: bigint): ReplayAttempt {
  const { position, why, delivery, message, recorded, sent } = divergence
  return refusedReplay(
    codes[why],
    `delivery ${position} of ${vat} went another way: ${message}`,
    { position, why, delivery, message, recorded, sent },
    computrons,
  )
}

export const refusedReplay = (
  code: ReplayRefusal['code'],
  message: string,
  divergence: ReplayRefusal['divergence'] = null,
  computrons = 0n,
): Extract<ReplayAttempt, { kind: 'refused' }> => ({
  kind: 'refused',
  refusal: { code, message, names: [], stack: '', divergence },
  computrons,
})
