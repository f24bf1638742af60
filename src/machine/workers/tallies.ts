/**
 * Costs of each vat in this process since it opened the store: for people, and not part of any state. Another
 * process starts from zero.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { DeliveryOutcome } from '../../protocol/kernel/platform.ts'
import type { VatTally } from '../../protocol/machine/stats.ts'

const nothing: VatTally = { deliveries: 0, computrons: 0n, milliseconds: 0, lastFault: null }

export class Tallies {
  readonly #vats = new Map<VatId, VatTally>()

  count(
    vat: VatId,
    milliseconds: number,
    { kind, computrons }: Pick<DeliveryOutcome, 'kind'> & { readonly computrons: bigint },
    crank: number,
  ): void {
    assert(milliseconds >= 0 && computrons >= 0n, 'costs of a delivery are counted from 0')
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
