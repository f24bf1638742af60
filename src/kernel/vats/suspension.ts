/**
 * Suspending a vat and pausing the kernel.
 *
 * Su1. Nothing is delivered to a suspended vat; its items wait in order, and go first when it is resumed.
 * Su2. The first reason stands until the vat is resumed, except that a rollout replaces its own; likewise for
 *      a pause. An upgrade that waits for the vat to drain runs next (Dr3).
 * Su3. A paused kernel runs no cranks but accepts requests, so it can be resumed.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { ResumeResult, SuspendResult, SuspensionCause } from '../../protocol/results.ts'
import { unpark } from './parking.ts'
import type { DrainQueue } from './drains.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Pause } from '../../protocol/kernel/views.ts'
import type { Tables } from '../tables/tables.ts'

interface SuspensionParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly queue: RunQueue
  readonly drains: DrainQueue
}

/** Whether a vat accepts requests: `gone` when it has ended. */
export type Standing = 'starting' | 'live' | 'gone'

export function standingOf(tables: Tables, vat: VatId): Standing {
  const kind = tables.findVat(vat)?.status.kind ?? 'terminated'
  if (kind === 'terminated') return 'gone'
  return kind === 'starting' ? 'starting' : 'live'
}

export class Suspension {
  readonly #parts: SuspensionParts

  constructor(parts: SuspensionParts) {
    this.#parts = parts
  }

  suspend(vat: VatId, cause: SuspensionCause, message: string): SuspendResult {
    const { tables, ports, drains } = this.#parts
    const record = tables.vat(vat)
    const { status } = record
    if (status.kind === 'suspended') {
      return {
        outcome: 'was-suspended',
        cause: status.cause,
        message: status.message,
        since: status.since ?? 0,
      }
    }
    assert(
      status.kind === 'running' || status.kind === 'draining',
      `${vat} is ${status.kind} and cannot be suspended`,
    )
    drains.hasten(vat)
    const since = tables.lives.crank
    tables.setVat(vat, { ...record, status: { kind: 'suspended', cause, message, since } })
    ports.workers.discard(vat)
    ports.trace({ kind: 'suspended', vat, cause, message })
    return { outcome: 'suspended', cause, message, since }
  }

  /** A suspended vat stays suspended, for another reason. */
  giveReason(vat: VatId, cause: SuspensionCause, message: string): void {
    const { tables, ports } = this.#parts
    const record = tables.vat(vat)
    const { status } = record
    assert(status.kind === 'suspended', `${vat} is ${status.kind}, so it needs no reason`)
    tables.setVat(vat, { ...record, status: { ...status, cause, message } })
    ports.trace({ kind: 'suspended', vat, cause, message })
  }

  /** Su1. */
  resume(vat: VatId): ResumeResult {
    const { tables, queue, ports } = this.#parts
    const record = tables.vat(vat)
    if (record.status.kind === 'running' || record.status.kind === 'draining')
      return { outcome: 'was-running', released: 0 }
    assert(record.status.kind === 'suspended', `${vat} is ${record.status.kind} and cannot be resumed`)
    tables.setVat(vat, { ...record, status: { kind: 'running' } })
    ports.trace({ kind: 'resumed', vat })
    return { outcome: 'resumed', released: unpark(tables, queue, vat) }
  }

  /** Su2. */
  pause(pause: Omit<Pause, 'since'>): void {
    const { tables, ports } = this.#parts
    if (tables.lives.paused() !== undefined) return
    tables.lives.setPaused({ ...pause, since: tables.lives.crank })
    ports.trace({ kind: 'paused', vat: pause.vat, cause: pause.code, message: pause.message })
  }

  unpause(): void {
    this.#parts.tables.lives.deletePaused()
  }
}
