/**
 * Cranks: one item of the run-queue, from start to finish, as one transaction.
 *
 * A message passes through `run` → `Items.process` → `#send` → `#deliver`; the vat's syscalls during the
 * delivery are handled by `syscalls.ts`.
 *
 * Cr1. When a delivery fails through the vat's fault, the crank is undone, heap included, and restarts as the
 *      crank that handles the failure: a message is rejected with a code; after any other item the vat is
 *      suspended, and the item waits first in its parked queue, unless the vat's `onFault` says otherwise
 *      (`faults.ts`).
 * Cr2. The references of an item are held until the crank has stored them elsewhere.
 * Cr3. Nothing is delivered to a suspended vat; its items wait in order. So do messages to a vat that drains
 *      before an upgrade (`drains.ts`), and those that overtake the start of their vat because a promise that
 *      they waited for is settled before it. Nothing is delivered to an ended vat either, and its items are
 *      discarded.
 * Cr4. A vat that requests its end ends with the crank: after a completion the crank's effects stand; after a
 *      failure they are undone as in Cr1.
 */
import { assert } from '../../base/errors.ts'
import { parkFirst } from '../vats/parking.ts'
import type { QueueItem } from '../tables/records.ts'
import { failureOf, rejection } from '../objects/kernelValues.ts'
import type { Exited, Failure } from '../delivery/deliveries.ts'
import type { CrankCleaning, CrankKind, KernelReport } from '../../protocol/kernel/events.ts'
import { actionOn } from './faults.ts'
import { Items, type ItemParts } from './items.ts'
import type { Completed } from './outcome.ts'
import { textOf } from '../objects/readable.ts'
import { takeRejections } from './rejections.ts'
import type { Suspension } from '../vats/suspension.ts'
import type { Snapshots } from '../delivery/snapshots.ts'
import type { Termination } from '../vats/termination.ts'
import { vatErrorOfEnd, vatErrorOfFault } from '../objects/vatErrors.ts'

export interface CrankParts extends ItemParts {
  readonly suspension: Suspension
  readonly termination: Termination
  readonly snapshots: Snapshots
}

const idle: KernelReport = { kind: 'idle' }

export class Cranks {
  readonly #parts: CrankParts
  readonly #items: Items

  constructor(parts: CrankParts) {
    this.#parts = parts
    this.#items = new Items(parts)
  }

  run(cleaning: CrankCleaning): KernelReport {
    const { ports, queue, references, tables, drains, snapshots } = this.#parts
    references.begin()
    snapshots.begin()
    const paused = tables.lives.paused()
    if (paused !== undefined) return { kind: 'paused', pause: paused }
    const mark = ports.state.mark()
    const item = this.#next() ?? drains.takeFirst()
    if (item === undefined) return this.#rollOut() ?? (cleaning === 'do' ? this.#clean() : idle)
    let outcome = this.#items.process(item)
    if (outcome.kind === 'failed' || (outcome.kind === 'exited' && outcome.exit.end === 'failed')) {
      if (outcome.kind === 'failed')
        ports.trace({
          kind: 'fault',
          vat: outcome.vat,
          cause: outcome.code,
          message: outcome.traced ?? outcome.message,
        })
      ports.state.undo(mark)
      references.begin()
      ports.workers.discard(outcome.vat)
      const again = this.#next()
      assert(again?.kind === item.kind, 'the crank restarts with the same item (Cr1)')
      outcome = outcome.kind === 'failed' ? this.#fail(item, outcome) : this.#exit(item, outcome)
    }
    if (outcome.kind === 'exited') outcome = this.#end(outcome)
    if (outcome.kind === 'done') queue.releaseReferences(item)
    return this.#finish(item.kind, outcome)
  }

  #finish(item: CrankKind, { vat, computrons }: Completed): KernelReport {
    assert(computrons >= 0n, 'a crank uses no negative computrons')
    const { references, drains, snapshots } = this.#parts
    drains.tick(vat)
    snapshots.takeDue()
    references.collectUnreferenced()
    return { kind: 'cranked', item, vat, computrons, rejections: takeRejections(this.#parts) }
  }

  /** Moves the next vat of a rollout, when there is no other work (Rol1). */
  #rollOut(): KernelReport | undefined {
    const moved = this.#parts.rollouts.step()
    return moved === undefined ? undefined : this.#finish('rollout', moved)
  }

  /** Collection comes first: it frees memory and creates no further work for itself. */
  #next(): QueueItem | undefined {
    return this.#parts.tables.gcActions.take() ?? this.#parts.queue.take()
  }

  /** Idle work. */
  #clean(): KernelReport {
    if (this.#parts.cleanup.step() === 'idle') return idle
    return {
      kind: 'cranked',
      item: 'clean',
      vat: null,
      computrons: 0n,
      rejections: takeRejections(this.#parts),
    }
  }

  /** Cr1: handles the failed item in a restarted crank. */
  #fail(item: QueueItem, { vat, code, message, computrons }: Failure): Completed {
    const { tables, meters, suspension, termination, traffic } = this.#parts
    meters.charge(tables.vat(vat), computrons)
    const record = tables.vat(vat)
    const action = actionOn(record, item.kind)
    if (action === 'suspend') {
      suspension.suspend(vat, code, message)
      if (record.importance === 'critical') suspension.pause({ vat, code, message })
      // Messages may already be parked, if the vat was draining.
      parkFirst(tables, vat, item)
      return { kind: 'parked', vat, computrons }
    }
    const fault = { code, message, vat }
    const data =
      action === 'terminate'
        ? rejection(fault, (record) => vatErrorOfEnd(vatErrorOfFault(record)))
        : rejection(fault)
    if (item.kind === 'send') this.#items.reject(item.message.result, data)
    if (item.kind === 'receive') traffic.setAside(item.port, data)
    if (action === 'terminate')
      termination.terminate(vat, { end: 'failed', data: rejection(fault, vatErrorOfFault) })
    return { kind: 'done', vat, computrons }
  }

  /**
   * The vat ends itself with a failure: in the restarted crank the message is rejected with the reason, as
   * are the promises that the vat was to settle for other vats.
   */
  #exit(item: QueueItem, exited: Exited): Exited {
    const { meters, tables, traffic } = this.#parts
    meters.charge(tables.vat(exited.vat), exited.computrons)
    const exit = this.#parts.termination.afterUndo(exited.exit)
    if (item.kind === 'send')
      this.#items.reject(
        item.message.result,
        failureOf(exit.data, vatErrorOfEnd({ message: textOf(exit.data) })),
      )
    if (item.kind === 'receive') traffic.setAside(item.port, exit.data)
    return { ...exited, exit }
  }

  #end({ vat, exit, computrons }: Exited): Completed {
    this.#parts.termination.terminate(vat, exit)
    return { kind: 'done', vat, computrons }
  }
}
