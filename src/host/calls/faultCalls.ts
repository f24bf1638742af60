/** Calls of a controller about a kernel that failed. */
import { checkCount } from '../../api/checks.ts'
import type { FaultEvent, KernelFaultView, SetAsideItem, WaitingItem } from '../../protocol/machine/faults.ts'
import { inPieces, type Calling } from './calling.ts'
import type { Ask } from './port.ts'
import { WorkerCalls } from './workerCalls.ts'

export class FaultCalls extends WorkerCalls {
  readonly #ask: Ask

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
  }

  /** The fault of the kernel, while it lasts; undefined when there is none. */
  async fault(): Promise<KernelFaultView | undefined> {
    return (await this.#ask('fault')) ?? undefined
  }

  /** The items that the kernel has not accepted yet, in order: those that wait while it is faulted. */
  async waitingItems(): Promise<readonly WaitingItem[]> {
    return inPieces((items, atMost) => this.#ask('waitingItems', items.at(-1)?.sequence ?? 0, atMost))
  }

  /** The kernel does not get the waiting item with this number (the `sequence` of its handle). */
  async setAside(sequence: number): Promise<void> {
    return this.#ask('setAside', checkCount(sequence, 'sequence'))
  }

  /** Puts an item that was set aside into the inbox again, at its end. Returns its new number. */
  async putBack(sequence: number): Promise<number> {
    return this.#ask('putBack', checkCount(sequence, 'sequence'))
  }

  /** Faults of the kernel and what was done about them, oldest first. Local faults are not recorded. */
  async faultHistory(): Promise<readonly FaultEvent[]> {
    return this.#ask('faultHistory')
  }

  /** All items that were ever set aside, in order. */
  async setAsideItems(): Promise<readonly SetAsideItem[]> {
    return this.#ask('setAsideItems')
  }
}
