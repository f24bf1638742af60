/**
 * Deliveries to a vat, and their cost.
 *
 * Dy1. A failed delivery leaves changes in the state; the caller undoes them and discards the worker. Nothing
 *     of it is in the transcript.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import type { DeliveryResult, FaultCode } from '../../protocol/results.ts'
import { countTowardsGc } from './gcSchedule.ts'
import { cut, withoutFrames } from '../objects/kernelValues.ts'
import { textOf } from '../objects/readable.ts'
import type { Meters } from './meters.ts'
import type { DeliveryOutcome, KernelPlatform } from '../../protocol/kernel/platform.ts'
import { VatSyscalls, type Exit, type SyscallParts } from './syscalls.ts'
import { assignmentOf } from './vatLimits.ts'
import type { Snapshots } from './snapshots.ts'
import { Storage, type StoredCount } from './storage.ts'
import type { VatRecord } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

/** Why a delivery was undone. */
export interface Failure {
  readonly kind: 'failed'
  readonly vat: VatId
  readonly code: FaultCode
  readonly message: string
  /** More detail for the trace: the engine's error, with frames of the supervisor. */
  readonly traced?: string
  readonly computrons: bigint
}

/** The vat requested its own end. The delivery's effects still stand; the caller decides. */
export interface Exited {
  readonly kind: 'exited'
  readonly vat: VatId
  readonly exit: Exit
  readonly message: string
  readonly computrons: bigint
}

export type Delivered =
  | { readonly kind: 'done'; readonly result: DeliveryResult; readonly computrons: bigint }
  | Exited
  | Failure

/** Mt2. */
const emptyMeter = (vat: VatId, name: string): Failure => ({
  kind: 'failed',
  vat,
  code: 'meter-exhausted',
  message: `the meter of vat ${name} (${vat}) has nothing left`,
  computrons: 0n,
})

/** Sq3. */
const overStorage = (
  vat: VatId,
  { name, storageLimit }: VatRecord,
  { now }: StoredCount,
  computrons: bigint,
): Failure => ({
  kind: 'failed',
  vat,
  code: 'storage-exhausted',
  message: `vat ${name} (${vat}) would store ${now.units} code units and may store ${storageLimit}`,
  computrons,
})

export class Deliveries {
  readonly #tables: Tables
  readonly #ports: KernelPlatform
  readonly #parts: SyscallParts
  readonly #meters: Meters
  readonly #snapshots: Snapshots
  readonly #storage: Storage

  constructor(ports: KernelPlatform, parts: SyscallParts, meters: Meters, snapshots: Snapshots) {
    this.#meters = meters
    this.#snapshots = snapshots
    this.#storage = new Storage(parts.tables)
    this.#tables = parts.tables
    this.#ports = ports
    this.#parts = parts
  }

  deliver(vat: VatId, given: Delivery): Delivered {
    const record = this.#tables.vat(vat)
    const stored = this.#storage.begin(vat)
    const delivery = this.#storage.withRoom(given, record, stored)
    const allowance = this.#meters.allowance(record, delivery.kind)
    if (allowance.kind === 'empty') return emptyMeter(vat, record.name)
    assert(allowance.limits.computrons > 0n, 'a delivery may use some computrons (Mt2)')
    if (this.#ports.tracing.delivery) this.#ports.trace({ kind: 'delivery', vat, delivery })
    const syscalls = new VatSyscalls(vat, this.#parts, delivery.kind, stored)
    const outcome = this.#ports.workers.deliver(
      vat,
      assignmentOf(record),
      delivery,
      allowance.limits,
      syscalls,
    )
    assert(outcome.computrons >= 0n, 'a delivery uses no negative computrons (Mt1)')
    if (outcome.kind !== 'done') return this.#failure(vat, record.name, outcome, allowance.by)
    if (stored !== undefined) {
      if (this.#storage.isExceeded(record, delivery.kind, stored))
        return overStorage(vat, record, stored, outcome.computrons)
      this.#storage.end(vat, stored)
    }
    this.#meters.charge(record, outcome.computrons)
    this.#ports.transcripts.append(vat, outcome.entry)
    this.#countTowardsSchedules(vat, delivery, outcome.computrons)
    const { exit } = syscalls
    if (exit !== undefined)
      return {
        kind: 'exited',
        vat,
        exit,
        message: `the vat asked for its end: ${textOf(exit.data)}`,
        computrons: outcome.computrons,
      }
    return { kind: 'done', result: outcome.entry.result, computrons: outcome.computrons }
  }

  #failure(
    vat: VatId,
    name: string,
    outcome: Exclude<DeliveryOutcome, { kind: 'done' }>,
    by: 'delivery' | 'meter',
  ): Failure {
    const failure = { kind: 'failed', vat, computrons: outcome.computrons } as const
    const inVat = `vat ${name} (${vat})`
    switch (outcome.kind) {
      case 'exhausted':
        if (outcome.resource === 'computrons' && by === 'meter') {
          return {
            ...failure,
            code: 'meter-exhausted',
            message: `${inVat} used more than the ${outcome.computrons} computrons that its meter had left`,
          }
        }
        return outcome.resource === 'computrons'
          ? {
              ...failure,
              code: 'computrons-exhausted',
              message: `${inVat} used more than its ${outcome.computrons} computrons for one delivery`,
            }
          : { ...failure, code: 'heap-exhausted', message: `${inVat} used more heap than it may have` }
      case 'trapped':
        return {
          ...failure,
          code: 'worker-trapped',
          message: cut(`the worker of ${inVat} failed: ${withoutFrames(outcome.message)}`),
          traced: outcome.message,
        }
      case 'illegal':
        return {
          ...failure,
          code: 'illegal-syscall',
          message: cut(`${inVat} sent an illegal syscall: ${outcome.message}`),
        }
    }
  }

  /** Counts that decide when a snapshot and a collection are due, never time. */
  #countTowardsSchedules(vat: VatId, delivery: Delivery, computrons: bigint): void {
    const counters = countTowardsGc(this.#parts, vat, this.#tables.counters(vat), {
      delivery,
      computrons,
    })
    this.#tables.setCounters(vat, this.#snapshots.count(vat, counters, delivery.kind))
  }
}
