/**
 * What the host reads of ports, time and status: from the kernel's tables, or, while these are migrated, as
 * it was in the block before the upgrade (Mib1). Meanwhile the kernel sends nothing and accepts nothing.
 */
import { assert } from '../../base/errors.ts'
import type { PortView, SentView } from '../../protocol/host/port.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { Store } from '../../store/store.ts'
import type { AdaptedKernel } from '../kernel/adapters/adapted.ts'
import type { LastView, Migration } from './migration.ts'

export class HostViews {
  readonly #outbox: Store['outbox']
  readonly #migration: Migration
  readonly #read: KernelReader

  constructor(outbox: Store['outbox'], migration: Migration, read: KernelReader) {
    this.#outbox = outbox
    this.#migration = migration
    this.#read = read
  }

  get isMigrating(): boolean {
    return this.#migration.view !== null
  }

  ports(): readonly PortView[] {
    return this.#migration.last?.ports ?? this.#read.ports()
  }

  port(name: string): PortView | undefined {
    const { last } = this.#migration
    return last === null ? this.#read.port(name) : last.ports.find((port) => port.name === name)
  }

  /** The items of the port after this number that are not acknowledged, in order, at most `limit` of them. */
  sent(name: string, after: number, limit: number): readonly SentView[] {
    const { last } = this.#migration
    return last === null ? this.#read.sent(name, after, limit) : this.#kept(name, after).slice(0, limit)
  }

  now(): bigint {
    const { last } = this.#migration
    return last === null ? this.#read.now() : BigInt(last.now)
  }

  bootstrap(): number | null {
    const { last } = this.#migration
    return last === null ? (this.#read.bootstrap() ?? null) : last.bootstrap
  }

  status(): LastView['status'] {
    return this.#migration.last?.status ?? statusOf(this.#read)
  }

  /** The outbox keeps exactly the items that are not acknowledged: the last one has the number `sent`. */
  #kept(name: string, after: number): readonly SentView[] {
    const port = this.port(name)
    assert(port !== undefined, 'items are read of a port that is there')
    const kept = this.#outbox.kept().filter(([, of]) => of === name)
    assert(kept.length === port.sent - port.acknowledged, 'the outbox keeps what is not acknowledged')
    return kept
      .map(([sequence], index) => ({ number: port.acknowledged + 1 + index, sequence }))
      .filter(({ number }) => number > after)
  }
}

/** The view of now, for while the tables cannot be read. */
export const lastViewOf = ({ read, level }: Pick<AdaptedKernel, 'read' | 'level'>): LastView => ({
  level,
  ports: read.ports(),
  now: String(read.now()),
  bootstrap: read.bootstrap() ?? null,
  status: statusOf(read),
})

const statusOf = (read: KernelReader): LastView['status'] => ({
  queued: read.queueLength(),
  vats: read.vats().length,
  workers: read.workers(),
  paused: read.paused() ?? null,
  cleanups: read.cleanups(),
})
