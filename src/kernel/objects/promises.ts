/**
 * Promises of the kernel: their deciders, their subscribers, and the effects of settling them.
 *
 * Kp1. An unresolved promise has one decider. The kernel decides a message's result until the message is
 *      delivered; then the receiver decides it.
 * Kp2. Messages to an unresolved promise wait in its queue. When it is settled they go to the run-queue in
 *      order, before any later message to it.
 * Kp3. A promise is settled once.
 * Kp4. The rejection of a promise that is watched is reported at the end of the step, once.
 * Kp5. The decider of a rejection is kept with its data (`ReasonData`). A message to a rejected promise is
 *      rejected with the same data and the same decider; a vat that passes a reason on has decided by itself.
 */
import { assert } from '../../base/errors.ts'
import { isObjectKref, type ObjectKref, type PromiseKref, type VatId } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { ReasonData } from '../../protocol/results.ts'
import type { References } from './references.ts'
import { messageReferences, type RunQueue } from './runQueue.ts'
import type { Message, PromiseState, QueueItem, Reaction, RejectionWatch } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export class Promises {
  readonly #tables: Tables
  readonly #references: References
  readonly #queue: RunQueue

  constructor(tables: Tables, references: References, queue: RunQueue) {
    this.#tables = tables
    this.#references = references
    this.#queue = queue
  }

  /** Creates a promise decided by the kernel. It has no references yet. */
  make(): PromiseKref {
    const kref = this.#tables.newPromiseKref()
    this.#tables.setPromise(kref, {
      state: 'unresolved',
      decider: 'kernel',
      references: 0,
      queued: 0,
      subscribers: [],
    })
    this.#references.addCandidate(kref)
    return kref
  }

  /** Reports a rejection of the promise, by any decider. */
  watch(kref: PromiseKref, onRejection: RejectionWatch): void {
    const record = this.#tables.promise(kref)
    assert(record.state === 'unresolved', 'a promise is watched before it is settled (Kp4)')
    this.#tables.setPromise(kref, { ...record, onRejection })
  }

  setDecider(kref: PromiseKref, decider: VatId | 'kernel'): void {
    const record = this.#tables.promise(kref)
    assert(record.state === 'unresolved', `${kref} is settled and gets a decider`)
    this.#tables.setPromise(kref, { ...record, decider })
  }

  /** Queues a message until the promise is settled (Kp2). The waiting message holds its references. */
  wait(kref: PromiseKref, message: Message): void {
    const record = this.#tables.promise(kref)
    assert(record.state === 'unresolved', `a message waits for ${kref}, which is settled`)
    this.#tables.addWaiting(kref, record.queued, message)
    this.#tables.setPromise(kref, { ...record, queued: record.queued + 1, references: record.references + 1 })
    for (const held of messageReferences(message)) this.#references.add(held)
  }

  /** Creates the result of a message sent by the kernel, with the reaction to its settlement. */
  expect(reaction: Reaction): PromiseKref {
    const kref = this.#tables.newPromiseKref()
    this.#tables.setPromise(kref, {
      state: 'unresolved',
      decider: 'kernel',
      references: 1,
      queued: 0,
      subscribers: ['kernel'],
    })
    this.#tables.setReaction(kref, reaction)
    return kref
  }

  subscribe(kref: PromiseKref, vat: VatId): void {
    const record = this.#tables.promise(kref)
    if (record.state !== 'unresolved') this.#queue.push({ kind: 'notify', vat, promise: kref })
    else if (!record.subscribers.includes(vat)) {
      this.#tables.setPromise(kref, { ...record, subscribers: [...record.subscribers, vat] })
    }
  }

  unsubscribe(kref: PromiseKref, vat: VatId): void {
    const record = this.#tables.promise(kref)
    if (!record.subscribers.includes(vat)) return
    this.#tables.setPromise(kref, {
      ...record,
      subscribers: record.subscribers.filter((subscriber) => subscriber !== vat),
    })
  }

  /** Settles the promise (Kp3, Kp5): subscribers will be notified, waiting messages continue. */
  settle(kref: PromiseKref, state: Exclude<PromiseState, 'unresolved'>, data: ReasonData): void {
    this.#references.addAll(data.slots)
    this.#tables.setPromiseData(kref, data)
    // Read after the slots are counted: the promise itself may be among them.
    const record = this.#tables.promise(kref)
    // Kp3.
    assert(record.state === 'unresolved', `${kref} is settled twice`)
    const { onRejection: watch, ...unwatched } = record
    this.#tables.setPromise(kref, { ...unwatched, state, decider: 'kernel', queued: 0, subscribers: [] })
    if (watch !== undefined && state === 'rejected')
      this.#tables.rejections.add({ sequence: watch.sequence, onRejection: watch.policy, data })
    for (const subscriber of record.subscribers) {
      this.#queue.push(
        subscriber === 'kernel'
          ? { kind: 'react', promise: kref }
          : { kind: 'notify', vat: subscriber, promise: kref },
      )
    }
    this.#requeueWaiting(kref, record.queued)
  }

  /**
   * Waiting messages go to the front of the run-queue: a later message to the promise may be there already.
   * From now on the queue holds the references that the promise held.
   */
  #requeueWaiting(kref: PromiseKref, queued: number): void {
    const released: QueueItem[] = []
    assert(queued >= 0, 'a promise counts the messages that wait for it (Kp2)')
    for (let index = 0; index < queued; index += 1)
      released.push({ kind: 'send', target: kref, message: this.#tables.takeWaiting(kref, index) })
    this.#queue.pushFront(released)
  }
}

/** The object, if the data consists of a single object. */
export function soleObject({ body, slots }: CapData): ObjectKref | undefined {
  const [slot] = slots
  if (slots.length !== 1 || slot === undefined || !isObjectKref(slot)) return undefined
  return /^#"\$0(?:\.|")/.test(body) ? slot : undefined
}
