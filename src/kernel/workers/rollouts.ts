/**
 * Rollouts: a set of vats is moved to a worker version, one after the other.
 *
 * Rol1. A vat is moved in a crank of its own, when the kernel has no other work: so all that other vats do in
 *       reaction is finished before the next is moved.
 * Rol2. In one block no more is done than its pace allows. A block begins with the item `renewRollout`, which
 *       the machine submits when it commits; so the rollout is a function of the inputs alone.
 * Rol3. A vat that cannot follow is treated by the rollout's policy. With `stop` the rollout stops; `resume`
 *       tries the same vat again.
 * Rol4. Work that never ends does not hold up a rollout: after a block in which no vat was moved, the next
 *       vat takes its turn in the run-queue. An upgrade for which that vat drains goes first.
 * Rol5. A vat that was suspended by request stays suspended; one that the rollout suspended is resumed when
 *       it was moved, when it keeps its version, or when the rollout is aborted, unless others have suspended
 *       it since.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { RequestOf } from '../../protocol/host/requests.ts'
import type { RolloutAction, RolloutVat, RolloutView } from '../../protocol/worker/rollout.ts'
import type { OnDivergence } from '../../protocol/worker/versions.ts'
import type { Completed } from '../cranks/outcome.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Rollout } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'
import type { DrainQueue } from '../vats/drains.ts'
import { cut } from '../objects/kernelValues.ts'
import { standingOf, type Suspension } from '../vats/suspension.ts'
import { meteringOf, type MoveOutcome, type WorkerUpgrades } from './workerUpgrades.ts'

export interface RolloutParts {
  readonly tables: Tables
  readonly queue: RunQueue
  readonly drains: DrainQueue
  readonly suspension: Suspension
  readonly workerUpgrades: WorkerUpgrades
}

/** States in which a rollout is over. */
const over: ReadonlySet<RolloutView['state']> = new Set(['done', 'aborted'])

/** A fresh block. */
const unused = { vats: 0, computrons: '0' } as const

/** A request about rollouts that cannot be carried out, and why. */
export type RolloutRefusal = { readonly kind: 'refused'; readonly message: string }

export class Rollouts {
  readonly #parts: RolloutParts

  constructor(parts: RolloutParts) {
    this.#parts = parts
  }

