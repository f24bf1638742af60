/**
 * Workers in memory, within a number and a budget of bytes.
 *
 * Rs1. The least recently used goes first. The most recently used always stays, however large it is: a vat larger
 *      than the whole budget runs, alone.
 * Rs2. Counted are the memory of each worker's instance, the pages that its changes are compared with, and the
 *      instances that are kept for the next worker. Those go before any worker does.
 * Rs3. What is evicted, and when, has no effect on anything but time and memory (W3).
 */
import type { VatId } from '../base/ids.ts'
import type { Worker } from '../engine/worker.ts'

/** Instances that no worker has at the moment. */
export interface SpareInstances {
  readonly spareBytes: number
  dropSpares(): void
}

export interface ResidentLimits {
  /** The most workers in memory. */
  readonly workers: number
  /** The most bytes that they and the spare instances take. */
  readonly bytes: number
}

interface Resident {
  readonly worker: Worker
  bytes: number
}

export class Residents {
  readonly #limits: ResidentLimits
  readonly #spares: SpareInstances
  readonly #evicted: (vat: VatId) => void
  /** In the order of their last use. */
  readonly #residents = new Map<VatId, Resident>()
  #workerBytes = 0

  /** `evicted` is told of each worker that had to go for another. */
  constructor(limits: ResidentLimits, spares: SpareInstances, evicted: (vat: VatId) => void) {
    this.#limits = limits
    this.#spares = spares
    this.#evicted = evicted
  }

  get number(): number {
    return this.#residents.size
  }

  /** What all of it takes (Rs2). */
  get bytes(): number {
    return this.#workerBytes + this.#spares.spareBytes
  }

  get vats(): readonly VatId[] {
    return [...this.#residents.keys()]
  }

  /** The worker of the vat, if it is in memory; it is the most recently used then. */
  use(vat: VatId): Worker | undefined {
    const resident = this.#residents.get(vat)
    if (resident === undefined) return undefined
    this.#residents.delete(vat)
    this.#residents.set(vat, resident)
    return resident.worker
  }

  /** Takes in a worker, as the most recently used, and makes room for it. */
  add(vat: VatId, worker: Worker): void {
    this.discard(vat)
    const resident = { worker, bytes: worker.memoryBytes }
    this.#residents.set(vat, resident)
    this.#workerBytes += resident.bytes
    this.#makeRoom()
  }

  /** The worker of the vat has done something, and may have grown. */
  measure(vat: VatId): void {
    const resident = this.#residents.get(vat)
    if (resident === undefined) return
    const bytes = resident.worker.memoryBytes
    if (bytes === resident.bytes) return
    this.#workerBytes += bytes - resident.bytes
    resident.bytes = bytes
    this.#makeRoom()
  }

  discard(vat: VatId): void {
    const resident = this.#residents.get(vat)
    if (resident === undefined) return
    this.#residents.delete(vat)
    this.#workerBytes -= resident.bytes
    resident.worker.discard()
  }

  /** Rs1, Rs2. */
  #makeRoom(): void {
    for (const oldest of this.#residents.keys()) {
      if (this.bytes > this.#limits.bytes) this.#spares.dropSpares()
      if (this.#residents.size <= this.#limits.workers && this.bytes <= this.#limits.bytes) return
      if (this.#residents.size === 1) return
      this.discard(oldest)
      this.#evicted(oldest)
    }
  }
}
