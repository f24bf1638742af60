/**
 * Runs a plan block by block. What it does is what it would do in one go (Pln2), and a rehearsal can look at
 * each block before the next begins.
 */
import type { Controller } from '../../host/controller.ts'
import type { PlanProgress } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'

/** A block of the plan that is committed. */
export interface PlanBlock {
  readonly progress: PlanProgress
  /** Wall time, in milliseconds. */
  readonly ms: number
}

/** Runs the plan until it is over, waits or stands. */
export async function runByBlocks(
  controller: Controller,
  plan: Plan,
  afterBlock: (block: PlanBlock) => void | Promise<void>,
): Promise<PlanProgress> {
  for (;;) {
    const began = performance.now()
    const { progress, isLast } = await runBlock(controller, plan)
    await afterBlock({ progress, ms: performance.now() - began })
    if (isLast) return progress
  }
}

async function runBlock(
  controller: Controller,
  plan: Plan,
): Promise<{ readonly progress: PlanProgress; readonly isLast: boolean }> {
  const ended = new BlockEnded()
  try {
    const progress = await controller.runPlan(plan, {
      onProgress: (now) => {
        if (now.state !== 'running') return
        ended.progress = now
        throw ended
      },
    })
    return { progress, isLast: true }
  } catch (error) {
    if (error !== ended || ended.progress === undefined) throw error
    return { progress: ended.progress, isLast: false }
  }
}

/** Thrown to leave `runPlan` after a block. */
class BlockEnded extends Error {
  progress: PlanProgress | undefined
}