  /** Begins a rollout of an installed version. The vats are moved from the next run on. */
  start(request: RequestOf<'startRollout'>): RolloutView | RolloutRefusal {
    const { worker, vats, mode, onFailure, order, perBlock } = request
    const { tables } = this.#parts
    const before = tables.workers.rollout()
    if (before !== undefined && !over.has(before.state))
      return refused(`rollout ${before.number} is ${before.state}; finish or abort it first`)
    for (let place = 1; place <= (before?.vats ?? 0); place += 1) tables.workers.deleteRolloutVat(place)
    const chosen = [...new Set(vats)]
    const number = (before?.number ?? 0) + 1
    const { crank } = tables.lives
    chosen.forEach((vat, index) =>
      tables.workers.setRolloutVat(index + 1, waiting(vat, order === 'suspend-first' && this.#suspend(vat, number))),
    )
    const rollout: Rollout = {
      number, worker, mode, onFailure, order, perBlock,
      state: chosen.length === 0 ? 'done' : 'running',
      reason: null, since: crank, changed: crank,
      vats: chosen.length, decided: 0, inBlock: unused, queued: 'no',
    }
    tables.workers.setRollout(rollout)
    return viewOf(rollout)
  }

  control(action: RolloutAction, reason: string): RolloutView | RolloutRefusal {
    const rollout = this.#parts.tables.workers.rollout()
    if (rollout === undefined) return refused('there is no rollout')
    if (over.has(rollout.state)) return refused(`rollout ${rollout.number} is ${rollout.state}`)
    switch (action) {
      case 'pause':
        return this.#change(rollout, { state: 'paused', reason })
      case 'resume':
        return this.#change(rollout, { state: 'running', reason: null })
      case 'abort':
        this.#release(rollout)
        return this.#change(rollout, { state: 'aborted', reason })
    }
  }

  /** Rol2, Rol4. */
  renew(): void {
    const { tables, queue } = this.#parts
    const rollout = tables.workers.rollout()
    if (rollout?.state !== 'running') return
    const isHeldUp = rollout.inBlock.vats === 0 && rollout.queued === 'no' && queue.length > 0
    if (isHeldUp) queue.push({ kind: 'rollout' })
    tables.workers.setRollout({ ...rollout, inBlock: unused, queued: isHeldUp ? 'yes' : rollout.queued })
  }

  /** Rol4: the turn of the rollout in the run-queue. */
  takeTurn(): Completed {
    const { tables, drains, queue } = this.#parts
    const { workers } = tables
    const rollout = workers.rollout()
    assert(rollout !== undefined, 'an item of a rollout has its rollout')
    const vat = nextOf(tables, rollout)
    if (vat !== undefined && drains.waits(vat)) {
      queue.pushFront([drains.take(vat), { kind: 'rollout' }])
      return { kind: 'parked', vat, computrons: 0n }
    }
    workers.setRollout({ ...rollout, queued: 'no' })
    return this.step() ?? { kind: 'done', vat: null, computrons: 0n }
  }

  /** Moves the next vat, if there is one and the pace allows it (Rol1, Rol2). */
  step(): Completed | undefined {
    const { workers } = this.#parts.tables
    const rollout = workers.rollout()
    if (rollout?.state !== 'running' || isSpent(rollout)) return undefined
    assert(rollout.decided < rollout.vats, 'a rollout that runs has a vat left')
    const place = rollout.decided + 1
    const entry = workers.rolloutVat(place)
    assert(entry.outcome === 'waiting', 'vats are decided in order')
    return this.#move(rollout, place, entry)
  }

  #move(rollout: Rollout, place: number, entry: RolloutVat): Completed {
    const { tables, workerUpgrades } = this.#parts
    const { vat } = entry
    if (standingOf(tables, vat) !== 'live') {
      this.#decide(rollout, place, { ...entry, outcome: 'gone', holds: 'nothing' }, 0n)
      return { kind: 'done', vat: null, computrons: 0n }
    }
    const held = this.#heldByRequest(rollout, entry)
    const version = tables.workers.get(rollout.worker)
    const { mode, onFailure } = rollout
    const outcome = workerUpgrades.move({ vat, version, mode, onDivergence: divergenceOf(onFailure), by: 'host' })
    const { computrons } = outcome
    if (outcome.kind === 'refused' && onFailure === 'stop') {
      this.#spend({ ...rollout, ...this.#changed('stopped', outcome.message) }, computrons)
      tables.workers.setRolloutVat(place, { ...entry, refusal: refusalOf(outcome) })
    } else {
      this.#decide(rollout, place, { ...entry, ...decisionOf(outcome, onFailure), holds: 'nothing' }, computrons)
      this.#settle(entry, held, outcome, onFailure)
    }
    return { kind: 'done', vat, computrons }
  }

  /** Rol5: the reason for which others than the rollout have suspended the vat by request. */
  #heldByRequest({ number }: Rollout, { vat, holds }: RolloutVat): string | undefined {
    const { status } = this.#parts.tables.vat(vat)
    return status.kind === 'suspended' &&
      status.cause === 'requested' &&
      (holds === 'nothing' || status.message !== waitsFor(number))
      ? status.message
      : undefined
  }

