/**
 * Costs of each vat in this process since it opened the store: for people, and not part of any state. Another
 * process starts from zero.
 */
import type { VatId } from '../base/ids.ts'
import type { DeliveryOutcome } from '../kernel/ports.ts'

/** A failed delivery of the vat's own fault. */
export interface VatFault {
  readonly crank: number
  /** The kind of failure: the worker's outcome. */
  readonly kind: Exclude<DeliveryOutcome['kind'], 'done'>
}

/** Costs of a vat since this process opened the store. */
export interface VatTally {
  readonly deliveries: number
  readonly computrons: bigint
  /** Time in the vat's worker and in the kernel's handling of its syscalls. */
  readonly milliseconds: number
  readonly lastFault: VatFault | null
}

const nothing: VatTally = { deliveries: 0, computrons: 0n, milliseconds: 0, lastFault: null }

export class Tallies {
  readonly #vats = new Map<VatId, VatTally>()

  count(
    vat: VatId,
    milliseconds: number,
    { kind, computrons }: Pick<DeliveryOutcome, 'kind'> & { readonly computrons: bigint },
    crank: number,
  ): void {
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

  /** Called when the vat terminated. */
  forget(vat: VatId): void {
    this.#vats.delete(vat)
  }
}
