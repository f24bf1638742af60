/** Pins of the host, and when vats collect garbage. */
import type { ObjectKref } from '../../base/ids.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { PinView, VatView } from '../../protocol/kernel/views.ts'
import { refuse } from '../../protocol/codes.ts'
import type { CollectionSchedule } from '../../protocol/host/gcSchedule.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'
import type { CollectingCalls } from '../../protocol/machine/calls.ts'

export class Collecting implements CollectingCalls {
  readonly #read: KernelReader
  readonly #accept: (item: InboxItem) => number
  readonly #vat: (nameOrId: string) => VatView

  constructor(read: KernelReader, accept: (item: InboxItem) => number, vat: (nameOrId: string) => VatView) {
    this.#read = read
    this.#accept = accept
    this.#vat = vat
  }

  collectAll(): void {
    this.#accept({ kind: 'collectAll' })
  }

  setCollection(nameOrId: string, collection: CollectionSchedule): void {
    this.#accept({ kind: 'setCollection', vat: this.#vat(nameOrId).vat, collection })
  }

  pin(object: ObjectKref): void {
    if (!this.#read.hasObject(object))
      refuse('object/unknown', `the kernel has no object ${object}`, { object })
    this.#accept({ kind: 'pin', object })
  }

  unpin(object: ObjectKref): void {
    if (this.pins().some((pin) => pin.object === object)) this.#accept({ kind: 'unpin', object })
    else refuse('object/not-pinned', `${object} is not pinned`, { object })
  }

  pins(): readonly PinView[] {
    return this.#read.pins()
  }
}
