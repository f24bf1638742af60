/**
 * What each vat has cost this process since it opened the store: for people, and part of no state. Another process
 * that opens the store begins at nothing.
 */
import type { VatId } from '../base/ids.ts'
import type { DeliveryOutcome } from '../kernel/ports.ts'

/** A delivery that the vat made fail. */
export interface VatFault {
  readonly crank: number
  /** What kind of failure it was: the outcome of the worker. */
  readonly kind: Exclude<DeliveryOutcome['kind'], 'done'>
}

/** What a vat has cost since this process opened the store. */
export interface VatTally {
  readonly deliveries: number
  readonly computrons: bigint
  /** Time in the vat's worker and in what its syscalls asked of the kernel. */
  readonly milliseconds: number
  readonly lastFault: VatFault | null
}

const nothing: VatTally = { deliveries: 0, computrons: 0n, milliseconds: 0, lastFault: null }

export class Tallies {
  readonly #vats = new Map<VatId, VatTally>()

  count(vat: VatId, milliseconds: number, { kind, computrons }: Pick<DeliveryOutcome, 'kind'> & { readonly computrons: bigint }, crank: number): void {
    const before = this.of(vat)
    this.#vats.set(vat, {
      deliveries: before.deliveries + 1,
      computrons: before.computrons + computrons,
      milliseconds: before.milliseconds + milliseconds,
      lastFault: kind === 'done' ? before.lastFault : { crank, kind },
    })
  }

  of(vat: VatId): VatTally {
    return this.#vats.get(vat) ?? nothing
  }

  /** The vat has ended. */
  forget(vat: VatId): void {
    this.#vats.delete(vat)
  }
}
