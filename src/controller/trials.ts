/**
 * What the host asks that is made and undone, so that nothing changes: checks, signatures, salvages.
 * Each is made on a stage (`rehearsing.ts`).
 */
import type { BundleId, VatId } from '../base/ids.ts'
import type { KernelReader } from '../kernel/events.ts'
import type { CapData } from '../protocol/capdata.ts'
import type { Salvage } from '../protocol/salvage.ts'
import type { Signature, UpgradeCheck } from '../protocol/upgradeCheck.ts'
import type { CheckChoices, TrialCalls } from './calls.ts'
import type { Stage } from './rehearsing.ts'
import { salvage, salvagedFor } from './salvaging.ts'
import type { SalvageLimits } from './salvaging.ts'
import type { Tracer } from './trace.ts'
import { UpgradeChecks } from './upgradeChecks.ts'

/** What the machine knows. Each refuses with a code. */
export interface Lookups {
  /** That the machine takes work. */
  assertReady(): void
  /** That the kernel knows such requests. */
  assertKnown(needed: string): void
  /** A vat that has started and not ended. */
  alive(nameOrId: string): VatId
  /** A bundle for vats. */
  vatBundle(nameOrId: string): BundleId
}

const given = 'upgradeVat.salvage'

export class Trials implements TrialCalls {
  readonly #stage: Stage
  readonly #tracer: Tracer
  readonly #lookups: Lookups
  readonly #checks: UpgradeChecks

  constructor(stage: Stage, read: KernelReader, tracer: Tracer, lookups: Lookups) {
    this.#stage = stage
    this.#tracer = tracer
    this.#lookups = lookups
    this.#checks = new UpgradeChecks(stage, read)
  }

  checkUpgrade(nameOrId: string, bundle: string, parameters: CapData, choices: CheckChoices, found: Salvage | null): UpgradeCheck {
    this.#lookups.assertReady()
    const vat = this.#lookups.alive(nameOrId)
    if (found !== null) this.#lookups.assertKnown(given)
    if (choices.abandonKinds !== undefined) this.#lookups.assertKnown('upgradeVat.abandonKinds')
    return this.#checks.check({ vat, bundle: this.#lookups.vatBundle(bundle), parameters, ...choices, ...salvagedFor(vat, found, choices.mode, parameters) })
  }

  signature(bundle: string): Signature {
    this.#lookups.assertReady()
    return this.#checks.signature(this.#lookups.vatBundle(bundle))
  }

  salvage(nameOrId: string, bundle: string, limits: SalvageLimits): Salvage {
    this.#lookups.assertReady()
    this.#lookups.assertKnown(given)
    return salvage(this.#stage, this.#tracer, this.#lookups.alive(nameOrId), this.#lookups.vatBundle(bundle), limits)
  }
}
