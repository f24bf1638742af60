/** Who lost a promise by an upgrade that a step did, and who waits for another of the same vat. */
import { isRecord, isText } from '../../base/guards.ts'
import type { LostSubscriptions } from '../../protocol/machine/plans.ts'
import type { PlanStep, PlanValue } from '../../protocol/plan/plan.ts'
import type { Lookups } from '../lookups/lookups.ts'

/** `result`: that of the step, which has ended; nothing is left to run. */
export function lostSubscriptions(
  step: PlanStep,
  result: PlanValue,
  lookups: Lookups,
): readonly LostSubscriptions[] {
  return upgradesOf(step, result).flatMap(([vat, upgrade]) => {
    const lost = [...new Set(disconnectedFrom(upgrade))]
    if (lost.length === 0) return []
    const again = new Set(subscribers(vat, lookups))
    return [{ vat, lost, again: lost.filter((name) => again.has(name)) }]
  })
}

type Upgrade = readonly [vat: string, result: PlanValue]

function upgradesOf(step: PlanStep, result: PlanValue): readonly Upgrade[] {
  if (step.kind === 'vat') return [[step.vat, result]]
  if (step.kind !== 'together' || !Array.isArray(result)) return []
  return result.flatMap((each: PlanValue) => {
    const vat = isRecord(each) ? each['vat'] : undefined
    return isText(vat) ? [[vat, each] as const] : []
  })
}

/** The members of an `UpgradeResult`. */
function disconnectedFrom(upgrade: PlanValue): readonly string[] {
  const disconnected = isRecord(upgrade) ? upgrade['disconnected'] : undefined
  if (!Array.isArray(disconnected)) return []
  return disconnected.flatMap((each: PlanValue) =>
    isRecord(each) && Array.isArray(each['subscribers']) ? each['subscribers'].filter(isText) : [],
  )
}

function subscribers(name: string, { read }: Lookups): readonly string[] {
  const view = read.vatNamed(name)
  const found = view === undefined ? undefined : read.subscribersOf(view.vat)
  return (found ?? []).map((vat) => read.vat(vat)?.name ?? vat)
}
