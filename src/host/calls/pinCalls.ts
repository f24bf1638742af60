/** Calls of a controller about garbage, and about objects that the host pins. */
import { assert } from '../../base/errors.ts'
import { checkRemote } from '../../api/checks.ts'
import { Remote } from '../../api/values.ts'
import type { Calling } from './calling.ts'
import { KernelCalls } from './kernelCalls.ts'
import type { Ask } from './port.ts'

export class PinCalls extends KernelCalls {
  readonly #ask: Ask

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
  }

  /** Asks every running vat to collect garbage in the next run. */
  async collectAll(): Promise<void> {
    return this.#ask('collectAll')
  }

  /** Pins the object until it is unpinned as often as it was pinned. */
  async pin(object: Remote): Promise<void> {
    return this.#ask('pin', checkRemote(object))
  }

  async unpin(object: Remote): Promise<void> {
    return this.#ask('unpin', checkRemote(object))
  }

  /** The pinned objects and their counts. */
  async pins(): Promise<readonly { readonly object: Remote; readonly pins: number }[]> {
    const pins = await this.#ask('pins')
    assert(pins.every(({ pins: count }) => count >= 1), 'an object is listed while it is pinned')
    return pins.map(({ object, pins: count }) => ({ object: new Remote(object), pins: count }))
  }
}
