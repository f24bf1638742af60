/**
 * Replacing the code of a vat: which way it is done.
 *
 * U1. By replay nothing ends: the heap that the new code comes to by itself takes the place of the old one,
 *     and the incarnation goes on. Nothing of the vat's state is touched, since every syscall was the same.
 * U2. A replay that differs changes nothing. It is the end of the request, or, for `auto`, the reason why
 *     the next incarnation begins instead (`incarnations.ts`).
 * U3. The heap is written down at once: a replay of what was recorded on the old code is of use only from
 *     the start of the incarnation.
 */
import type { VatId } from '../base/ids.ts'
import type { ReplayRefusal, UpgradeResult } from '../protocol/results.ts'
import { decode, encode, rejection } from './data.ts'
import { assignmentOf } from './deliveries.ts'
import type { Incarnations } from './incarnations.ts'
import type { Meters } from './meters.ts'
import type { KernelPorts } from './ports.ts'
import type { Promises } from './promises.ts'
import type { RunQueue } from './runQueue.ts'
import type { QueueItem, VatRecord } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

export interface UpgradeParts {
  readonly ports: KernelPorts
  readonly tables: Tables
  readonly promises: Promises
  readonly queue: RunQueue
  readonly incarnations: Incarnations
  readonly meters: Meters
}

type UpgradeItem = Extract<QueueItem, { kind: 'upgrade' }>

type Attempt =
  | { readonly kind: 'same'; readonly result: UpgradeResult; readonly computrons: bigint }
  | { readonly kind: 'refused'; readonly refusal: ReplayRefusal; readonly computrons: bigint }

export class Upgrades {
  readonly #parts: UpgradeParts

  constructor(parts: UpgradeParts) {
    this.#parts = parts
  }

  /** Gives the computrons used. */
  upgrade(item: UpgradeItem): bigint {
    const mode = item.mode ?? 'durable'
    if (mode === 'durable') return this.#parts.incarnations.upgrade(item, null)
    const attempt = this.#replay(item)
    if (attempt.kind === 'same') {
      this.#parts.promises.settle(item.result, 'fulfilled', encode(attempt.result))
      return attempt.computrons
    }
    if (mode === 'auto') return attempt.computrons + this.#parts.incarnations.upgrade(item, attempt.refusal)
    this.#refuse(item, attempt.refusal)
    return attempt.computrons
  }

  #replay(item: UpgradeItem): Attempt {
    const { ports, tables, meters } = this.#parts
    const { vat, bundle } = item
    const record = tables.vat(vat)
    if (decode(item.parameters) !== undefined) return refused('replay/parameters', 'a replay has the parameters that the incarnation was started with; give none')
    if (meters.allowance(record).kind === 'empty') return refused('replay/unavailable', 'the meter of the vat has nothing left')
    const limits = { computrons: BigInt(record.computronsPerDelivery) }
    const outcome = ports.workers.replay(vat, assignmentOf(record), bundle, limits)
    if (outcome.kind !== 'unavailable') meters.charge(record, outcome.computrons)
    switch (outcome.kind) {
      case 'unavailable':
        return refused('replay/unavailable', outcome.message)
      case 'differs': {
        const { position, delivery, message, recorded, sent } = outcome.divergence
        return refused('replay/diverged', `delivery ${position} of ${vat} went another way: ${message}`, { position, delivery, message, recorded, sent }, outcome.computrons)
      }
      case 'same':
        return { kind: 'same', result: this.#swap(vat, { ...record, bundle }, outcome.deliveries), computrons: outcome.computrons }
    }
  }

  /** U1, U3. */
  #swap(vat: VatId, record: VatRecord, deliveries: number): UpgradeResult {
    const { ports, tables, queue } = this.#parts
    const heapHash = ports.workers.snapshot(vat, assignmentOf(record))
    ports.transcripts.beginSpan(vat, 'snapshot')
    tables.setVat(vat, { ...record, status: { kind: 'running' }, heapHash })
    tables.setCounters(vat, { ...tables.counters(vat), sinceSnapshot: 0 })
    ports.trace({ kind: 'upgrade', vat, incarnation: record.incarnation, outcome: 'done' })
    queue.pushFront([...tables.takeParked(vat)])
    return { mode: 'replay', incarnationNumber: record.incarnation, abandonedExports: 0, disconnectedPromises: 0, deliveries }
  }

  #refuse({ vat, result }: UpgradeItem, reason: ReplayRefusal): void {
    const { ports, promises, tables } = this.#parts
    const { name, incarnation } = tables.vat(vat)
    const message = `vat ${name} (${vat}) keeps its code: ${reason.message}`
    ports.trace({ kind: 'upgrade', vat, incarnation, outcome: 'refused' })
    promises.settle(result, 'rejected', rejection({ code: 'upgrade-refused', message, vat, reason }))
  }
}

const refused = (code: ReplayRefusal['code'], message: string, divergence: ReplayRefusal['divergence'] = null, computrons = 0n): Attempt => ({
  kind: 'refused',
  refusal: { code, message, names: [], stack: '', divergence },
  computrons,
})
