/**
 * What each item of the run-queue does: a crank processes one of them (`cranks.ts`).
 *
 * Nothing is delivered to a vat that does not run: `#toVat` parks the item or completes it without the vat
 * (Cr3).
 */
import { assert, unreachable } from '../../base/errors.ts'
import {
  isObjectKref,
  isPromiseKref,
  type Kref,
  type ObjectKref,
  type PromiseKref,
  type PromiseVref,
  type VatId,
} from '../../base/ids.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import { maxParked, maxParkedLength } from '../../protocol/limits.ts'
import type { ReasonData } from '../../protocol/results.ts'
import { cut, decodeAny, gone, rejection } from '../objects/kernelValues.ts'
import type { Cleanup } from '../vats/cleanup.ts'
import type { DrainQueue } from '../vats/drains.ts'
import { followUpGc } from '../delivery/gcFollowUp.ts'
import type { IncarnationParts, Incarnations } from '../vats/incarnations.ts'
import { scalarText } from '../objects/readable.ts'
import { soleObject } from '../objects/promises.ts'
import { applyGcAction, gcDelivery } from './gcActions.ts'
import { isExpected, resolutionsFor } from './notifications.ts'
import type { Completed, Outcome } from './outcome.ts'
import type { Services } from './services.ts'
import { standingOf } from '../vats/suspension.ts'
import type { Upgrades } from '../vats/upgrades.ts'
import type { Rollouts } from '../workers/rollouts.ts'
import type { WorkerUpgrades } from '../workers/workerUpgrades.ts'
import type { Message, QueueItem, UpgradeItem, WorkerUpgradeItem } from '../tables/records.ts'
import type { HostPorts } from '../external/hostPorts.ts'
import type { Timer } from '../external/timer.ts'

export interface ItemParts extends IncarnationParts {
  readonly incarnations: Incarnations
  readonly services: Services
  readonly cleanup: Cleanup
  readonly traffic: HostPorts
  readonly wakeups: Timer
  readonly upgrades: Upgrades
  readonly workerUpgrades: WorkerUpgrades
  readonly rollouts: Rollouts
  readonly drains: DrainQueue
}

const byKernel: Completed = { kind: 'done', vat: null, computrons: 0n }

export class Items {
  readonly #parts: ItemParts

  constructor(parts: ItemParts) {
    this.#parts = parts
  }

  process(item: QueueItem): Outcome {
    switch (item.kind) {
      case 'send':
        return this.#send(item, item.target, item.message)
      case 'notify':
        return this.#notify(item)
      case 'collect':
        return this.#toVat(item.vat, item, () => this.#collect(item))
      case 'release':
        return this.#toVat(item.vat, item, () => this.#deliverGcActions(item))
      case 'start':
        return { kind: 'done', vat: item.vat, computrons: this.#parts.incarnations.start(item) }
      case 'upgrade':
        return this.#upgrade(item)
      case 'upgradeWorker':
        return this.#upgradeWorker(item)
      case 'rollout':
        return this.#parts.rollouts.takeTurn()
      case 'receive':
        return this.#receive(item)
      case 'wakeups':
        this.#parts.wakeups.wake()
        return byKernel
      case 'react':
        return this.#react(item.promise)
      case 'ended':
        this.#parts.cleanup.reportEnd(item)
        return byKernel
      default:
        return unreachable(item, 'an item of a kind that this kernel does not know')
    }
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

  #refuse(message: Message, data: ReasonData): Completed {
    this.reject(message.result, data)
    return byKernel
  }

  /** Rejects the result of a message, if it has one. */
  reject(result: PromiseKref | null, data: ReasonData): void {
    if (result !== null) this.#parts.promises.settle(result, 'rejected', data)
  }

  // --- everything else

  #notify(item: Extract<QueueItem, { kind: 'notify' }>): Outcome {
    const { vat, promise } = item
    if (!isExpected(this.#parts.tables, vat, promise)) return byKernel
    return this.#toVat(vat, item, () =>
      this.#deliver(vat, { kind: 'notify', resolutions: resolutionsFor(this.#parts, vat, promise) }),
    )
  }

  #deliverGcActions(item: Extract<QueueItem, { kind: 'release' }>): Outcome {
    const delivery = gcDelivery(this.#parts, item)
    return delivery === undefined ? byKernel : this.#deliver(item.vat, delivery)
  }

  /** Delivers the first item that waits at a port to its receiver. */
  #receive(item: Extract<QueueItem, { kind: 'receive' }>): Outcome {
    const { traffic } = this.#parts
    const reception = traffic.nextReceiver(item.port)
    if (reception === undefined) return byKernel
    const { vat, handler } = reception
    return this.#toVat(vat, item, () => {
      const message = traffic.take(item.port)
      assert(message.result !== null, 'the kernel waits for the answer to each item of a port (Pt1)')
      const outcome = this.#sendToVat(vat, handler, message)
      if (outcome.kind === 'done' || outcome.kind === 'exited') traffic.releaseReceived(item.port, message)
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
    if (reaction.kind === 'received') traffic.receiveSettled(reaction.port, reaction.number, state, data)
    else wakeups.onAnswer(reaction.wakeup, state, data)
    references.remove(promise)
    return byKernel
  }

  #upgrade(item: UpgradeItem): Outcome {
    const { tables, upgrades, drains, queue } = this.#parts
    const { vat } = item
    if (standingOf(tables, vat) === 'gone') {
      this.reject(item.result, gone('vat-terminated'))
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

  /** An upgrade for which the vat drains goes first. */
  #upgradeWorker(item: WorkerUpgradeItem): Outcome {
    const { tables, workerUpgrades, drains, queue } = this.#parts
    const { vat } = item
    if (standingOf(tables, vat) === 'gone') {
      this.reject(item.result, gone('vat-terminated'))
      return byKernel
    }
    if (drains.waits(vat)) {
      queue.pushFront([drains.take(vat), item])
      return { kind: 'parked', vat, computrons: 0n }
    }
    return { kind: 'done', vat, computrons: workerUpgrades.upgrade(item) }
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
    followUpGc(this.#parts, item, delivered.result)
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
        return this.#completeWithoutVat(item)
      case 'draining':
        // An item of a port is a message too.
        return item.kind === 'send' || item.kind === 'receive' ? this.#park(vat, item) : act()
      case 'running':
        return act()
    }
  }

  /** The vat has ended: completes the item without it. */
  #completeWithoutVat(item: QueueItem): Completed {
    if (item.kind === 'send') return this.#refuse(item.message, gone('vat-terminated'))
    if (item.kind === 'release')
      for (const kref of item.objects) applyGcAction(this.#parts, item.vat, item.action, kref)
    return byKernel
  }

  #park(vat: VatId, item: QueueItem): Completed {
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
    assert(number >= 0 && weight >= 0, 'the parked items of a vat are counted (Cr3)')
    return number >= maxParked || weight + JSON.stringify(item).length > maxParkedLength
  }
}

/** A message may also be a call of a function, which has no method. */
function missingMethod({ methargs }: Message): string {
  const call = decodeAny(methargs)
  const method: unknown = Array.isArray(call) ? call[0] : undefined
  return typeof method === 'string' || typeof method === 'symbol'
    ? `, has no method ${cut(scalarText(method), maxMethodText)}`
    : ''
}

const maxMethodText = 100
