/** What a process that runs a plan on a fork is started with, and the lines that it writes. */
import type { Hash } from '../../base/ids.ts'
import type { PlanView } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import type { VatFigure } from '../during/vatFigures.ts'

/** How a plan ended. */
export interface PlanEnd {
  readonly state: PlanView['state']
  readonly reports: PlanView['reports']
  readonly figures: readonly VatFigure[]
  /** The activity hash. */
  readonly end: Hash
}

/** The content of the file that the process reads. */
export interface LifeOrder {
  readonly directory: string
  readonly plan: Plan
  readonly trust: readonly string[]
  /** `hold`: after each block the process waits to be killed. `go-on`: it runs until the plan is over. */
  readonly afterBlock: 'hold' | 'go-on'
}

/** One line of JSON each. */
export type LifeLine =
  /** The store is open. */
  | { readonly kind: 'opened' }
  /** A block of the plan is committed, and the plan is not over. */
  | { readonly kind: 'block'; readonly ended: number }
  /** The plan is over, waits or stands. */
  | ({ readonly kind: 'over' } & PlanEnd)
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
