/**
 * Workers in memory, within a limit on their number and a budget of bytes.
 *
 * Rs1. The least recently used worker is evicted first. The most recently used always stays, however large: a
 *      vat larger than the whole budget runs, alone.
 * Rs2. The budget counts the memory of each worker's instance, the pages for comparing its changes, and the
 *      spare instances. Spares are evicted before any worker.
 * Rs3. Evictions affect only time and memory (W3).
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { Worker } from '../../engine/worker.ts'

/** Instances without a worker. */
export interface SpareInstances {
  readonly spareBytes: number
  dropSpares(): void
}

export interface ResidentLimits {
  /** Limit on workers in memory. */
  readonly workers: number
  /** Limit on the bytes of workers and spare instances. */
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
  /** In order of last use. */
  readonly #residents = new Map<VatId, Resident>()
  #workerBytes = 0

  /** `evicted` is called for each worker evicted for another. */
  constructor(limits: ResidentLimits, spares: SpareInstances, evicted: (vat: VatId) => void) {
    this.#limits = limits
    this.#spares = spares
    this.#evicted = evicted
  }

  get number(): number {
    return this.#residents.size
  }

  /** Total memory (Rs2). */
  get bytes(): number {
    return this.#workerBytes + this.#spares.spareBytes
  }

  get vats(): readonly VatId[] {
    return [...this.#residents.keys()]
  }

  /** The vat's worker, if it is in memory; marks it as the most recently used. */
  use(vat: VatId): Worker | undefined {
    const resident = this.#residents.get(vat)
    if (resident === undefined) return undefined
    this.#residents.delete(vat)
    this.#residents.set(vat, resident)
    assert(resident.bytes <= this.#workerBytes, 'the bytes of a resident are counted (Rs2)')
    return resident.worker
  }

  /** Adds a worker, as the most recently used, and makes room for it. */
  add(vat: VatId, worker: Worker): void {
    this.discard(vat)
    const resident = { worker, bytes: worker.memoryBytes }
    assert(resident.bytes > 0, 'a worker takes memory')
    this.#residents.set(vat, resident)
    this.#workerBytes += resident.bytes
    this.#makeRoom()
  }

  /** Remeasures the vat's worker, which may have grown. */
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
    this.take(vat)?.discard()
  }

  /** Removes the vat's worker, which the caller discards. */
  take(vat: VatId): Worker | undefined {
    const resident = this.#residents.get(vat)
    if (resident === undefined) return undefined
    this.#residents.delete(vat)
    this.#workerBytes -= resident.bytes
    assert(this.#workerBytes >= 0, 'the bytes of the residents are the sum of theirs (Rs2)')
    assert(this.#residents.size > 0 || this.#workerBytes === 0, 'no resident takes no bytes (Rs2)')
    return resident.worker
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
