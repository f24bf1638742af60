/** Promises that a plan ends: of each upgrade which ones, and who waited for them. */
import { isCount, isRecord } from '../base/guards.ts'
import type { PlanStepReport } from '../protocol/machine/plans.ts'
import type { Plan, PlanStep } from '../protocol/plan/plan.ts'

/** A promise that ended with an incarnation. */
export interface LostPromise {
  readonly step: string
  readonly vat: string
  /** By the name of the vat for it. */
  readonly promise: string
  /** Vats that are told, and how many more. */
  readonly subscribers: readonly string[]
  /** Those of them that wait for a promise of the vat again when the step is over. */
  readonly again: readonly string[]
  readonly others: number
  /** Messages that waited for it. */
  readonly waiting: number
}

/** As far as the results of the upgrades list them. */
export function lostPromises(plan: Plan, reports: readonly PlanStepReport[]): readonly LostPromise[] {
  const steps = new Map(plan.steps.map((step) => [step.name, step]))
  return reports.flatMap(({ name, result, subscriptions }) =>
    upgradesOf(steps.get(name), result).flatMap(([vat, upgrade]) => {
      const waiting = subscriptions.find((each) => each.vat === vat)?.again ?? []
      return lossesOf(upgrade).map((loss) => ({
        step: name,
        vat,
        ...loss,
        again: loss.subscribers.filter((subscriber) => waiting.includes(subscriber)),
      }))
    }),
  )
}

/** The results of the upgrades of a step, by vat. */
function upgradesOf(step: PlanStep | undefined, result: unknown): readonly (readonly [string, unknown])[] {
  if (step?.kind === 'vat') return [[step.vat, result]]
  if (step?.kind !== 'together' || !Array.isArray(result)) return []
  // Those that were upgraded already have no result.
  const isWhole = result.length === step.upgrades.length
  return result.map((each: unknown, index) => [isWhole ? (step.upgrades[index]?.vat ?? '') : '', each])
}

function lossesOf(upgrade: unknown): readonly Omit<LostPromise, 'step' | 'vat' | 'again'>[] {
  const lost: unknown = isRecord(upgrade) ? upgrade['disconnected'] : undefined
  if (!Array.isArray(lost)) return []
  return lost.filter(isRecord).map((each: Readonly<Record<string, unknown>>) => ({
    promise: String(each['promise']),
    subscribers: Array.isArray(each['subscribers']) ? each['subscribers'].map(String) : [],
    others: countOf(each['others']),
    waiting: countOf(each['waiting']),
  }))
}

const countOf = (value: unknown): number => (isCount(value) ? value : 0)
