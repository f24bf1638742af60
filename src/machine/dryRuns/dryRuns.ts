/**
 * Trial calls of the host, whose effects are undone: checks, signatures, salvages. Each runs on a stage
 * (`rehearsing.ts`).
 */
import type { BundleId, VatId } from '../../base/ids.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { CapData } from '../../protocol/capdata.ts'
import {
  drainedCheck,
  neededFor,
  type UpgradeChoices,
  type UpgradeRequest,
} from '../../protocol/host/inbox.ts'
import type { Salvage, SalvageLimits } from '../../protocol/worker/salvage.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../../protocol/reports/upgradeCheck.ts'
import type { TrialCalls } from '../../protocol/machine/calls.ts'
import type { Stage } from './sandbox.ts'
import { salvage, salvagedFor } from './salvaging.ts'
import type { Stacks } from '../stacks/stacks.ts'
import type { Tracer } from '../trace/trace.ts'
import { UpgradeChecks } from './upgradeChecks.ts'

/** Lookups of the machine. Each refuses with a code. */
export interface Lookups {
  /** Asserts that the machine takes work. */
  assertReady(): void
  /** Asserts that the kernel knows all of these (`neededFor`). */
  assertKnown(needed: readonly string[]): void
  /** A vat that has started and not terminated. */
  alive(nameOrId: string): VatId
  /** A bundle for vats. */
  vatBundle(nameOrId: string): BundleId
  readonly stacks: Stacks
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

  checkUpgrade(
    nameOrId: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    found: Salvage | null,
  ): UpgradeCheck {
    const check = this.#checks.check(this.#request(nameOrId, bundle, parameters, choices, found))
    return check.kind === 'refused'
      ? { ...check, reason: this.#lookups.stacks.inRefusal(check.reason) }
      : check
  }

  upgradeWarnings(
    nameOrId: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    found: Salvage | null,
  ): readonly UpgradeWarning[] {
    return this.#checks.warnings(this.#request(nameOrId, bundle, parameters, choices, found))
  }

  /** The request in the upgrade's form. */
  #request(
    nameOrId: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    found: Salvage | null,
  ): UpgradeRequest {
    this.#lookups.assertReady()
    const vat = this.#lookups.alive(nameOrId)
    const request: UpgradeRequest = {
      kind: 'upgradeVat',
      vat,
      bundle: this.#lookups.vatBundle(bundle),
      parameters,
      ...choices,
      ...salvagedFor(vat, found, choices.mode, parameters),
    }
    this.#lookups.assertKnown([...neededFor(request), ...(choices.drain === undefined ? [] : [drainedCheck])])
    return request
  }

  signature(bundle: string, parameters: CapData, of: string | null): Signature {
    this.#lookups.assertReady()
    const signature = this.#checks.signature(
      this.#lookups.vatBundle(bundle),
      of === null ? parameters : this.#checks.parametersOf(this.#lookups.alive(of)),
    )
    return signature.kind === 'unknown'
      ? { ...signature, why: this.#lookups.stacks.inRefusal(signature.why) }
      : signature
  }

  salvage(nameOrId: string, bundle: string, limits: SalvageLimits): Salvage {
    this.#lookups.assertReady()
    this.#lookups.assertKnown([given])
    return salvage(
      this.#stage,
      { tracer: this.#tracer, stacks: this.#lookups.stacks },
      this.#lookups.alive(nameOrId),
      this.#lookups.vatBundle(bundle),
      limits,
    )
  }
}
