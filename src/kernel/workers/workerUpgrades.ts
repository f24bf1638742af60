/**
 * Moving a vat to another worker version.
 *
 * Wu1. By replay the incarnation continues on the new version; only the history shows it. By restart the next
 *      incarnation begins there, on the same bundle with the same parameters.
 * Wu2. A vat that cannot follow is as it was, to the byte, and on its old version; with the policy `suspend`
 *      it is suspended, and its messages wait. The history has the attempt.
 * Wu3. A suspended vat that was moved is resumed: what waited comes first.
 * Wu4. A vat that is on the version already is left alone, except by the mode `restart`.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { DurableUpgrade, Metering } from '../../protocol/results.ts'
import type {
  OnDivergence,
  WorkerUpgradeChoices,
  WorkerUpgradeRefusal,
  WorkerUpgradeResult,
} from '../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Promises } from '../objects/promises.ts'
import { cut, encode, rejection } from '../objects/kernelValues.ts'
import type { VatRecord, WorkerUpgradeItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import type { DrainQueue } from '../vats/drains.ts'
import { addHistory } from '../vats/history.ts'
import type { Incarnations } from '../vats/incarnations.ts'
import type { Replays } from '../vats/replays.ts'
import type { Suspension } from '../vats/suspension.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'

export interface WorkerUpgradeParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly promises: Promises
  readonly incarnations: Incarnations
  readonly replays: Replays
  readonly drains: DrainQueue
  readonly suspension: Suspension
}

/** A vat to be moved, and for whom. */
interface Move extends WorkerUpgradeChoices {
  readonly vat: VatId
  readonly version: WorkerVersion
  readonly by: WorkerUpgradeItem['by']
}

/** The outcome of moving a vat, and the last mode that was tried. */
export type MoveOutcome = { readonly computrons: bigint } & (
  | { readonly kind: 'done'; readonly result: WorkerUpgradeResult }
  | {
      readonly kind: 'refused'
      readonly mode: 'replay' | 'durable'
      readonly reason: WorkerUpgradeRefusal
      readonly message: string
    }
)

export class WorkerUpgrades {
  readonly #parts: WorkerUpgradeParts

  constructor(parts: WorkerUpgradeParts) {
    this.#parts = parts
  }

  /** Does what a request of the host or of an admin node asked for. Returns the computrons used. */
  upgrade(item: WorkerUpgradeItem): bigint {
    const { promises, tables } = this.#parts
    const version = tables.workers.find(item.worker)
    if (version === undefined) {
      promises.settle(item.result, 'rejected', unknownWorker(item.worker))
      return 0n
    }
    const outcome = this.move({ ...item, version })
    if (outcome.kind === 'done')
      promises.settle(item.result, 'fulfilled', encode(resultFor(item, outcome.result)))
    else {
      const { message, reason } = outcome
      const { vat } = item
      promises.settle(item.result, 'rejected', rejection({ code: 'upgrade-refused', message, vat, reason }))
    }
    return outcome.computrons
  }

  /** Moves the vat, which lives. */
  move(move: Move): MoveOutcome {
    const { tables, drains, suspension } = this.#parts
    const { vat, version, mode } = move
    const record = tables.vat(vat)
    const from = record.worker.id
    if (from === version.id && mode !== 'restart') {
      const result = { worker: from, from, mode: 'none', incarnationNumber: record.incarnation } as const
      return { kind: 'done', result, computrons: 0n }
    }
    drains.end(vat)
    const outcome = this.#apply(move, record)
    this.#recordHistory(move, outcome)
    if (outcome.kind === 'done')
      assert(tables.vat(vat).worker.id === version.id, 'a moved vat is on its version (Wu1)')
    else {
      assert(tables.vat(vat).worker.id === from, 'a vat that cannot follow keeps its version (Wu2)')
      if (move.onDivergence === 'suspend') suspension.suspend(vat, 'upgrade-refused', cut(outcome.message))
    }
    drains.release(vat)
    return outcome
  }

  #apply(move: Move, record: VatRecord): MoveOutcome {
    if (move.mode === 'restart') return this.#restart(move, record, null, 0n)
    const { vat, version } = move
    const from = record.worker.id
    const attempt = this.#parts.replays.attempt(vat, { bundle: record.bundle, worker: version })
    if (attempt.kind === 'same') {
      const { result, metering } = attempt
      const { computrons } = result
      return { kind: 'done', result: { worker: version.id, from, ...result, metering }, computrons }
    }
    if (restartsAfterReplay(move)) return this.#restart(move, record, attempt.refusal, attempt.computrons)
    return { ...this.#refused(record, vat, attempt.refusal), mode: 'replay', computrons: attempt.computrons }
  }

  /** Begins the next incarnation there, after a replay that used this many computrons. */
  #restart(
    { vat, version, by }: Move,
    record: VatRecord,
    replayRefused: DurableUpgrade['replayRefused'],
    spent: bigint,
  ): MoveOutcome {
    const next = this.#parts.incarnations.next({
      vat,
      bundle: record.bundle,
      worker: version,
      parameters: encode(undefined),
      parametersFrom: 'kept',
      upgradeMessage: 'worker upgraded',
      by,
    })
    const computrons = next.computrons + spent
    if (next.kind === 'refused')
      return { ...this.#refused(record, vat, next.refusal), mode: 'durable', computrons }
    const result = { worker: version.id, from: record.worker.id, ...next.upgraded, replayRefused, computrons }
    return { kind: 'done', result, computrons }
  }

  #refused(
    { name, worker }: VatRecord,
    vat: VatId,
    reason: WorkerUpgradeRefusal,
  ): Pick<Extract<MoveOutcome, { kind: 'refused' }>, 'kind' | 'reason' | 'message'> {
    const message = `vat ${name} (${vat}) keeps its worker ${worker.id}: ${reason.message}`
    return { kind: 'refused', reason, message }
  }

  /** Wu2. */
  #recordHistory({ vat, version, by }: Move, outcome: MoveOutcome): void {
    const { tables } = this.#parts
    const { incarnation, bundle } = tables.vat(vat)
    const done = outcome.kind === 'done'
    const mode = done ? (outcome.result.mode === 'durable' ? 'durable' : 'replay') : outcome.mode
    addHistory(this.#parts, vat, {
      incarnation: done || mode === 'replay' ? incarnation : incarnation + 1,
      mode,
      subject: 'worker',
      bundle,
      worker: version.id,
      parameters: tables.upgrades.parameters(vat),
      from: 'kept',
      by,
      refusal: done ? null : outcome.reason,
      result: done && outcome.result.mode === 'durable' ? outcome.result : undefined,
    })
  }
}

const restartsAfterReplay = ({ mode, onDivergence }: { mode: string; onDivergence: OnDivergence }): boolean =>
  mode === 'auto' || onDivergence === 'restart'

export const unknownWorker = (worker: string): ReturnType<typeof rejection> =>
  rejection({ code: 'worker-unknown', message: `there is no worker version ${worker}` })

/** A holder of an admin node need not know who holds the vat's other objects (U6). */
const resultFor = (
  { by }: WorkerUpgradeItem,
  result: WorkerUpgradeResult,
): WorkerUpgradeResult | Pick<WorkerUpgradeResult, 'incarnationNumber' | 'mode'> =>
  by === 'host' ? result : { incarnationNumber: result.incarnationNumber, mode: result.mode }

/** Of a vat that was moved; null when it was not replayed. */
export const meteringOf = (result: WorkerUpgradeResult): Metering | null =>
  result.mode === 'replay' ? result.metering : null
