/**
 * What the steps of a plan send through ports. On a fork no host takes it, and nothing comes back: this is
 * what a rehearsal cannot rehearse.
 */
import { toJson, type Json } from '../../api/jsonForm.ts'
import type { Controller } from '../../host/controller.ts'

/** An item that a vat has sent through a port. */
export interface SentItem {
  readonly port: string
  readonly number: number
  /** The step in whose block it was sent; null for the work that was left before the first one. */
  readonly step: string | null
  /** In JSON form. */
  readonly item: Json
}

/** What was sent in a run. */
export interface SentItems {
  /** The first ones. */
  readonly items: readonly SentItem[]
  /** How many there were besides. */
  readonly omitted: number
}

const maxItems = 1_000

export class PortWatch {
  readonly #controller: Controller
  /** The last number of each port that is known. */
  readonly #last = new Map<string, number>()
  readonly #items: SentItem[] = []
  #omitted = 0

  constructor(controller: Controller) {
    this.#controller = controller
  }

  get sent(): SentItems {
    return { items: this.#items, omitted: this.#omitted }
  }

  /** What was sent until now is not the plan's. */
  async begin(): Promise<void> {
    for (const port of await this.#controller.ports())
      this.#last.set(port, (await this.#controller.port(port).status()).lastNumber)
  }

  async afterBlock(step: string | null): Promise<void> {
    for (const name of await this.#controller.ports()) {
      const port = this.#controller.port(name)
      const before = this.#last.get(name) ?? 0
      const { lastNumber } = await port.status()
      this.#last.set(name, lastNumber)
      if (lastNumber === before) continue
      const limit = Math.min(maxItems - this.#items.length, lastNumber - before)
      const items = limit > 0 ? await port.receive({ after: before, limit }) : []
      this.#items.push(...items.map(({ number, item }) => ({ port: name, number, step, item: toJson(item) })))
      this.#omitted += lastNumber - before - items.length
    }
  }
}
