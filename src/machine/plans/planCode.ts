/** What the names of code in a plan stand for: a label can be given to other code later. */
import { CodedError } from '../../base/errors.ts'
import type { PlanCode, PlanDifference } from '../../protocol/machine/plans.ts'
import type { Plan, PlanStep } from '../../protocol/plan/plan.ts'
import type { Lookups } from '../lookups/lookups.ts'

export function planCode({ expects, steps }: Plan, lookups: Lookups): PlanCode {
  const bundles = [...(expects.bundles ?? []), ...steps.flatMap(bundlesOf)]
  const workers = [...(expects.workers ?? []), ...steps.flatMap(workersOf)]
  return {
    bundles: found(bundles, (name) => lookups.vatBundle(name)),
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
    default:
      return []
  }
}

const ofUpgrade = ({ bundle, salvage }: { bundle: string; salvage?: string }): readonly string[] =>
  salvage === undefined ? [bundle] : [bundle, salvage]

const workersOf = (step: PlanStep): readonly string[] =>
  step.kind === 'worker' || step.kind === 'retire' ? [step.worker] : []
