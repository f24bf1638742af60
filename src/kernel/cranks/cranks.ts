/**
 * Cranks: one item of the run-queue, from start to finish, as one transaction.
 *
 * A message passes through `run` → `#process` → `#send` → `#deliver`; the vat's syscalls during the delivery
 * are handled by `syscalls.ts`.
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
import { assert, unreachable } from '../../base/errors.ts'
import {
  isObjectKref,
  isPromiseKref,
  type Kref,
  type ObjectKref,
  type ObjectVref,
  type PromiseKref,
  type PromiseVref,
  type VatId,
} from '../../base/ids.ts'
import type { Delivery, Resolution } from '../../protocol/worker/delivery.ts'
import { deliveryLimits, maxParked, maxParkedLength } from '../../protocol/limits.ts'
import type { ReasonData } from '../../protocol/results.ts'
import { cut, dataForVat, decodeAny, failureOf, gone, rejection } from '../objects/kernelValues.ts'
import type { Cleanup } from '../vats/cleanup.ts'
import type { Exited, Failure } from '../delivery/deliveries.ts'
import type { Drains } from '../vats/drains.ts'
import type { CrankCleaning, KernelReport } from '../../protocol/kernel/events.ts'
import { actionOn } from './faults.ts'
import { followCollection } from '../delivery/gcFollowUp.ts'
import type { IncarnationParts, Incarnations } from '../vats/incarnations.ts'
import { scalarText, textOf } from '../objects/readable.ts'
import { takeRejections } from './rejections.ts'
import { soleObject } from '../objects/promises.ts'
import type { Services } from './services.ts'
import { standingOf, type Suspension } from '../vats/suspension.ts'
import type { Snapshots } from '../delivery/snapshots.ts'
import type { Termination } from '../vats/termination.ts'
import { toldOfEnd, toldOfFault } from '../objects/vatErrors.ts'
import type { Upgrades } from '../vats/upgrades.ts'
import type { GcAction, Message, QueueItem, UpgradeItem } from '../tables/records.ts'
import type { HostPorts } from '../external/hostPorts.ts'
import type { Timer } from '../external/timer.ts'

export interface CrankParts extends IncarnationParts {
  readonly incarnations: Incarnations
  readonly services: Services
  readonly suspension: Suspension
  readonly termination: Termination
  readonly cleanup: Cleanup
  readonly traffic: HostPorts
  readonly wakeups: Timer
  readonly upgrades: Upgrades
  readonly drains: Drains
  readonly snapshots: Snapshots
}

/** The outcome of an item. */
type Outcome = Settled | Exited | Failure

type Settled =
  /** Done; the item releases its references. */
  | { readonly kind: 'done'; readonly vat: VatId | null; readonly computrons: bigint }
  /** Parked, for a vat that is suspended or drains; the item keeps its references. */
  | { readonly kind: 'parked'; readonly vat: VatId; readonly computrons: bigint }

const idle: KernelReport = { kind: 'idle', crank: 'none' }
const byKernel: Settled = { kind: 'done', vat: null, computrons: 0n }

export class Cranks {
  readonly #parts: CrankParts

  constructor(parts: CrankParts) {
    this.#parts = parts
  }

  run(cleaning: CrankCleaning = 'do'): KernelReport {
    const { ports, queue, references, tables, drains, snapshots } = this.#parts
    references.begin()
    snapshots.begin()
    const paused = tables.lives.paused()
    if (paused !== undefined) return { kind: 'paused', pause: paused }
    const mark = ports.state.mark()
    const item = this.#next() ?? drains.takeFirst()
    if (item === undefined) return cleaning === 'do' ? this.#clean() : idle
    let outcome = this.#process(item)
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
      this.#next()
      outcome = outcome.kind === 'failed' ? this.#fail(item, outcome) : this.#leave(item, outcome)
    }
    if (outcome.kind === 'exited') outcome = this.#end(outcome)
    if (outcome.kind === 'done') queue.release(item)
    drains.tick(outcome.vat)
    snapshots.takeDue()
    references.settle()
    return {
      kind: 'cranked',
      item: item.kind,
      vat: outcome.vat,
      computrons: outcome.computrons,
      rejections: takeRejections(this.#parts),
    }
  }

