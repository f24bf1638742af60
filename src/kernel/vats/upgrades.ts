/**
 * Replacing the code of a vat: choosing between replay and a new incarnation.
 *
 * U1. A replay ends nothing: the heap that the new code reaches by itself replaces the old one, and the
 *     incarnation continues. The vat's state does not change, since every syscall was the same.
 * U2. A replay that differs changes nothing. It ends the request, or, for `auto`, it is the reason to begin
 *     the next incarnation instead (`incarnations.ts`).
 * U3. The heap is saved at once: a replay of entries recorded on the old code is only possible from the start
 *     of the incarnation.
 * U4. Every attempted upgrade is in the history of its vat.
 * U5. When the heir cannot start, `onFailure` decides: the old incarnation continues, or it is suspended, so
 *     that nothing is delivered to it before the next attempt, or before it is resumed.
 * U6. Only the host, and the history for the host, get the whole result; a holder of the admin node gets the
 *     incarnation number.
 */
import { assert } from '../../base/errors.ts'
import type { ReplayRefusal, StartRefusal, UpgradeResult } from '../../protocol/results.ts'
import { cut, decode, encode, rejection } from '../objects/kernelValues.ts'
import type { DrainQueue } from './drains.ts'
import { addHistory } from './history.ts'
import type { Incarnations } from './incarnations.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Promises } from '../objects/promises.ts'
import { refusedReplay, type ReplayAttempt, type Replays } from './replays.ts'
import type { Suspension } from './suspension.ts'
import type { UpgradeItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export interface UpgradeParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly promises: Promises
  readonly incarnations: Incarnations
  readonly drains: DrainQueue
  readonly suspension: Suspension
  readonly replays: Replays
}

/** The outcome of an upgrade, and the last mode that was tried. */
type UpgradeOutcome =
  | { readonly kind: 'done'; readonly result: UpgradeResult; readonly computrons: bigint }
  | {
      readonly kind: 'refused'
      readonly mode: 'durable' | 'replay'
      readonly reason: StartRefusal | ReplayRefusal
      readonly computrons: bigint
    }

export class Upgrades {
  readonly #parts: UpgradeParts

  constructor(parts: UpgradeParts) {
    this.#parts = parts
  }

  /** Returns the computrons used. */
  upgrade(item: UpgradeItem): bigint {
    const { promises, drains } = this.#parts
    drains.end(item.vat)
    const replaced = this.#apply(item)
    this.#recordHistory(item, replaced)
    if (replaced.kind === 'done')
      promises.settle(item.result, 'fulfilled', encode(resultFor(item, replaced.result)))
    else this.#refuse(item, replaced.reason)
    drains.release(item.vat)
    return replaced.computrons
  }

  #apply(item: UpgradeItem): UpgradeOutcome {
    const mode = item.mode ?? 'durable'
    if (mode === 'durable') return this.#begin(item, null, 0n)
    const attempt = this.#replay(item)
    if (attempt.kind === 'same')
      return { kind: 'done', result: attempt.result, computrons: attempt.result.computrons }
    if (mode === 'auto') return this.#begin(item, attempt.refusal, attempt.computrons)
    const { vat } = item
    this.#parts.ports.trace({
      kind: 'upgrade',
      vat,
      incarnation: this.#parts.tables.vat(vat).incarnation,
      outcome: 'refused',
    })
    return { kind: 'refused', mode: 'replay', reason: attempt.refusal, computrons: attempt.computrons }
  }

  /** Begins the next incarnation, after a replay that used this many computrons. */
  #begin(item: UpgradeItem, replayRefused: ReplayRefusal | null, spent: bigint): UpgradeOutcome {
    const next = this.#parts.incarnations.next(item)
    assert(next.computrons >= 0n, 'a start uses no negative computrons')
    const computrons = next.computrons + spent
    if (next.kind === 'refused') return { kind: 'refused', mode: 'durable', reason: next.refusal, computrons }
    return { kind: 'done', result: { ...next.upgraded, replayRefused, computrons }, computrons }
  }

  #replay({ vat, bundle, parameters, parametersFrom }: UpgradeItem): ReplayAttempt {
    if (parametersFrom !== 'kept' && decode(parameters) !== undefined)
      return refusedReplay(
        'replay/parameters',
        'a replay has the parameters that the incarnation was started with; give none',
      )
    return this.#parts.replays.attempt(vat, { bundle, worker: this.#parts.tables.vat(vat).worker })
  }

  #recordHistory(
    { vat, bundle, parameters, parametersFrom = 'given', by, salvage }: UpgradeItem,
    replaced: UpgradeOutcome,
  ): void {
    const { tables } = this.#parts
    const { incarnation, worker } = tables.vat(vat)
    const done = replaced.kind === 'done'
    const mode = done ? replaced.result.mode : replaced.mode
    const result = done && replaced.result.mode === 'durable' ? replaced.result : undefined
    // A replay keeps the parameters that the incarnation was started with.
    const from = mode === 'replay' ? 'kept' : parametersFrom
    addHistory(this.#parts, vat, {
      incarnation: done || mode === 'replay' ? incarnation : incarnation + 1,
      mode,
      bundle,
      worker: done || mode === 'replay' ? worker.id : tables.defaultWorker().id,
      parameters: from === 'kept' ? tables.upgrades.parameters(vat) : parameters,
      from,
      by,
      refusal: done ? null : replaced.reason,
      abandonedKinds: result?.abandonedKinds.map(({ tag }) => tag) ?? [],
      salvage,
      result,
    })
  }

  #refuse({ vat, result, onFailure = 'keep' }: UpgradeItem, reason: StartRefusal | ReplayRefusal): void {
    const { promises, tables, suspension } = this.#parts
    const { name, incarnation } = tables.vat(vat)
    const kept = 'divergence' in reason ? 'its code' : `incarnation ${incarnation}`
    const message = `vat ${name} (${vat}) keeps ${kept}: ${reason.message}`
    promises.settle(result, 'rejected', rejection({ code: 'upgrade-refused', message, vat, reason }))
    if (onFailure === 'suspend') suspension.suspend(vat, 'upgrade-refused', cut(message))
  }
}

/** A holder of an admin node need not know who holds the vat's other objects (U6). */
const resultFor = (
  { by }: UpgradeItem,
  result: UpgradeResult,
): UpgradeResult | Pick<UpgradeResult, 'incarnationNumber'> =>
  by === 'host' ? result : { incarnationNumber: result.incarnationNumber }
