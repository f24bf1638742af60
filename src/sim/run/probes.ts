/**
 * Probes: what the host may try beside a run, at any time, that must change nothing: checking an upgrade,
 * searching a copy of a heap, preparing a replay.
 *
 * Pb1. No block and no heap depends on which probes are made, or when.
 */
import { CodedError } from '../../base/errors.ts'
import type { EngineCache } from '../../machine/engines/engines.ts'
import type { Machine } from '../../machine/machine.ts'
import { carryOut } from '../../machine/replay/prepareReplay.ts'
import { encodeValue } from '../../api/values.ts'
import type { UpgradeMode } from '../../protocol/host/inbox.ts'

export type Probe =
  | {
      readonly kind: 'check'
      readonly vat: string
      readonly bundle: string
      readonly mode: UpgradeMode
      /** At most so many cranks; 0: none. */
      readonly drain: number
    }
  | { readonly kind: 'salvage'; readonly vat: string; readonly bundle: string }
  | {
      readonly kind: 'prepare'
      readonly vat: string
      /** Null: the vat's own. */
      readonly bundle: string | null
      readonly worker: string | null
    }

/** Codes of probes that are impossible. `store/pruned`: a replay of entries that an import left out. */
const impossibleCodes: ReadonlySet<string> = new Set([
  'vat/unknown',
  'vat/not-started',
  'vat/terminated',
  'prepare/not-committed',
  'store/pruned',
  'worker/unknown',
  'kernel/faulted',
])

/** Makes the probe. `impossible`: there is no such vat, or it has not reached the required state. */
export function tryProbe(
  machine: Machine,
  cache: EngineCache,
  bundles: readonly string[],
  probe: Probe,
): 'done' | 'impossible' {
  try {
    act(machine, cache, bundles, probe)
    return 'done'
  } catch (error) {
    if (!(error instanceof CodedError) || !(impossibleCodes.has(error.code) || endsInDrain(error)))
      throw error
    return 'impossible'
  }
}

/** The drain of a check may pause the kernel or end the vat before the upgrade. */
const endsInDrain = ({ code, detail }: CodedError): boolean =>
  code === 'upgrade/check-failed' && (detail['cause'] === 'paused' || detail['cause'] === 'ended')

function act(
  { dryRuns, preparations }: Machine,
  cache: EngineCache,
  bundles: readonly string[],
  probe: Probe,
): void {
  const { vat } = probe
  switch (probe.kind) {
    case 'check': {
      const parameters = encodeValue(
        probe.mode === 'replay' ? undefined : { name: vat, mode: 'good', bundles, tag: 'aside' },
      )
      return void dryRuns.checkUpgrade(
        vat,
        probe.bundle,
        parameters,
        {
          upgradeMessage: 'aside',
          mode: probe.mode,
          ...(probe.drain === 0 ? {} : { drain: { maxCranks: probe.drain } }),
        },
        null,
      )
    }
    case 'salvage':
      return void dryRuns.salvage(vat, probe.bundle, { computrons: null, heapLimitBytes: null })
    case 'prepare': {
      const plan = preparations.beginPreparation(vat, probe.bundle, probe.worker)
      if (plan.kind === 'replay')
        preparations.keepPreparation(plan.order.number, carryOut(plan.order, cache).prepared, 0)
    }
  }
}
