/**
 * Meters: a budget of computrons for one vat or several. `docs/metering.md` describes what is charged.
 *
 * ```ts
 * import { E, Far } from 'heirloom/vat'
 * import type { VatAdmin } from 'heirloom/vat'
 *
 * export const buildRootObject = () =>
 *   Far('maker', {
 *     async hire(vatAdmin: VatAdmin, bundle: string) {
 *       const meter = await E(vatAdmin).createMeter(1_000_000_000n, 100_000_000n)
 *       const { root } = await E(vatAdmin).createVat(bundle, { meter })
 *       void E(meter).notify().then(() => E(meter).addRemaining(1_000_000_000n))
 *       return root
 *     },
 *   })
 * ```
 */
import type { Notifier } from './timer.ts'

/** The state of a meter. */
export interface MeterReading {
  /** Computrons; `'unlimited'` on a meter that is never charged. */
  readonly remaining: bigint | 'unlimited'
  /** Below this, `notify` resolves. */
  readonly threshold: bigint
}

/** A budget that vats are charged to. */
export interface Meter {
  addRemaining(computrons: bigint): void
  setThreshold(computrons: bigint): void
  get(): MeterReading
  /** Resolves to the remainder, once it is below the threshold. */
  notify(): bigint
  /** A notifier that updates each time the remainder falls below the threshold. */
  getNotifier(): Notifier<bigint>
}
