/** The host's dry runs, whose effects are undone: checks, signatures, salvages. Each runs in a sandbox. */
import type { Lookups } from '../lookups/lookups.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { UpgradeChoices, UpgradeRequest } from '../../protocol/host/inbox.ts'
import type { Salvage, SalvageLimits } from '../../protocol/worker/salvage.ts'
import type { Signature, UpgradeCheck, UpgradeWarning } from '../../protocol/reports/upgradeCheck.ts'
import type { DryRunCalls } from '../../protocol/machine/calls.ts'
import type { Sandbox } from './sandbox.ts'
import { salvage, salvagedFor } from './salvaging.ts'
import { Sweeps } from './sweep/sweeping.ts'
import type { SweepPart, SweepPartChoices, SweepStart } from '../../protocol/reports/sweep.ts'
import type { Stacks } from '../stacks/stacks.ts'
import type { Tracer } from '../trace/trace.ts'
import { UpgradeChecks } from './upgradeChecks.ts'

/** Preconditions that the machine checks. */
interface Gate {
  /** Asserts that the machine takes work. */
  assertReady(): void
  /** Asserts that the kernel supports the request (Rq2). */
  assertSupported(request: UpgradeRequest): void
  /** Asserts that the kernel accepts salvaged data. */
  assertSalvages(): void
}

interface DryRunParts {
  readonly lookups: Lookups
  readonly tracer: Tracer
  readonly stacks: Stacks
}

export class DryRuns implements DryRunCalls {
  readonly #sandbox: Sandbox
  readonly #parts: DryRunParts
  readonly #gate: Gate
  readonly #checks: UpgradeChecks
  readonly #sweeps: Sweeps

  constructor(sandbox: Sandbox, parts: DryRunParts, gate: Gate) {
    this.#sandbox = sandbox
    this.#parts = parts
    this.#gate = gate
    this.#sweeps = new Sweeps(sandbox, parts.lookups)
    this.#checks = new UpgradeChecks(sandbox, parts.lookups.read)
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
      ? { ...check, reason: this.#parts.stacks.inRefusal(check.reason) }
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
    this.#gate.assertReady()
    const vat = this.#parts.lookups.alive(nameOrId)
    const request: UpgradeRequest = {
      kind: 'upgradeVat',
      vat,
      bundle: this.#parts.lookups.vatBundle(bundle),
      parameters,
      ...choices,
      ...salvagedFor(vat, found, choices.mode, parameters),
    }
    this.#gate.assertSupported(request)
    return request
  }

  signature(bundle: string, parameters: CapData, of: string | null): Signature {
    this.#gate.assertReady()
    const signature = this.#checks.signature(
      this.#parts.lookups.vatBundle(bundle),
      of === null ? parameters : this.#checks.parametersOf(this.#parts.lookups.alive(of)),
    )
    return signature.kind === 'unknown'
      ? { ...signature, why: this.#parts.stacks.inRefusal(signature.why) }
      : signature
  }

  salvage(nameOrId: string, bundle: string, limits: SalvageLimits): Salvage {
    this.#gate.assertReady()
    this.#gate.assertSalvages()
    return salvage(
      this.#sandbox,
      this.#parts,
      this.#parts.lookups.alive(nameOrId),
      this.#parts.lookups.vatBundle(bundle),
      limits,
    )
  }

  beginSweep(nameOrId: string): SweepStart {
    this.#gate.assertReady()
    return this.#sweeps.begin(this.#parts.lookups.alive(nameOrId))
  }

  sweepPart(nameOrId: string, choices: SweepPartChoices): SweepPart {
    this.#gate.assertReady()
    return this.#sweeps.part(this.#parts.lookups.alive(nameOrId), choices)
  }
}
