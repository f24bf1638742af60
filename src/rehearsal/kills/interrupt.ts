/** Interrupts a plan after each of its blocks: the fork is closed, opened again, and the plan goes on. */
import type { Hash } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import type { PlanProgress } from '../../protocol/machine/plans.ts'
import type { Finding } from '../findings.ts'
import type { Stage } from '../stage.ts'

export interface Interruptions {
  readonly count: number
  readonly findings: readonly Finding[]
}

export const noInterruptions: Interruptions = { count: 0, findings: [] }

type OnProgress = (progress: { readonly part: 'interrupting'; readonly plan: PlanProgress }) => void

/** Ends the process's work on the fork after each block, without what is not committed, and goes on. */
export async function interrupt(
  stage: Stage,
  plan: Plan,
  expected: Hash | null,
  onProgress: OnProgress,
): Promise<Interruptions> {
  const fork = stage.fork('interrupted')
  for (let count = 0; ; count += 1) {
    const hash = await stage.open(fork, (controller) => untilInterrupted(controller, plan, onProgress))
    if (hash === undefined) continue
    if (hash === expected) return { count, findings: [] }
    const message = `the store ends with the activity hash ${hash}, and without interruptions with ${expected}`
    return { count, findings: [{ code: 'interrupted-differs', subject: plan.id, message }] }
  }
}

/** Undefined if it was interrupted; else the activity hash at the end. */
async function untilInterrupted(
  controller: Controller,
  plan: Plan,
  onProgress: OnProgress,
): Promise<Hash | undefined> {
  const interrupted = new Error('interrupted')
  try {
    await controller.runPlan(plan, {
      onProgress: (progress) => {
        onProgress({ part: 'interrupting', plan: progress })
        if (progress.state === 'running') throw interrupted
      },
    })
  } catch (error) {
    if (error === interrupted) return undefined
    throw error
  }
  return (await controller.storeStatus()).activityHash
}
