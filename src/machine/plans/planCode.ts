/** What the names of code in a plan stand for: a label can be given to other code later. */
import type { BundleId } from '../../base/ids.ts'
import { CodedError } from '../../base/errors.ts'
import type { PlanCode, PlanDifference } from '../../protocol/machine/plans.ts'
import type { Plan, PlanStep } from '../../protocol/plan/plan.ts'
import type { Lookups } from '../lookups/lookups.ts'

export function planCode({ expects, steps }: Plan, lookups: Lookups): PlanCode {
  const bundles = [...(expects.bundles ?? []), ...steps.flatMap(bundlesOf)]
  const workers = [...(expects.workers ?? []), ...steps.flatMap(workersOf)]
  return {
    bundles: found(bundles, (name) => lookups.bundle(name)),
    workers: found(workers, (name) => lookups.worker(name).id),
  }
}

/** Names that stand for other code than they did, or for none. */
export function differencesOfCode(certified: PlanCode, now: PlanCode): readonly PlanDifference[] {
  return (['bundles', 'workers'] as const).flatMap((of) =>
    Object.entries(certified[of])
      .filter(([name, id]) => now[of][name] !== id)
      .map(([name, id]) => ({ subject: `${of} (${name})`, expected: id, found: now[of][name] ?? 'none' })),
  )
}

/** The first of the steps that needs the bundle; null if none does. To retire it does not need it. */
export function stepNeeding(
  steps: readonly PlanStep[],
  bundle: BundleId,
  lookups: Lookups,
): string | null {
  const needs = (step: PlanStep): boolean =>
    step.kind !== 'retire' && Object.values(found(bundlesOf(step), (name) => lookups.bundle(name))).includes(bundle)
  return steps.find(needs)?.name ?? null
}

function found<Id>(names: readonly string[], find: (name: string) => Id): Record<string, Id> {
  const ids = new Map<string, Id>()
  for (const name of names) {
    try {
      ids.set(name, find(name))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }
  }
  return Object.fromEntries(ids)
}

/** Salvage bundles and functions included. */
function bundlesOf(step: PlanStep): readonly string[] {
  switch (step.kind) {
    case 'vat':
      return ofUpgrade(step)
    case 'together':
      return step.upgrades.flatMap(ofUpgrade)
    case 'evaluate':
    case 'create':
      return [step.bundle]
    case 'retire':
      return step.bundle === undefined ? [] : [step.bundle]
    default:
      return []
  }
}

const ofUpgrade = ({ bundle, salvage }: { bundle: string; salvage?: string }): readonly string[] =>
  salvage === undefined ? [bundle] : [bundle, salvage]

const workersOf = (step: PlanStep): readonly string[] =>
  (step.kind === 'worker' || step.kind === 'retire') && step.worker !== undefined ? [step.worker] : []
