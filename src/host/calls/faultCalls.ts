/** Calls of a controller about a kernel that failed. */
import { checkCount } from '../../api/checks.ts'
import type { KernelFaultView, SetAsideItem, WaitingItem } from '../../protocol/machine/faults.ts'
import type { Ask } from './port.ts'
import { WorkerCalls } from './workerCalls.ts'

/** Waiting items are read in pieces of this size. */
const itemsAtOnce = 1_000

export class FaultCalls extends WorkerCalls {
  readonly #call: Ask
  readonly #assertReady: () => void

  constructor(ask: Ask, call: Ask, assertReady: () => void) {
    super(ask, call, assertReady)
    this.#call = call
    this.#assertReady = assertReady
  }

  /** The fault of the kernel, while it lasts; undefined when there is none. */
  async fault(): Promise<KernelFaultView | undefined> {
    this.#assertReady()
    return (await this.#call('fault')) ?? undefined
  }

  /** The items that the kernel has not accepted yet, in order: those that wait while it is faulted. */
  async waitingItems(): Promise<readonly WaitingItem[]> {
    this.#assertReady()
    const items: WaitingItem[] = []
    for (;;) {
      const more = await this.#call('waitingItems', items.at(-1)?.sequence ?? 0, itemsAtOnce)
      items.push(...more)
      if (more.length < itemsAtOnce) return items
    }
  }

  /** The kernel does not get the waiting item with this number (the `sequence` of its handle). */
  async setAside(sequence: number): Promise<void> {
    this.#assertReady()
    return this.#call('setAside', checkCount(sequence, 'sequence'))
  }

  /** Puts an item that was set aside into the inbox again, at its end. Returns its new number. */
  async putBack(sequence: number): Promise<number> {
    this.#assertReady()
    return this.#call('putBack', checkCount(sequence, 'sequence'))
  }

  /** All items that were ever set aside, in order. */
  async setAsideItems(): Promise<readonly SetAsideItem[]> {
    this.#assertReady()
    return this.#call('setAsideItems')
  }
}