  /** Rol5. */
  #settle(
    { vat, holds }: RolloutVat,
    held: string | undefined,
    outcome: MoveOutcome,
    onFailure: Rollout['onFailure'],
  ): void {
    const { suspension } = this.#parts
    if (held !== undefined) suspension.suspend(vat, 'requested', held)
    else if (holds === 'suspended' && outcome.kind === 'refused' && onFailure === 'suspend')
      suspension.giveReason(vat, 'upgrade-refused', cut(outcome.message))
    else if (holds === 'suspended') suspension.resume(vat)
  }

  #suspend(vat: VatId, number: number): boolean {
    const { tables, suspension } = this.#parts
    if (standingOf(tables, vat) !== 'live' || tables.vat(vat).status.kind === 'suspended') return false
    suspension.suspend(vat, 'requested', waitsFor(number))
    return true
  }

  /** Rol5: the vats that an abort leaves where they are. */
  #release(rollout: Rollout): void {
    const { decided, vats } = rollout
    const { tables, suspension } = this.#parts
    for (let place = decided + 1; place <= vats; place += 1) {
      const entry = tables.workers.rolloutVat(place)
      const isHeld =
        entry.holds === 'suspended' &&
        standingOf(tables, entry.vat) === 'live' &&
        this.#heldByRequest(rollout, entry) === undefined
      if (isHeld) suspension.resume(entry.vat)
      tables.workers.setRolloutVat(place, { ...entry, outcome: 'left', holds: 'nothing' })
    }
  }

  #decide(rollout: Rollout, place: number, entry: RolloutVat, computrons: bigint): void {
    this.#parts.tables.workers.setRolloutVat(place, { ...entry, computrons: String(computrons) })
    const isLast = place === rollout.vats
    this.#spend(
      { ...rollout, decided: place, ...(isLast ? this.#changed('done', null) : {}) },
      computrons,
    )
  }

  #spend(rollout: Rollout, computrons: bigint): void {
    const { inBlock } = rollout
    this.#parts.tables.workers.setRollout({
      ...rollout,
      inBlock: { vats: inBlock.vats + 1, computrons: String(BigInt(inBlock.computrons) + computrons) },
    })
  }

  #changed(
    state: Rollout['state'],
    reason: string | null,
  ): Pick<Rollout, 'state' | 'reason' | 'changed'> {
    return { state, reason, changed: this.#parts.tables.lives.crank }
  }

  #change(rollout: Rollout, { state, reason }: Pick<Rollout, 'state' | 'reason'>): RolloutView {
    const changed = { ...rollout, ...this.#changed(state, reason) }
    this.#parts.tables.workers.setRollout(changed)
    return viewOf(changed)
  }
}

const refused = (message: string): RolloutRefusal => ({ kind: 'refused', message })

const waiting = (vat: VatId, isSuspended: boolean): RolloutVat => ({
  vat,
  outcome: 'waiting',
  holds: isSuspended ? 'suspended' : 'nothing',
  computrons: '0',
  metering: null,
  refusal: null,
})

/** The vat that the rollout moves next, if it runs and its pace allows it. */
const nextOf = (tables: Tables, rollout: Rollout): VatId | undefined =>
  rollout.state === 'running' && !isSpent(rollout)
    ? tables.workers.rolloutVat(rollout.decided + 1).vat
    : undefined

/** Why a vat is suspended that waits for the rollout with this number. */
const waitsFor = (number: number): string => `waits for rollout ${number}`

/** Rol2. */
const isSpent = ({ perBlock, inBlock }: Rollout): boolean =>
  inBlock.vats >= perBlock.vats ||
  (perBlock.computrons !== null && BigInt(inBlock.computrons) >= BigInt(perBlock.computrons))

const divergenceOf = (policy: Rollout['onFailure']): OnDivergence => (policy === 'stop' ? 'keep' : policy)

type Refused = Extract<MoveOutcome, { kind: 'refused' }>

const refusalOf = ({ reason, message }: Refused): RolloutVat['refusal'] => ({ code: reason.code, message })

function decisionOf(
  outcome: MoveOutcome,
  policy: Rollout['onFailure'],
): Pick<RolloutVat, 'outcome' | 'metering' | 'refusal'> {
  if (outcome.kind === 'refused')
    return {
      outcome: policy === 'suspend' ? 'suspended' : 'kept',
      metering: null,
      refusal: refusalOf(outcome),
    }
  const { result } = outcome
  const metering = meteringOf(result)
  if (result.mode !== 'durable')
    return { outcome: result.mode === 'none' ? 'already' : 'moved', metering, refusal: null }
  const { replayRefused } = result
  const refusal = replayRefused === null ? null : { code: replayRefused.code, message: replayRefused.message }
  return { outcome: 'restarted', metering, refusal }
}

/** Without what only the kernel needs. */
export const viewOf = ({ queued: _, ...view }: Rollout): RolloutView => view
