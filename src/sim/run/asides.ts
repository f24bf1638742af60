/**
 * Asides: what the host may try beside a world, at any time, that must change nothing in it: to check an
 * upgrade,
 * to look through a copy of a vat's heap, to prepare a replay.
 *
 * As1. They are weather: which are made, and when, no block and no heap tells.
 */
import { CodedError } from '../../base/errors.ts'
import type { EngineCache } from '../../machine/engines/engines.ts'
import type { Machine } from '../../machine/machine.ts'
import { carryOut } from '../../machine/replay/prepareReplay.ts'
import { encodeValue } from '../../api/values.ts'
import type { UpgradeMode } from '../../protocol/host/inbox.ts'

export type Aside =
  | {
      readonly kind: 'check'
      readonly vat: string
      readonly bundle: string
      readonly mode: UpgradeMode
      /** Cranks at most; 0 is not at all. */ readonly drain: number
    }
  | { readonly kind: 'salvage'; readonly vat: string; readonly bundle: string }
  | { readonly kind: 'prepare'; readonly vat: string; readonly bundle: string }

/** Why there may be nothing to try. `store/pruned`: a replay of what an import left out. */
const nothingToTry: ReadonlySet<string> = new Set([
  'vat/unknown',
  'vat/not-started',
  'vat/terminated',
  'prepare/not-committed',
  'store/pruned',
])

/** `impossible`: there is no such vat, or it is not far enough. */
export function tryAside(
  machine: Machine,
  cache: EngineCache,
  bundles: readonly string[],
  aside: Aside,
): 'done' | 'impossible' {
  try {
    act(machine, cache, bundles, aside)
    return 'done'
  } catch (error) {
    if (!(error instanceof CodedError) || !(nothingToTry.has(error.code) || isCutShort(error))) throw error
    return 'impossible'
  }
}

/** The drain of a check comes to no upgrade: the kernel is paused in it, or the vat ends. */
const isCutShort = ({ code, detail }: CodedError): boolean =>
  code === 'upgrade/check-failed' && (detail['cause'] === 'paused' || detail['cause'] === 'ended')

function act(
  { dryRuns: trials, preparations }: Machine,
  cache: EngineCache,
  bundles: readonly string[],
  aside: Aside,
): void {
  const { kind, vat, bundle } = aside
  switch (kind) {
    case 'check': {
      const parameters = encodeValue(
        aside.mode === 'replay' ? undefined : { name: vat, mode: 'good', bundles, tag: 'aside' },
      )
      return void trials.checkUpgrade(
        vat,
        bundle,
        parameters,
        {
          upgradeMessage: 'aside',
          mode: aside.mode,
          ...(aside.drain === 0 ? {} : { drain: { maxCranks: aside.drain } }),
        },
        null,
      )
    }
    case 'salvage':
      return void trials.salvage(vat, bundle, { computrons: null, heapLimitBytes: null })
    case 'prepare': {
      const plan = preparations.beginPreparation(vat, bundle)
      if (plan.kind === 'replay')
        preparations.keepPreparation(plan.order.number, carryOut(plan.order, cache).prepared, 0)
    }
  }
}
