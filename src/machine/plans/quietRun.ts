/** Runs cranks until nothing is left to run, or a budget is used up. */
import type { CrankCleaning, KernelReport } from '../../protocol/kernel/events.ts'
import type { PlanBudget } from '../../protocol/plan/plan.ts'
import type { Lookups } from '../lookups/lookups.ts'
import type { StepProgress } from './planRows.ts'

/** Why cranks ended: nothing is left; the block is full; the budget is used up; the kernel is paused. */
export type Quiet = 'idle' | 'full' | 'budget' | 'paused'

export interface QuietParts {
  readonly lookups: Lookups
  readonly crank: (cleaning: CrankCleaning) => KernelReport
}

/** `most`: cranks that the block still has room for. */
export function runUntilQuiet(
  { lookups, crank }: QuietParts,
  began: StepProgress,
  budget: PlanBudget,
  most: number,
): { readonly quiet: Quiet; readonly progress: StepProgress } {
  let { cranks } = began
  let computrons = BigInt(began.computrons)
  const ended = (quiet: Quiet): { readonly quiet: Quiet; readonly progress: StepProgress } => ({
    quiet,
    progress: { ...began, cranks, computrons: String(computrons) },
  })
  const limit = budget.computrons === null ? null : BigInt(budget.computrons)
  for (;;) {
    if (cranks - began.cranks >= most) return ended('full')
    // A budget that is used up just when nothing is left was enough.
    if (cranks >= budget.cranks || (limit !== null && computrons >= limit))
      return ended(lookups.read.queueLength() === 0 ? 'idle' : 'budget')
    const report = crank('do')
    if (report.kind === 'paused') return ended('paused')
    if (report.kind !== 'cranked') return ended('idle')
    cranks += 1
    computrons += report.computrons
  }
}
