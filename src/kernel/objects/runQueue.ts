/** The run-queue: pending items, in order. Messages in it hold their references (Rk1, Rk2). */
import { assert } from '../../base/errors.ts'
import { isObjectKref, type Kref } from '../../base/ids.ts'
import type { References } from './references.ts'
import type { Message, QueueItem, UpgradeItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

export class RunQueue {
  readonly #tables: Tables
  readonly #references: References

  constructor(tables: Tables, references: References) {
    this.#tables = tables
    this.#references = references
  }

  get length(): number {
    const { head, tail } = this.#tables.queueEnds()
    assert(tail >= head, 'the run-queue ends after its beginning')
    return tail - head
  }

  push(item: QueueItem): void {
    this.#addReferences(item)
    const { head, tail } = this.#tables.queueEnds()
    this.#tables.setQueueItem(tail, item)
    this.#tables.setQueueEnds(head, tail + 1)
  }

  send(target: Kref, message: Message): void {
    this.push({ kind: 'send', target, message })
  }

  /**
   * Takes the first item, if any. Its references stay held until the caller has stored them elsewhere: see
   * `release`.
   */
  take(): QueueItem | undefined {
    const { head, tail } = this.#tables.queueEnds()
    assert(tail >= head, 'the run-queue ends after its beginning')
    if (head === tail) return undefined
    const item = this.#tables.takeQueueItem(head)
    this.#tables.setQueueEnds(head + 1, tail)
    return item
  }

  /** Puts items whose references were held throughout before all others, in order. */
  pushFront(items: readonly QueueItem[]): void {
    const { head, tail } = this.#tables.queueEnds()
    const newHead = head - items.length
    items.forEach((item, index) => this.#tables.setQueueItem(newHead + index, item))
    assert(newHead <= tail, 'the run-queue ends after its beginning')
    this.#tables.setQueueEnds(newHead, tail)
  }

  /** Puts an item whose references were not held before all others. */
  pushFirst(item: QueueItem): void {
    this.#addReferences(item)
    this.pushFront([item])
  }

  #addReferences(item: QueueItem): void {
    for (const kref of referencesOf(item)) this.#references.add(kref)
  }

  releaseReferences(item: QueueItem): void {
    for (const kref of referencesOf(item)) this.#references.remove(kref)
  }
}

function referencesOf(item: QueueItem): Kref[] {
  switch (item.kind) {
    case 'send':
      return [item.target, ...messageReferences(item.message)]
    case 'notify':
    case 'react':
      return [item.promise]
    case 'ended':
      return [item.adminNode]
    case 'receive':
    case 'wakeups':
    case 'collect':
    case 'release':
    case 'rollout':
      return []
    case 'upgradeWorker':
      return [item.result]
    case 'start':
      return [item.result, ...(item.parameters.slots as Kref[])]
    case 'upgrade':
      return [item.result, ...(item.parameters.slots as Kref[]), ...salvagedObjects(item)]
  }
}

/** The vat's own objects are held by the vat alone. */
export const salvagedObjects = ({ salvage }: UpgradeItem): readonly Kref[] =>
  salvage?.data.slots.filter(isObjectKref) ?? []

export function messageReferences({ methargs, result }: Message): Kref[] {
  const slots = methargs.slots as Kref[]
  return result === null ? [...slots] : [...slots, result]
}
