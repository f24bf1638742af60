/**
 * Salvaging: a bundle of the host searches a copy of a vat's heap, and the host keeps the result.
 *
 * It runs in a sandbox (`sandbox.ts`), so that nothing of it remains. A failure is a refusal to the host,
 * with the code of what failed.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import type { SalvageOrder } from '../../protocol/kernel/kernel.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { UpgradeMode } from '../../protocol/host/inbox.ts'
import { deliveryLimits, memoryPageSize } from '../../protocol/limits.ts'
import { summaryOf, type Salvage, type Salvaged, type SalvageLimits } from '../../protocol/worker/salvage.ts'
import { inSandbox, type Sandbox } from './sandbox.ts'
import type { Stacks } from '../stacks/stacks.ts'
import { roundMs, type Tracer } from '../trace/trace.ts'

/** Outputs for people. */
interface Shown {
  readonly tracer: Tracer
  readonly stacks: Stacks
}

export function salvage(
  sandbox: Sandbox,
  { tracer, stacks }: Shown,
  vat: VatId,
  bundle: BundleId,
  { computrons, heapLimitBytes }: SalvageLimits,
): Salvage {
  const asked: SalvageOrder = {
    vat,
    bundle,
    computrons: computrons === null ? null : String(computrons),
    heapLimitPages: heapLimitBytes === null ? null : Math.floor(heapLimitBytes / memoryPageSize),
  }
  const began = performance.now()
  const report = inSandbox(sandbox, tracer, (kernel) => kernel.salvage(asked))
  const { incarnation, position } = report
  assert(report.computrons >= 0n, 'a salvage uses no negative computrons')
  const [outcome, message] = report.kind === 'salvaged' ? ['done', ''] : [report.code, report.message]
  if (tracer.tracing.salvage) {
    tracer.write({
      kind: 'salvage',
      vat,
      incarnation,
      position,
      bundle,
      outcome,
      message,
      computrons: String(report.computrons),
      ms: roundMs(performance.now() - began),
    })
  }
  if (report.kind === 'failed')
    return refuse(
      report.code,
      report.message,
      report.stack === ''
        ? { vat, bundle }
        : { vat, bundle, stack: stacks.readableSalvage(report.stack, report.message, bundle) },
    )
  const data = { body: report.data.body, slots: [...report.data.slots] }
  return { vat, incarnation, position, bundle, data, summary: summaryOf(data) }
}

/**
 * The salvage in request form: found in this very vat, for an upgrade that begins an incarnation, and within
 * the size limit.
 */
export function salvagedFor(
  vat: VatId,
  found: Salvage | null,
  mode: UpgradeMode | undefined,
  parameters: CapData,
): { readonly salvage?: Salvaged } {
  if (found === null) return {}
  const { bundle, incarnation, position, data } = found
  if (found.vat !== vat)
    refuse('api/bad-argument', `the data was salvaged from ${found.vat}, but ${vat} is being upgraded`, {
      argument: 'salvage',
    })
  if (mode !== undefined && mode !== 'durable')
    refuse(
      'salvage/only-durable',
      `an upgrade in the mode ${mode} may continue the incarnation, but salvaged data needs a new one`,
      { mode },
    )
  if (JSON.stringify([parameters, data]).length > deliveryLimits.written) {
    refuse(
      'value/too-large',
      `the parameters and the salvaged data have more than ${deliveryLimits.written} characters as JSON`,
    )
  }
  return { salvage: { bundle, incarnation, position, data } }
}