  /** Collection comes first: it frees memory and creates no further work for itself. */
  #next(): QueueItem | undefined {
    return this.#parts.tables.takeGcActions() ?? this.#parts.queue.take()
  }

  #process(item: QueueItem): Outcome {
    switch (item.kind) {
      case 'send':
        return this.#send(item, item.target, item.message)
      case 'notify':
        return this.#notify(item)
      case 'collect':
        return this.#toVat(item.vat, item, () => this.#collect(item))
      case 'release':
        return this.#toVat(item.vat, item, () => this.#release(item))
      case 'start':
        return { kind: 'done', vat: item.vat, computrons: this.#parts.incarnations.start(item) }
      case 'upgrade':
        return this.#upgrade(item)
      case 'receive':
        return this.#receive(item)
      case 'wakeups':
        this.#parts.wakeups.wake()
        return byKernel
      case 'react':
        return this.#react(item.promise)
      case 'ended':
        this.#parts.cleanup.tell(item)
        return byKernel
      default:
        return unreachable(item, 'an item of a kind that this kernel does not know')
    }
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
  #fail(item: QueueItem, { vat, code, message, computrons }: Failure): Settled {
    const { tables, meters, suspension, termination, traffic } = this.#parts
    meters.charge(tables.vat(vat), computrons)
    const record = tables.vat(vat)
    const action = actionOn(record, item.kind)
    if (action === 'suspend') {
      suspension.suspend(vat, code, message)
      if (record.importance === 'critical') suspension.pause({ vat, code, message })
      // Messages may already be parked, if the vat was draining.
      for (const each of [item, ...tables.takeParked(vat)]) tables.park(vat, each)
      return { kind: 'parked', vat, computrons }
    }
    const fault = { code, message, vat }
    const data =
      action === 'terminate' ? rejection(fault, (record) => toldOfEnd(toldOfFault(record))) : rejection(fault)
    if (item.kind === 'send') this.#reject(item.message.result, data)
    if (item.kind === 'receive') traffic.setAside(item.port, data)
    if (action === 'terminate')
      termination.terminate(vat, { end: 'failed', data: rejection(fault, toldOfFault) })
    return { kind: 'done', vat, computrons }
  }

  /**
   * The vat ends itself with a failure: in the restarted crank the message is rejected with the reason, as
   * are the promises that the vat was to settle for other vats.
   */
  #leave(item: QueueItem, exited: Exited): Exited {
    const { meters, tables, traffic } = this.#parts
    meters.charge(tables.vat(exited.vat), exited.computrons)
    const exit = this.#parts.termination.afterUndo(exited.exit)
    if (item.kind === 'send')
      this.#reject(item.message.result, failureOf(exit.data, toldOfEnd({ message: textOf(exit.data) })))
    if (item.kind === 'receive') traffic.setAside(item.port, exit.data)
    return { ...exited, exit }
  }

  #end({ vat, exit, computrons }: Exited): Settled {
    this.#parts.termination.terminate(vat, exit)
    return { kind: 'done', vat, computrons }
  }

  // --- sending

  #send(item: QueueItem, target: Kref, message: Message): Outcome {
    if (isPromiseKref(target)) return this.#sendToPromise(item, target, message)
    assert(isObjectKref(target), `${target} is neither an object nor a promise`)
    const { owner } = this.#parts.tables.object(target)
    switch (owner) {
      case 'kernel':
        this.#parts.services.receive(target, message)
        return byKernel
      case 'abandoned':
        return this.#refuse(message, gone('object-abandoned'))
      case 'terminated':
        return this.#refuse(message, gone('vat-terminated'))
      default:
        return this.#toVat(owner, item, () => this.#sendToVat(owner, target, message))
    }
  }

  #sendToPromise(item: QueueItem, target: PromiseKref, message: Message): Outcome {
    const { tables, promises } = this.#parts
    const { state } = tables.promise(target)
    if (state === 'unresolved') {
      promises.wait(target, message)
      return byKernel
    }
    const data = tables.promiseData(target)
    if (state === 'rejected') return this.#refuse(message, data)
    const object = soleObject(data)
    if (object !== undefined) return this.#send(item, object, message)
    return this.#refuse(
      message,
      rejection({
        code: 'target-not-object',
        message: `data is not callable${missingMethod(message)}: the promise was fulfilled with data, which takes no messages`,
      }),
    )
  }

  #sendToVat(vat: VatId, target: ObjectKref, { methargs, result }: Message): Outcome {
    const { clists, promises } = this.#parts
    if (result !== null) promises.setDecider(result, vat)
    return this.#deliver(vat, {
      kind: 'message',
      target: clists.toVat(vat, target),
      methargs: clists.dataToVat(vat, methargs),
      result: result === null ? null : (clists.toVat(vat, result) as PromiseVref),
    })
  }

  #refuse(message: Message, data: ReasonData): Settled {
    this.#reject(message.result, data)
    return byKernel
  }

  #reject(result: PromiseKref | null, data: ReasonData): void {
    if (result !== null) this.#parts.promises.settle(result, 'rejected', data)
  }

  // --- everything else that is delivered

  #notify(item: Extract<QueueItem, { kind: 'notify' }>): Outcome {
    const { vat, promise } = item
    const { tables, clists } = this.#parts
    // The vat may have been upgraded since and have no name for the promise, or another notification covered
    // it.
    const entry = tables.entryOf(vat, promise)
    if (entry === undefined || entry.mark === 'T') return byKernel
    return this.#toVat(vat, item, () => {
      const settled = this.#settledWith(vat, promise)
      const resolutions = settled.map((kref): Resolution => {
        const { state } = tables.promise(kref)
        assert(state !== 'unresolved', `${kref} is notified before it is settled`)
        return {
          promise: clists.toVat(vat, kref) as PromiseVref,
          outcome: state,
          data: clists.dataToVat(vat, dataForVat(tables.promiseData(kref))),
        }
      })
      const told = settled.map((kref, index): Resolution => {
        const resolution = resolutions[index] as Resolution
        return clists.settled(vat, kref) === 'kept' ? { ...resolution, keep: true } : resolution
      })
      return this.#deliver(vat, { kind: 'notify', resolutions: told })
    })
  }

  /**
   * The promise, and the settled promises reachable from its data that the vat does not know yet. One
   * notification covers them all, since promises that hold each other would otherwise cause one notification
   * each. Promises that would make it too large get notifications of their own.
   */
  #settledWith(vat: VatId, promise: PromiseKref): PromiseKref[] {
    const { tables } = this.#parts
    const found = new Set([promise])
    let written = 0
    for (const kref of found) {
      for (const slot of dataForVat(tables.promiseData(kref)).slots) {
        if (!isPromiseKref(slot) || found.has(slot) || tables.promise(slot).state === 'unresolved') continue
        if (tables.entryOf(vat, slot)?.mark === 'T') continue
        written += tables.promiseDataLength(slot)
        if (written > deliveryLimits.written) return [...found]
        found.add(slot)
      }
    }
    return [...found]
  }

  /** Notifies a vat of GC actions on objects, as far as they still apply. */
  #release({ vat, action, objects }: Extract<QueueItem, { kind: 'release' }>): Outcome {
    const released: ObjectVref[] = []
    for (const kref of objects) {
      const vref = this.#let(vat, action, kref)
      if (vref !== undefined) released.push(vref)
    }
    if (released.length === 0) return byKernel
    switch (action) {
      case 'drop':
        return this.#deliver(vat, { kind: 'dropExports', exports: released })
      case 'retire':
        return this.#deliver(vat, { kind: 'retireExports', exports: released })
      case 'lose':
        return this.#deliver(vat, { kind: 'retireImports', imports: released })
    }
  }

  /**
   * Applies the action to the vat's entry, unless the object is needed again. Returns the vat's name for it.
   */
  #let(vat: VatId, action: GcAction, kref: ObjectKref): ObjectVref | undefined {
    const { tables, clists, references } = this.#parts
    const entry = tables.entryOf(vat, kref)
    const record = tables.findObject(kref)
    if (entry === undefined || record === undefined || record.reachable > 0) return undefined
    const vref = entry.vref as ObjectVref
    if (action === 'drop' && entry.reachable) clists.markUnreachable(vat, kref, vref)
    else if (action === 'retire' && record.recognizable === 0) {
      tables.deleteEntry(vat, kref, vref)
      tables.deleteObject(kref)
    } else if (action === 'lose' && !entry.reachable) {
      tables.deleteEntry(vat, kref, vref)
      references.countObject(kref, 0, -1)
    } else return undefined
    return vref
  }

  /** Delivers the first item that waits at a port to its receiver. */
  #receive(item: Extract<QueueItem, { kind: 'receive' }>): Outcome {
    const { traffic } = this.#parts
    const reception = traffic.reception(item.port)
    if (reception === undefined) return byKernel
    const { vat, handler } = reception
    return this.#toVat(vat, item, () => {
      const message = traffic.take(item.port)
      const outcome = this.#sendToVat(vat, handler, message)
      if (outcome.kind === 'done' || outcome.kind === 'exited') traffic.release(item.port, message)
      return outcome
    })
  }

  /** Runs the reaction to a settled promise that the kernel waited for. */
  #react(promise: PromiseKref): Outcome {
    const { tables, references, traffic, wakeups } = this.#parts
    const reaction = tables.takeReaction(promise)
    const { state } = tables.promise(promise)
    assert(state !== 'unresolved', `${promise} is reacted to before it is settled`)
    const data = tables.promiseData(promise)
    if (reaction.kind === 'received') traffic.settled(reaction.port, reaction.number, state, data)
    else wakeups.answered(reaction.wakeup, state, data)
    references.remove(promise)
    return byKernel
  }

  #upgrade(item: UpgradeItem): Outcome {
    const { tables, upgrades, drains, queue } = this.#parts
    const { vat } = item
    if (standingOf(tables, vat) === 'gone') {
      this.#reject(item.result, gone('vat-terminated'))
      return byKernel
    }
    if (drains.waits(vat)) {
      queue.pushFront([drains.take(vat), item])
      return { kind: 'parked', vat, computrons: 0n }
    }
    if (item.drain !== undefined && tables.vat(vat).status.kind === 'running') {
      drains.begin(item)
      return { kind: 'parked', vat, computrons: 0n }
    }
    return { kind: 'done', vat: item.vat, computrons: upgrades.upgrade(item) }
  }

  // --- the vat itself

  #collect(item: Extract<QueueItem, { kind: 'collect' }>): Outcome {
    const { vat } = item
    const delivered = this.#parts.deliveries.deliver(
      vat,
      item.search === undefined
        ? { kind: 'bringOutYourDead' }
        : { kind: 'bringOutYourDead', search: item.search },
    )
    if (delivered.kind !== 'done') return delivered
    followCollection(this.#parts, item, delivered.result)
    return { kind: 'done', vat, computrons: delivered.computrons }
  }

  #deliver(vat: VatId, delivery: Delivery): Outcome {
    const delivered = this.#parts.deliveries.deliver(vat, delivery)
    return delivered.kind !== 'done' ? delivered : { kind: 'done', vat, computrons: delivered.computrons }
  }

  /** Cr3: acts if the vat runs, else parks the item. */
  #toVat(vat: VatId, item: QueueItem, act: () => Outcome): Outcome {
    const status = this.#parts.tables.findVat(vat)?.status.kind ?? 'terminated'
    switch (status) {
      case 'starting':
      case 'suspended':
        return this.#park(vat, item)
      case 'terminated':
        return this.#tooLate(item)
      case 'draining':
        // An item of a port is a message too.
        return item.kind === 'send' || item.kind === 'receive' ? this.#park(vat, item) : act()
      case 'running':
        return act()
    }
  }

  /** The vat has ended: completes the item without it. */
  #tooLate(item: QueueItem): Settled {
    if (item.kind === 'send') return this.#refuse(item.message, gone('vat-terminated'))
    if (item.kind === 'release') for (const kref of item.objects) this.#let(item.vat, item.action, kref)
    return byKernel
  }

  #park(vat: VatId, item: QueueItem): Settled {
    const { tables } = this.#parts
    if (item.kind === 'send' && this.#isFull(vat, item)) {
      return this.#refuse(
        item.message,
        rejection({
          code: 'vat-suspended',
          message: `the vat is suspended, drains before an upgrade or has not started, and as much waits for it as may`,
          vat,
        }),
      )
    }
    tables.park(vat, item)
    return { kind: 'parked', vat, computrons: 0n }
  }

  #isFull(vat: VatId, item: QueueItem): boolean {
    const { number, weight } = this.#parts.tables.parkedAndWeight(vat)
    return number >= maxParked || weight + JSON.stringify(item).length > maxParkedLength
  }
}

/** A message may also be a call of a function, which has no method. */
function missingMethod({ methargs }: Message): string {
  const call = decodeAny(methargs)
  const method: unknown = Array.isArray(call) ? call[0] : undefined
  return typeof method === 'string' || typeof method === 'symbol'
    ? `, has no method ${cut(scalarText(method), longestMethod)}`
    : ''
}

const longestMethod = 100
